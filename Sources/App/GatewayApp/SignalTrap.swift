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
    private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

    public init() {
        (reloads, reload) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (ends, end) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        sources = [SIGTERM, SIGINT].map { on($0) { [self] in stop() } } + [on(SIGHUP) { [self] in _ = reload.yield() }]
        signal(SIGPIPE, SIG_IGN)
    }

    /// Whether the end was asked for.
    public var isStopped: Bool { stopping.load(ordering: .relaxed) }

    /// Returns when the process is to end.
    public func stopped() async { for await _ in ends { return } }

    /// Asks for the end, as SIGTERM does. A second signal ends the process at once.
    public func stop() {
        if stopping.exchange(true, ordering: .relaxed) { exit(1) }
        end.yield()
    }

    private func on(_ number: Int32, _ body: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: body)
        source.resume()
        return source
    }
}
