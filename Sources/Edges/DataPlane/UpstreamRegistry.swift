import GatewayCore

/// One loop's upstreams by service index; pools outlive a reload as long as what identifies their connections is unchanged.
///
/// A class, because ending an old upstream may call back into the loop, which looks up a new one.
final class UpstreamRegistry {
    private var http: [HTTPUpstream?] = []
    private var grpc: [GRPCUpstream?] = []
    private var services: [Service] = []
    private var guards: [CallGuard] = []
    /// gRPC upstreams that a reload took away and whose calls are still running.
    private var retired: [Retired] = []

    private struct Retired {
        let upstream: GRPCUpstream
        /// When its calls are ended, in the loop's milliseconds.
        let end: Int64
    }

    /// How long calls of an upstream that is configured no more may go on: longer than any call's usual deadline.
    static let retirementMilliseconds: Int64 = 30_000

    /// Takes the services of a snapshot: keeps, opens and closes what that asks for.
    func adopt(_ next: DataPlaneSnapshot, on worker: Worker) {
        var oldHTTP: [Service.ConnectionIdentity: HTTPUpstream] = [:]
        var oldGRPC: [Service.ConnectionIdentity: GRPCUpstream] = [:]
        for (index, service) in services.enumerated() {
            if let upstream = http[index] { oldHTTP[service.connectionIdentity] = upstream }
            if let upstream = grpc[index] { oldGRPC[service.connectionIdentity] = upstream }
        }
        services = next.snapshot.services
        // There may be thousands of services and operations, and the loop waits: each is looked at once.
        var longest: [Int64?] = Array(repeating: nil, count: services.count)
        for operation in next.snapshot.operations {
            guard let index = operation.service?.index else { continue }
            longest[index] = max(longest[index] ?? 0, operation.timeoutMilliseconds)
        }
        let oldGuards = Dictionary(guards.map { ($0.service.name, $0) }) { first, _ in first }
        guards = services.map { service in
            let old = oldGuards[service.name]
            // The budget of a service that stays is the service's, not the snapshot's.
            let guardian = CallGuard(
                service, longestCall: longest[service.index] ?? service.timeoutMilliseconds, breakers: worker.shared.breakers,
                loops: worker.shared.counters.count)
            if let old { guardian.budget = old.budget }
            return guardian
        }
        http = Array(repeating: nil, count: services.count)
        grpc = Array(repeating: nil, count: services.count)
        for (index, service) in services.enumerated() {
            let identity = service.connectionIdentity
            let tls = next.clientTLS[index]
            switch service.transport {
            case .http:
                let upstream = oldHTTP.removeValue(forKey: identity) ?? HTTPUpstream(worker: worker, service: service, tls: tls)
                upstream.update(service)
                http[index] = upstream
            case .grpc:
                grpc[index] = oldGRPC.removeValue(forKey: identity) ?? worker.openGRPC(service, tls: tls)
            }
        }
        for upstream in oldHTTP.values { upstream.shutDown() }
        for upstream in oldGRPC.values {
            upstream.shutdown()
            retired.append(Retired(upstream: upstream, end: worker.now + Self.retirementMilliseconds))
        }
    }

    /// Keeps the deadlines of retired upstreams' calls, and lets go of those that are done.
    func tickRetired(_ now: Int64) {
        guard !retired.isEmpty else { return }
        retired.removeAll { entry in
            entry.upstream.tick(nowMilliseconds: now)
            guard entry.upstream.isIdle || now >= entry.end else { return false }
            entry.upstream.abort()
            return true
        }
    }

    func callGuard(_ service: Service) -> CallGuard? {
        guard let index = index(of: service) else { return nil }
        return guards[index]
    }

    func http(_ service: Service) -> HTTPUpstream? {
        guard let index = index(of: service) else { return nil }
        return http[index]
    }

    func grpc(_ service: Service) -> GRPCUpstream? {
        guard let index = index(of: service) else { return nil }
        return grpc[index]
    }

    /// A request admitted before a reload names the service by its old object; what identifies its connections finds it again.
    private func index(of service: Service) -> Int? {
        if service.index < services.count, services[service.index] === service { return service.index }
        return services.firstIndex { $0.connectionIdentity == service.connectionIdentity }
    }

    func forEachHTTP(_ body: (HTTPUpstream) -> Void) {
        for case let upstream? in http { body(upstream) }
    }

    func forEachGRPC(_ body: (Service, GRPCUpstream) -> Void) {
        for (index, upstream) in grpc.enumerated() { if let upstream { body(services[index], upstream) } }
    }

    func shutDown() {
        for case let upstream? in http { upstream.shutDown() }
        for case let upstream? in grpc { upstream.shutdown() }
        for entry in retired { entry.upstream.shutdown() }
    }
}
