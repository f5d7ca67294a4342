public import GatewayCore
public import RateLimiting

/// What one event loop knows of limits: its leased tokens, its copies of tenants' facts, and the configuration in force.
public struct LoopLimits {
    public let limiter: SharedLimiter
    public let directory: TenantDirectory
    public let snapshot: Snapshot
}
