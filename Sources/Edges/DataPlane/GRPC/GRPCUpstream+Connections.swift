import HTTP2
import NIOCore
import NIOPosix
import NIOSSL

extension GRPCUpstream {
    /// The usable connection with the fewest open streams, or nil.
    func chooseConnection() -> GRPCConnection? {
        var best: GRPCConnection?
        var fewest = Int.max
        turn = turn + 1 < endpoints.count ? turn + 1 : 0
        for offset in endpoints.indices {
            let index = turn + offset < endpoints.count ? turn + offset : turn + offset - endpoints.count
            guard let connection = endpoints[index].connection, connection.hasRoom else { continue }
            if connection.session.openStreams < fewest {
                fewest = connection.session.openStreams
                best = connection
            }
        }
        return best
    }

    /// Attempts to connect now: a call waits. Backing off gives way to a shorter distance between attempts.
    func connectOnDemand() {
        for index in endpoints.indices where endpoints[index].connection == nil {
            if endpoints[index].lastAttempt + limits.demandBackoff <= now { attempt(index) }
        }
    }

    func attempt(_ index: Int) {
        guard !isShutDown else { return }
        let address = endpoints[index].address
        let connection = GRPCConnection(upstream: self, endpoint: index, needsNegotiation: security != nil, now: now)
        endpoints[index].connection = connection
        endpoints[index].lastAttempt = now
        let security = security
        let serverName = security.flatMap { $0.serverName ?? (Self.isName(address.host) ? address.host : nil) }
        ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(limits.handshake))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readBytes))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let security {
                        let handler = try NIOSSLClientHandler(context: security.context, serverHostname: serverName)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
            .connect(host: address.host, port: address.port)
            .whenFailure { _ in connection.close() }
    }

    /// What one read takes from a socket at most: a turn's replies of many calls.
    private static let readBytes = 64 << 10

    private static func isName(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) == nil }

    /// The connection is gone: its calls end, and its address is connected again unless it is being shut down.
    func connectionLost(_ connection: GRPCConnection) {
        draining.removeAll { $0 === connection }
        replace(connection)
        for call in calls where call.state == .open && call.connection === connection {
            let neverSent = call.flushes == connection.flushes
            finish(
                call, GRPCOutcome(code: GRPCStatus.unavailable, origin: .connect, neverSent: neverSent), resetting: false)
        }
        scheduleFlush()
    }

    /// Takes a connection from its endpoint, which then connects at once or after backing off.
    private func replace(_ connection: GRPCConnection) {
        let index = connection.endpoint
        guard endpoints[index].connection === connection else { return }
        endpoints[index].connection = nil
        // One that was usable for a while is replaced at once; anything else would turn a service that accepts and
        // hangs up into a busy loop.
        if connection.readyAt > 0 && now - connection.readyAt >= limits.backoff {
            endpoints[index].failures = 0
            endpoints[index].nextAttempt = now
            attempt(index)
        } else {
            let failures = endpoints[index].failures
            endpoints[index].failures = failures + 1
            let delay = min(limits.longestBackoff, limits.backoff << Int64(min(failures, 20)))
            endpoints[index].nextAttempt = now + jittered(delay)
        }
    }

    func tickConnections() {
        for index in endpoints.indices {
            if let connection = endpoints[index].connection {
                check(connection)
            } else if endpoints[index].nextAttempt <= now {
                attempt(index)
            }
        }
        for connection in draining { check(connection) }
        if queuedCalls > 0 { connectOnDemand() }
    }

    /// Handshake timeout and keep-alive.
    private func check(_ connection: GRPCConnection) {
        if connection.state == .connecting {
            if connection.startedAt + limits.handshake <= now { connection.close() }
            return
        }
        if connection.pingedAt > 0 {
            if connection.pingedAt + limits.keepAliveTimeout <= now { connection.close() }
            return
        }
        var interval = endpoints[connection.endpoint].keepAlive
        if connection.streamCalls == connection.session.openStreams { interval = max(interval, limits.streamKeepAlive) }
        if connection.session.openStreams > 0 && connection.lastInbound + interval <= now {
            connection.pingedAt = max(1, now)
            connection.session.sendPing(UInt64(truncatingIfNeeded: now))
        }
    }

    /// The peer wants no more calls on this connection; another takes its place.
    func drain(_ connection: GRPCConnection, _ code: HTTP2ErrorCode) {
        guard connection.state != .draining && connection.state != .closed else { return }
        connection.becomeDraining()
        draining.append(connection)
        if code == .enhanceYourCalm {
            let keepAlive = endpoints[connection.endpoint].keepAlive
            endpoints[connection.endpoint].keepAlive = min(keepAlive * 2, limits.keepAlive << 10)
        }
        replace(connection)
    }

    /// Closes connections that have nothing left to do.
    func closeIdleConnections() {
        if !draining.isEmpty {
            for connection in draining where connection.session.openStreams == 0 { connection.close() }
        }
        guard isShutDown && queuedCalls == 0 else { return }
        for endpoint in endpoints {
            guard let connection = endpoint.connection, connection.session.openStreams == 0 else { continue }
            if connection.state == .ready { connection.session.sendGoAway() }
            connection.close()
        }
    }
}
