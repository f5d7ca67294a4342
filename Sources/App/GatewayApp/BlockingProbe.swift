import Foundation
import GatewayCore
import Synchronization

/// A probe whose question blocks: it is put on a thread of its own, and never a second time while the first still waits.
///
/// A server that hangs so holds one thread of ours, however often it is asked.
final class BlockingProbe: ComponentProbe {
    private let question: @Sendable (Duration) -> String?
    private let isAsking = Mutex(false)

    /// - Parameter question: nil for an answer; otherwise why there is none.
    init(_ question: @escaping @Sendable (Duration) -> String?) { self.question = question }

    func ask(within timeout: Duration) async -> ProbeAnswer {
        let mayAsk = isAsking.withLock { isAsking in
            defer { isAsking = true }
            return !isAsking
        }
        guard mayAsk else {
            // The one before still waits: the server has been silent since.
            try? await Task.sleep(for: timeout)
            return .silent
        }
        return await withCheckedContinuation { continuation in
            let thread = Thread { [self] in
                let reason = question(timeout)
                isAsking.withLock { $0 = false }
                continuation.resume(returning: reason.map { .failed($0) } ?? .well)
            }
            thread.name = "probe"
            thread.start()
        }
    }
}
