import Bytes
import CircuitBreaking
public import Flags
public import GatewayCore
public import NIOCore
import NIOPosix
public import NIOSSL
import Synchronization
public import TokenVerification

/// The gateway's client-facing edge: listeners, one worker for each event loop, and how they are told of changes.
public final class DataPlane: Sendable {
    /// Connections the kernel may hold for us before we accept them.
    static let backlog = 1024

    private let group: MultiThreadedEventLoopGroup
    private let workers: [NIOLoopBound<Worker>]
    /// The event loops, in order: what else listens in this process uses them too.
    public let loops: [any EventLoop]
    private let shared: SharedState

    /// Starts the loops; nothing listens yet.
    public init(loops count: Int, snapshot: DataPlaneSnapshot, ring: KeyRing, shared: SharedState) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: count)
        self.group = group
        self.shared = shared
        let loops = (0..<count).map { _ in group.next() }
        self.loops = loops
        self.workers = try loops.enumerated().map { index, loop in
            try loop.submit {
                let worker = Worker(loop: loop, index: index, shared: shared, snapshot: snapshot, ring: ring)
                worker.start()
                return NIOLoopBound(worker, eventLoop: loop)
            }.wait()
        }
    }

    /// Listens on an address; port 0 takes a free one. Answers the bound address.
    /// - Parameter tls: asked for each connection; nil for cleartext.
    public func listen(host: String, port: Int, tls: (@Sendable () -> NIOSSLContext)?) async throws -> SocketAddress {
        let registry = WorkerRegistry(loops: loops, workers: workers)
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(Self.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls())) }
                    let worker = try registry.worker(on: channel.eventLoop)
                    let connection = ClientConnection(
                        worker: worker, peer: ClientAddress(channel.remoteAddress), isSecure: tls != nil)
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
            .bind(host: host, port: port).get()
        listeners.withLock { $0.append(server) }
        guard let address = server.localAddress else { throw ChannelError.unknownLocalAddress }
        return address
    }

    private let listeners = Mutex<[any Channel]>([])

    /// The threads of the loops, for further listeners.
    public var eventLoopGroup: any EventLoopGroup { group }

    /// What a loop counts requests with, for others who limit on its behalf; to be called on that loop, and used on it alone.
    public func limits(ofLoop index: Int) -> LoopLimits? {
        guard index >= 0, index < workers.count else { return nil }
        let worker = workers[index].value
        return LoopLimits(limiter: worker.limiter, directory: worker.directory, snapshot: worker.pipeline.snapshot)
    }

    /// Hands every loop a new snapshot; it takes effect with that loop's next turn.
    public func adopt(_ snapshot: DataPlaneSnapshot) {
        shared.breakers.keep(snapshot.snapshot.services.map(\.name))
        for (loop, worker) in zip(loops, workers) { loop.execute { worker.value.adopt(snapshot) } }
    }

    /// Hands every loop new verification keys.
    public func adopt(_ ring: KeyRing) {
        for (loop, worker) in zip(loops, workers) { loop.execute { worker.value.adopt(ring) } }
    }

    /// Tells every loop which versions are deprecated.
    public func adopt(_ versions: VersionTable?) {
        for (loop, worker) in zip(loops, workers) { loop.execute { worker.value.pipeline.adopt(versions) } }
    }

    /// Tells every loop what flags say.
    public func adopt(_ flags: FlagSet) {
        for (loop, worker) in zip(loops, workers) { loop.execute { worker.value.pipeline.adopt(flags) } }
    }

    /// What the stages would decide about a request; nothing is taken of limits, recorded, counted or sent on.
    ///
    /// - Parameters:
    ///   - head: Request line and fields with the empty line at their end.
    ///   - client: The other end of the connection it is to come from.
    /// - Returns: The decisions and the upstream request as JSON texts, the latter empty where there is none, and the bytes that the
    ///   gateway itself would answer with.
    public func explain(head: [UInt8], body: [UInt8], client: ClientAddress) async -> (
        decisions: String, upstream: String, answer: [UInt8]
    ) {
        await withCheckedContinuation { continuation in
            let worker = workers[0]
            loops[0].execute {
                head.withByteView { head in
                    body.withByteView { body in
                        worker.value.explain(head: head, body: body, peer: client) { explanation, answer in
                            continuation.resume(
                                returning: (String(explanation.decisions.view), String(explanation.upstream.view), Array(answer)))
                        }
                    }
                }
            }
        }
    }

    /// Stops accepting, lets requests in flight finish for at most `seconds`, ends what is left and stops the loops.
    public func shutDown(within seconds: Int) async {
        for listener in listeners.withLock({ $0 }) { try? await listener.close() }
        await withTaskGroup(of: Void.self) { tasks in
            for (loop, worker) in zip(loops, workers) {
                tasks.addTask {
                    await withCheckedContinuation { done in
                        loop.execute { worker.value.drain { done.resume() } }
                        loop.scheduleTask(in: .seconds(Int64(seconds))) { worker.value.abortAll() }
                    }
                }
            }
        }
        try? await group.shutdownGracefully()
    }
}

/// Finds the worker of a channel's loop.
private struct WorkerRegistry: Sendable {
    private let workers: [ObjectIdentifier: NIOLoopBound<Worker>]

    init(loops: [any EventLoop], workers: [NIOLoopBound<Worker>]) {
        self.workers = Dictionary(uniqueKeysWithValues: zip(loops.map { ObjectIdentifier($0) }, workers))
    }

    func worker(on loop: any EventLoop) throws -> Worker {
        guard let worker = workers[ObjectIdentifier(loop)] else { throw ChannelError.inappropriateOperationForState }
        return worker.value
    }
}

extension ClientAddress {
    fileprivate init(_ address: SocketAddress?) {
        guard let text = address?.ipAddress, let known = ClientAddress(text) else {
            self = .unknown
            return
        }
        self = known
    }
}
