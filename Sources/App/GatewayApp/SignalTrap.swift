import Dispatch
import Foundation
import Synchronization

/// SIGTERM and SIGINT end the process in order, SIGHUP reloads it.
public final class SignalTrap: Sendable {
    /// One element for each reload asked for.
    public let reloads: AsyncStream<Void>
    private let ends: AsyncStream<Void>
    private let reload: AsyncStream<Void>.Continuation
    private let end: AsyncStream<Void>.Continuation
    private let stopping = Atomic<Bool>(false)
    private let interrupted = Atomic<Bool>(false)
    private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

    public init() {
        (reloads, reload) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (ends, end) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        sources = [
            on(SIGTERM) { [self] in stop() }, on(SIGINT) { [self] in interrupt() }, on(SIGHUP) { [self] in _ = reload.yield() },
        ]
        signal(SIGPIPE, SIG_IGN)
    }

    /// Whether the end was asked for.
    public var isStopped: Bool { stopping.load(ordering: .relaxed) }

    /// Returns when the process is to end.
    public func stopped() async { for await _ in ends { return } }

    /// Asks for the end, as SIGTERM does; asking again changes nothing.
    public func stop() {
        if !stopping.exchange(true, ordering: .relaxed) { end.yield() }
    }

    /// SIGINT: somebody at a keyboard. The first asks for the end, the second does not wait for it.
    private func interrupt() {
        // Not `isStopped`: handlers run side by side, and a SIGTERM sent later may be seen first.
        if interrupted.exchange(true, ordering: .relaxed) { exit(1) }
        stop()
    }

    private func on(_ number: Int32, _ body: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: body)
        source.resume()
        return source
    }
}
