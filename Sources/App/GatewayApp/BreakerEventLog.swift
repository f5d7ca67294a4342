import CircuitBreaking
import Logging

/// Says in the log what a breaker did; a state changes rarely, and once in a process.
enum BreakerEventLog {
    static func write(_ events: BreakerEvents, of service: String, tenant: String?, to logger: Logger) {
        let metadata: Logger.Metadata = ["service": "\(service)"]
        if events.contains(.serviceOpened) { logger.warning("circuit opened", metadata: metadata) }
        if events.contains(.serviceClosed) { logger.notice("circuit closed", metadata: metadata) }
        guard !events.isDisjoint(with: [.tenantIsolated, .tenantReleased]) else { return }
        let ofTenant = metadata.merging(["tenant": "\(tenant ?? "")"]) { $1 }
        if events.contains(.tenantIsolated) { logger.warning("tenant isolated", metadata: ofTenant) }
        if events.contains(.tenantReleased) { logger.notice("tenant released", metadata: ofTenant) }
    }
}
