public import Bytes
import ControlMessages
import NIOCore
import Transcoding

/// `grpc.health.v1.Health/Check` on one event loop: whether the process takes requests.
///
/// Every service the loop knows has the state of the process; it has the name of none of its own.
public final class HealthService: UnaryMethod {
    /// Where probes find it, and the stream beside it.
    public static let path = "/grpc.health.v1.Health/Check"
    public static let watchPath = "/grpc.health.v1.Health/Watch"

    /// Bytes of a request: the name of a service.
    public let messageLimit = 4 << 10
    private let services: [[UInt8]]
    private let isServing: @Sendable () -> Bool

    /// - Parameters:
    ///   - services: Names a probe may ask about besides the empty one, which means the process.
    ///   - isServing: Whether the process takes requests now.
    public init(services: [String], isServing: @escaping @Sendable () -> Bool) {
        self.services = services.map { Array($0.utf8) }
        self.isServing = isServing
    }

    public func call(_ message: ByteView, reply: ByteWriter, handle: CallHandle) -> UnaryOutcome {
        guard let name = HealthMessages.service(in: message) else {
            return .done(GRPCServerStatus(.invalidArgument, "malformed HealthCheckRequest"))
        }
        let status = status(of: name)
        guard status != .serviceUnknown else { return .done(GRPCServerStatus(.notFound, "unknown service")) }
        HealthMessages.write(status, to: reply)
        return .done(.ok)
    }

    func status(of name: ByteView) -> HealthMessages.Status {
        guard name.isEmpty || services.contains(where: { $0.withByteView { $0 == name } }) else { return .serviceUnknown }
        return isServing() ? .serving : .notServing
    }
}

/// `grpc.health.v1.Health/Watch`: the state at once, and whenever it changes.
public final class HealthWatch: StreamMethod {
    /// Bytes of a request: the name of a service.
    public let messageLimit = 4 << 10
    private let health: HealthService

    /// Tells what `health` says.
    public init(_ health: HealthService) { self.health = health }

    public func open(_ stream: ServerStream) -> any StreamSession { HealthWatchSession(stream, health) }
}

/// One watcher. Confined to its stream's loop, which is what makes the unchecked conformance sound.
private final class HealthWatchSession: StreamSession, @unchecked Sendable {
    /// How long after a change it is told, at most.
    private static let interval = TimeAmount.seconds(1)

    private let stream: ServerStream
    private let health: HealthService
    private var service: [UInt8] = []
    private var last: HealthMessages.Status?
    private var task: RepeatedTask?

    init(_ stream: ServerStream, _ health: HealthService) {
        self.stream = stream
        self.health = health
    }

    func receive(_ message: ByteView) {
        guard task == nil, let name = HealthMessages.service(in: message) else {
            return stream.end(GRPCServerStatus(.invalidArgument, "one HealthCheckRequest begins a watch"))
        }
        service = Array(name)
        tell()
        task = stream.eventLoop?.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in self.tell() }
    }

    private func tell() {
        let status = service.withByteView { health.status(of: $0) }
        guard status != last else { return }
        last = status
        let reply = ByteWriter(capacity: 64)
        HealthMessages.write(status, to: reply)
        stream.send(reply.view)
    }

    func inputEnded() { if task == nil { stream.end(GRPCServerStatus(.invalidArgument, "a watch has a request")) } }

    func writable() {}

    func closed() {
        task?.cancel()
        task = nil
    }
}
