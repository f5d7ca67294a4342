import CircuitBreaking

/// The breakers as the contract words them: keeps every call ever made and looks through all of them for each decision.
struct BreakerModel {
    struct Call {
        let at: Int64
        let tenant: UInt64
        let failed: Bool
        let loop: Int
    }

    /// A breaker that is not closed: refusing, or with a probe out, until a time.
    struct Refusal {
        var until: Int64
        var isProbing = false
    }

    var settings = BreakerSettings()
    var calls: [Call] = []
    var refusal: Refusal?
    /// When the service breaker closed; calls before it are another life's.
    var closedAt = Int.min
    var tenants: [UInt64: Refusal] = [:]
    var released: [UInt64: Int] = [:]

    enum Probe { case service, tenant }

    /// Nil when refused, else which breakers' probe the call is.
    mutating func admit(_ tenant: UInt64, _ now: Int64) -> Set<Probe>? {
        var probes: Set<Probe> = []
        if let refusal = tenants[tenant] {
            guard now >= refusal.until else { return nil }
            probes.insert(.tenant)
        }
        if let refusal {
            guard now >= refusal.until else { return nil }
            probes.insert(.service)
        }
        let lease = Refusal(until: now + settings.probeLeaseMilliseconds, isProbing: true)
        if probes.contains(.tenant) { tenants[tenant] = lease }
        if probes.contains(.service) { refusal = lease }
        return probes
    }

    /// The end of a call that was admitted in the present phase of both breakers.
    mutating func report(_ tenant: UInt64, failed: Bool, _ now: Int64, loop: Int, probes: Set<Probe>) {
        let index = calls.count
        calls.append(Call(at: now, tenant: tenant, failed: failed, loop: loop))
        if probes.contains(.tenant) {
            tenants[tenant] = failed ? Refusal(until: now + settings.tenantOpenMilliseconds) : nil
            released[tenant] = index + 1
        } else if tenant != 0, isTenantFailing(tenant, now) {
            tenants[tenant] = Refusal(until: now + settings.tenantOpenMilliseconds)
        }
        if probes.contains(.service) {
            refusal = failed ? Refusal(until: now + settings.openMilliseconds) : nil
            closedAt = index + 1
        } else if failed, isServiceFailing(now) {
            refusal = Refusal(until: now + settings.openMilliseconds)
        }
    }

    private func isTenantFailing(_ tenant: UInt64, _ now: Int64) -> Bool {
        let own = calls.enumerated().filter {
            $0.element.tenant == tenant && $0.offset >= released[tenant] ?? 0
                && now - $0.element.at <= settings.tenantWindowMilliseconds
        }
        .map(\.element)
        let isOver = { (calls: [Call]) in
            Double(calls.count(where: \.failed)) / Double(calls.count) > Double(settings.tenantFailurePercent) / 100
        }
        // A success is judged only where its own loop's share of the calls would be.
        let latest = calls[calls.count - 1]
        guard latest.failed || isOver(own.filter { $0.loop == latest.loop }) else { return false }
        return own.count >= settings.tenantRequests && isOver(own)
    }

    private func isServiceFailing(_ now: Int64) -> Bool {
        let recent = calls.enumerated().filter { now - $0.element.at <= settings.windowMilliseconds }
        var run: [Call] = []
        for (index, call) in recent.reversed() where run.count < settings.failures {
            guard call.failed, index >= closedAt else { break }
            run.append(call)
        }
        guard run.count == settings.failures else { return false }
        let tenants = Set(run.map(\.tenant))
        return tenants.count > 1 || !recent.contains { !$0.element.failed && !tenants.contains($0.element.tenant) }
    }

    func phase(_ now: Int64) -> BreakerPhase { Self.phase(refusal, now) }

    func phase(of tenant: UInt64, _ now: Int64) -> BreakerPhase { Self.phase(tenants[tenant], now) }

    private static func phase(_ refusal: Refusal?, _ now: Int64) -> BreakerPhase {
        guard let refusal else { return .closed }
        return refusal.isProbing || now >= refusal.until ? .halfOpen : .open
    }
}

/// splitmix64, so that a failing sequence can be run again.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
