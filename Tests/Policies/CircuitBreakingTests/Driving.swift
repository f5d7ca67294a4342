import CircuitBreaking

/// What most tests do: calls that end at once, on one loop.
extension ServiceBreaker {
    convenience init(_ change: (inout BreakerSettings) -> Void = { _ in }) {
        var settings = BreakerSettings()
        change(&settings)
        self.init(settings: settings, windows: TenantWindows(loops: 1, slots: 256))
    }

    /// Makes a call; nil when it was refused.
    @discardableResult
    func call(_ outcome: CallOutcome, tenant: UInt64 = 1, at now: Int64) -> BreakerEvents? {
        admit(tenant: tenant, now: now).ticket.map { report($0, outcome, loop: 0, now: now) }
    }

    func calls(_ count: Int, _ outcome: CallOutcome, tenant: UInt64 = 1, at now: Int64) {
        for _ in 0..<count { call(outcome, tenant: tenant, at: now) }
    }

    func isAllowed(tenant: UInt64 = 1, at now: Int64) -> Bool { admit(tenant: tenant, now: now).ticket != nil }
}
