import GatewayCore
import HTTP1
import NIOCore
import NIOSSL
import TokenVerification

/// Upstreams, snapshots and the end of a worker's life.
extension Worker {
    func httpUpstream(_ service: Service) -> HTTPUpstream? { upstreams.http(service) }

    func grpcUpstream(_ service: Service) -> GRPCUpstream? {
        if !hasCalls {
            hasCalls = true
            loop.execute(flushCalls)
        }
        return upstreams.grpc(service)
    }

    /// The prebuilt header block of an operation's method; nil when a reload took the operation away.
    func callHeaders(_ operation: Operation) -> GRPCMethodHeaders? {
        pipeline.snapshot.operation(operation.index) === operation ? callHeaders[operation.index] : nil
    }

    /// Takes a new snapshot. Requests in flight keep the operation they were matched to; connections of unchanged services stay.
    func adopt(_ next: DataPlaneSnapshot) {
        beginTurn()
        limits = next.snapshot.limits
        pipeline.adopt(next.snapshot)
        tenants.adopt(next.snapshot)
        callHeaders = next.callHeaders
        upstreams.adopt(next, on: self)
        // Exchanges are sized by the limits they were made under.
        spare.removeAll()
        reportReadiness()
    }

    func adopt(_ ring: KeyRing) { pipeline.adopt(ring) }

    /// Asks the process-wide key store about a key; `resume` runs on this loop in any case.
    func requestKey(_ key: UnknownKey, resume: @escaping () -> Void) {
        let resumption = NIOLoopBound(resume, eventLoop: loop)
        let bound = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        shared.requestKey(key) { ring in
            loop.execute {
                bound.value.beginTurn()
                if let ring { bound.value.adopt(ring) }
                resumption.value()
            }
        }
    }

    /// Tells the shared state which gRPC services have had a usable connection.
    func reportReadiness() {
        upstreams.forEachGRPC { service, upstream in
            if upstream.everReady { shared.serviceConnected(service.name) }
        }
    }

    /// Stops taking requests: idle connections close now, the others after their answer.
    func drain(_ completed: @escaping @Sendable () -> Void) {
        beginTurn()
        isDraining = true
        drained = completed
        for connection in connections { connection.tick(now) }
        finishDrainIfIdle()
    }

    func finishDrainIfIdle() {
        if running.isEmpty, connections.isEmpty { finishDrain() }
    }

    private func finishDrain() {
        guard let completed = drained else { return }
        drained = nil
        upstreams.shutDown()
        tenants.shutDown()
        // They hold this worker.
        spare = []
        completed()
    }

    /// Ends what is still in flight at the end of the shutdown time.
    func abortAll() {
        for exchange in running.reversed() { exchange.abort() }
        for connection in connections.reversed() { connection.close() }
        finishDrain()
    }

    /// Opens the sessions of a gRPC service on this loop.
    func openGRPC(_ service: Service, tls: NIOSSLContext?) -> GRPCUpstream {
        let upstream = GRPCUpstream(
            loop: loop, service: service.name, addresses: service.addresses.map { GRPCAddress(host: $0.host, port: $0.port) },
            security: tls.map { GRPCTransportSecurity(context: $0, serverName: service.tls?.serverName) },
            seed: .random(in: .min ... .max), nowMilliseconds: now)
        upstream.connect()
        return upstream
    }
}
