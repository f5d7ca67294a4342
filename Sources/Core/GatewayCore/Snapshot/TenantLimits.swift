public import RateLimiting

/// What limits every tenant beside its own ceiling.
public final class TenantLimits: Sendable {
    /// What one process takes of one tenant, whatever the store says; nil for no such limit.
    let process: RateRule?
    /// Whether Envoys in front hold users and addresses to their limits: a request that comes from one was counted there.
    let areCountedByProxies: Bool
    /// What becomes of ceilings while the store cannot be asked.
    let fallback: LimitFallback

    public init(_ settings: PlatformConfiguration.RateLimits.Tenant, areCountedByProxies: Bool = false) {
        self.areCountedByProxies = areCountedByProxies
        fallback = settings.fallback
        process = settings.perProcess.flatMap { BucketRate(quota: $0, windowSeconds: 1) }.map { rate in
            RateRule(name: "process", limit: Limit(rate: rate, scope: "process", reach: .process))
        }
    }

    /// The ceiling over all users of a tenant.
    public func ceiling(_ rate: BucketRate) -> RateRule {
        RateRule(name: "tenant", limit: Limit(rate: rate, scope: "tenant", fallback: fallback))
    }
}
