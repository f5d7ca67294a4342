import GatewayCore
import NIOCore
import NIOPosix
import NIOSSL

/// One loop's connections to one HTTP service: a pool for each address, least-loaded choice, a bounded queue for what waits.
///
/// Confined to its loop. Connection attempts and waiting exchanges are separate: whichever connection is ready first
/// serves whoever waited longest.
final class HTTPUpstream: @unchecked Sendable {
    /// Exchanges that may wait for a connection; beyond it the service is overloaded and the client is told at once.
    static let maximumWaiting = 1024
    /// How long an address that refused a connection is passed over while another one is left.
    static let endpointCooldownMilliseconds: Int64 = 1000

    enum Failure { case connectFailed, connectTimeout, overloaded }

    private struct Endpoint {
        let host: String
        let port: Int
        /// Resolved once when the host is a literal address.
        let literal: SocketAddress?
        var idle: [UpstreamConnection] = []
        var active = 0
        var connecting = 0
        var failedUntil: Int64 = 0

        var load: Int { active + connecting }
    }

    /// An exchange in the queue; stale when its generation moved on.
    private struct Waiter {
        let exchange: Exchange
        let generation: UInt32
        var attempts: Int
        var isCurrent: Bool { exchange.generation == generation }
    }

    let worker: Worker
    private(set) var service: Service
    private var endpoints: [Endpoint]
    private var waiting: [Waiter] = []
    private var rotation = 0
    private var isClosing = false
    private let tls: NIOSSLContext?

    init(worker: Worker, service: Service, tls: NIOSSLContext?) {
        self.worker = worker
        self.service = service
        self.tls = tls
        self.endpoints = service.addresses.map { address in
            Endpoint(
                host: address.host, port: address.port,
                literal: try? SocketAddress(ipAddress: address.host, port: address.port))
        }
    }

    /// Takes the new description of the same service; what identifies connections is unchanged.
    func update(_ service: Service) { self.service = service }

    /// An idle connection, or nil after queueing the exchange, which is called back with a connection or a failure.
    ///
    /// After a stale connection `isFresh` asks for one that is known to live, because the others may have died together with it.
    func acquire(for exchange: Exchange, isFresh: Bool = false) -> UpstreamConnection? {
        let choice = leastLoaded()
        if isFresh {
            wait(exchange, choice)
            return nil
        }
        while let connection = endpoints[choice].idle.popLast() {
            guard connection.isUsable else { continue }
            endpoints[choice].active += 1
            connection.exchange = exchange
            return connection
        }
        // A less loaded address may have no connection yet while another has idle ones: reuse beats a handshake.
        if endpoints.count > 1, let other = endpoints.indices.first(where: { !endpoints[$0].idle.isEmpty }) {
            while let connection = endpoints[other].idle.popLast() {
                guard connection.isUsable else { continue }
                endpoints[other].active += 1
                connection.exchange = exchange
                connectIfRoom(choice)
                return connection
            }
        }
        wait(exchange, choice)
        return nil
    }

    private func wait(_ exchange: Exchange, _ choice: Int) {
        guard waiting.count < Self.maximumWaiting else { return exchange.upstreamUnavailable(.overloaded) }
        waiting.append(Waiter(exchange: exchange, generation: exchange.generation, attempts: 1))
        connectIfRoom(choice)
    }

    /// Takes back a connection whose exchange is over; `reusable` when both messages ended cleanly.
    func release(_ connection: UpstreamConnection, reusable: Bool) {
        connection.isReused = true
        handOver(connection, reusable: reusable)
    }

    private func handOver(_ connection: UpstreamConnection, reusable: Bool) {
        connection.exchange = nil
        connection.resumeReading()
        guard reusable, connection.isUsable else { return connection.close() }
        if let waiter = nextWaiter() {
            connection.exchange = waiter.exchange
            waiter.exchange.upstreamReady(connection)
            return
        }
        guard !isClosing else { return connection.close() }
        endpoints[connection.endpoint].active -= 1
        connection.isReused = true
        connection.idleSince = worker.now
        endpoints[connection.endpoint].idle.append(connection)
    }

    func connectionClosed(_ connection: UpstreamConnection) {
        let index = connection.endpoint
        if let position = endpoints[index].idle.firstIndex(where: { $0 === connection }) {
            endpoints[index].idle.remove(at: position)
        } else {
            endpoints[index].active -= 1
        }
        if !waiting.isEmpty { connectIfRoom(leastLoaded()) }
    }

    /// Closes connections idle for too long.
    func tick() {
        for index in endpoints.indices {
            // The oldest are at the front: the stack is used from its end.
            while let oldest = endpoints[index].idle.first, worker.now - oldest.idleSince > service.idleTimeoutMilliseconds {
                endpoints[index].idle.removeFirst()
                endpoints[index].active += 1
                oldest.close()
            }
        }
        waiting.removeAll { !$0.isCurrent }
    }

    /// Closes idle connections now and the others as they become free.
    func shutDown() {
        isClosing = true
        for index in endpoints.indices {
            let idle = endpoints[index].idle
            endpoints[index].idle = []
            endpoints[index].active += idle.count
            for connection in idle { connection.close() }
        }
    }

    var connectionCount: Int { endpoints.reduce(0) { $0 + $1.active + $1.idle.count } }

    private func nextWaiter() -> Waiter? {
        while !waiting.isEmpty {
            let waiter = waiting.removeFirst()
            if waiter.isCurrent { return waiter }
        }
        return nil
    }

    private func leastLoaded() -> Int {
        guard endpoints.count > 1 else { return 0 }
        rotation = (rotation + 1) % endpoints.count
        var best = rotation
        var bestIsDown = endpoints[best].failedUntil > worker.now
        for step in 1..<endpoints.count {
            let index = (rotation + step) % endpoints.count
            let isDown = endpoints[index].failedUntil > worker.now
            if (bestIsDown && !isDown) || (isDown == bestIsDown && endpoints[index].load < endpoints[best].load) {
                best = index
                bestIsDown = isDown
            }
        }
        return best
    }

    private func connectIfRoom(_ index: Int) {
        let connecting = endpoints.reduce(0) { $0 + $1.connecting }
        guard connecting < max(isClosing ? 0 : 1, waiting.count) else { return }
        if connecting + connectionCount < service.maximumConnections { return connect(index) }
        // Full of idle connections that a waiting request must not use: one makes room, and its end calls here again.
        guard !waiting.isEmpty, let full = endpoints.firstIndex(where: { !$0.idle.isEmpty }) else { return }
        let oldest = endpoints[full].idle.removeFirst()
        endpoints[full].active += 1
        oldest.close()
    }

    private func connect(_ index: Int) {
        endpoints[index].connecting += 1
        let connection = UpstreamConnection(pool: self, endpoint: index, isSecure: tls != nil)
        let tls = tls
        let serverName = service.tls?.serverName ?? endpoints[index].host
        let bootstrap = ClientBootstrap(group: worker.loop)
            .connectTimeout(.milliseconds(service.connectTimeoutMilliseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: Self.sniName(serverName)))
                    }
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
        let attempt =
            if let literal = endpoints[index].literal {
                bootstrap.connect(to: literal)
            } else {
                bootstrap.connect(host: endpoints[index].host, port: endpoints[index].port)
            }
        attempt.assumeIsolated().whenComplete { result in
            self.worker.beginTurn()
            switch result {
            case .success: self.connected(connection, index)
            case .failure(let error): self.connectFailed(index, error)
            }
        }
    }

    private func connected(_ connection: UpstreamConnection, _ index: Int) {
        endpoints[index].connecting -= 1
        endpoints[index].failedUntil = 0
        endpoints[index].active += 1
        handOver(connection, reusable: true)
    }

    private func connectFailed(_ index: Int, _ error: any Error) {
        endpoints[index].connecting -= 1
        endpoints[index].failedUntil = worker.now + Self.endpointCooldownMilliseconds
        worker.counters.upstreamConnectFailures.add()
        guard var waiter = nextWaiter() else { return }
        if waiter.attempts < endpoints.count {
            waiter.attempts += 1
            waiting.insert(waiter, at: 0)
            connect(leastLoaded())
            return
        }
        let isTimeout = error is ChannelError || (error as? NIOConnectionError)?.isTimeout ?? false
        waiter.exchange.upstreamUnavailable(isTimeout ? .connectTimeout : .connectFailed)
        if !waiting.isEmpty { connectIfRoom(leastLoaded()) }
    }

    /// SNI carries names only; a literal address must be left out (RFC 6066 section 3).
    private static func sniName(_ host: String) -> String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }
}

extension NIOConnectionError {
    fileprivate var isTimeout: Bool {
        connectionErrors.contains { ($0.error as? ChannelError) != nil }
    }
}
