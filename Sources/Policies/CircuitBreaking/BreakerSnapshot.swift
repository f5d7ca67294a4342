import Synchronization

/// The breakers of a service at one moment, for health, metrics and the admin listener.
public struct BreakerSnapshot: Hashable, Sendable {
    /// A tenant that is refused.
    public struct Tenant: Hashable, Sendable {
        /// The keyed hash the breaker knows it by; `BreakerEvents.tenantIsolated` is where its name is still known.
        public let hash: UInt64
        /// Milliseconds until its next probe, or until the probe under way is given up.
        public let remainingMilliseconds: Int64
    }

    /// Most tenants listed, so that an answer stays small.
    public static let mostTenants = 32

    public let phase: BreakerPhase
    /// Milliseconds since the last transition; nil when there was none.
    public let sinceMilliseconds: Int64?
    /// What a refused caller would be told now; 0 when calls pass or the next one is the probe.
    public let retryAfterMilliseconds: Int64
    /// How often the service breaker opened since the start, failed probes included.
    public let openings: Int
    /// How often a tenant was isolated since the start, failed probes included.
    public let isolations: Int
    /// How many tenants are refused.
    public let isolatedTenants: Int
    /// Those refused longest from now, at most `mostTenants`.
    public let tenants: [Tenant]
}

extension ServiceBreaker {
    /// The state at `now`. Allocates and looks at every entry: not for the path of a request.
    public func snapshot(now: Int64) -> BreakerSnapshot {
        let word = BreakerWord(raw: state.load(ordering: .relaxed))
        let changed = changed.load(ordering: .relaxed)
        var tenants: [BreakerSnapshot.Tenant] = []
        isolated.forEachRefused(at: now) { tenants.append(BreakerSnapshot.Tenant(hash: $0, remainingMilliseconds: $1)) }
        tenants.sort { ($0.remainingMilliseconds, $0.hash) > ($1.remainingMilliseconds, $1.hash) }
        let remaining = word.isClosed ? 0 : max(0, word.remaining(at: now))
        return BreakerSnapshot(
            phase: word.phase(at: now), sinceMilliseconds: changed < 0 ? nil : max(0, now &- changed),
            retryAfterMilliseconds: word.isProbing ? min(remaining, Self.retryWhileProbing) : remaining,
            openings: openings.load(ordering: .relaxed), isolations: isolations.load(ordering: .relaxed),
            isolatedTenants: tenants.count, tenants: Array(tenants.prefix(BreakerSnapshot.mostTenants)))
    }

    /// What the service breaker does at `now`.
    public func phase(now: Int64) -> BreakerPhase { BreakerWord(raw: state.load(ordering: .relaxed)).phase(at: now) }

    /// What the breaker of one tenant does at `now`.
    public func phase(of tenant: UInt64, now: Int64) -> BreakerPhase {
        tenant == 0 ? .closed : isolated.word(of: tenant)?.phase(at: now) ?? .closed
    }
}
