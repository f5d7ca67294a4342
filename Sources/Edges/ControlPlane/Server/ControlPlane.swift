public import NIOCore
import NIOPosix
import Synchronization

/// The gateway's edge towards Envoys and operators: a gRPC server on the event loops of the data plane.
///
/// Cleartext HTTP/2 with prior knowledge. What it serves is said by a `MethodTable` for each loop.
public final class ControlPlane: Sendable {
    /// Makes a loop's methods; called on that loop.
    public typealias MethodFactory = @Sendable (_ loop: any EventLoop, _ index: Int, _ counters: ControlCounters) -> MethodTable

    /// Connections the kernel may hold for us before we accept them.
    private static let backlog = 1024

    private let group: any EventLoopGroup
    private let loops: [any EventLoop]
    private let workers: [NIOLoopBound<ControlLoop>]
    private let shared = SharedControl()
    private let listeners = Mutex<[any Channel]>([])

    /// Prepares the loops; nothing listens yet.
    ///
    /// - Parameters:
    ///   - group: Whose loops accept connections; each of them is in `loops`.
    ///   - loops: The loops, in the order in which `methods` knows them.
    public init(
        group: any EventLoopGroup, loops: [any EventLoop], limits: ControlLimits = ControlLimits(),
        methods: @escaping MethodFactory
    ) async throws {
        self.group = group
        self.loops = loops
        let shared = shared
        var workers: [NIOLoopBound<ControlLoop>] = []
        for (index, loop) in loops.enumerated() {
            let worker = try await loop.submit {
                let worker = ControlLoop(
                    loop: loop, limits: limits, methods: methods(loop, index, shared.counters), shared: shared)
                worker.start()
                return NIOLoopBound(worker, eventLoop: loop)
            }.get()
            workers.append(worker)
        }
        self.workers = workers
    }

    /// What was counted since the start.
    public var counters: ControlCounters { shared.counters }

    /// Listens on an address; port 0 takes a free one. Answers the bound address.
    public func listen(host: String, port: Int) async throws -> SocketAddress {
        let workers = Dictionary(uniqueKeysWithValues: zip(loops.map { ObjectIdentifier($0) }, self.workers))
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(Self.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let worker = workers[ObjectIdentifier(channel.eventLoop)] else {
                        throw ChannelError.inappropriateOperationForState
                    }
                    let peer = channel.remoteAddress.map { "\($0.ipAddress ?? "unknown"):\($0.port ?? 0)" } ?? "unknown"
                    try channel.pipeline.syncOperations.addHandler(ControlConnection(loop: worker.value, peer: peer))
                }
            }
            .bind(host: host, port: port).get()
        listeners.withLock { $0.append(server) }
        guard let address = server.localAddress else { throw ChannelError.unknownLocalAddress }
        return address
    }

    /// Stops accepting, tells clients to go elsewhere, lets calls finish for at most `seconds` and ends what is left.
    ///
    /// The loops go on: they are the data plane's.
    public func shutDown(within seconds: Int) async {
        for listener in listeners.withLock({ $0 }) { try? await listener.close() }
        await withTaskGroup(of: Void.self) { tasks in
            for (loop, worker) in zip(loops, workers) {
                tasks.addTask {
                    await withCheckedContinuation { done in
                        loop.execute {
                            worker.value.drain { done.resume() }
                            loop.scheduleTask(in: .seconds(Int64(seconds))) { worker.value.abortAll() }
                        }
                    }
                }
            }
        }
    }
}
