import Foundation
import Testing

@testable import GRPCAuthorities

/// The grpcio IAM and Billing.
extension PythonPeer {
    /// A peer that listens. Waits on a thread of its own: those of tasks answer the calls of other tests meanwhile.
    static func start(_ arguments: String...) async throws -> PythonPeer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try PythonPeer(script: "authorities.py", arguments) })
            }
        }
    }

    /// Lets go who waits for the script `hang`, on a connection of its own.
    func release() async {
        let released = try? await IAMAuthority.with(settings(port, timeout: .seconds(30))) { iam in
            try await iam.ask("control", "release").get()
        }
        #expect(released != nil)
    }
}
