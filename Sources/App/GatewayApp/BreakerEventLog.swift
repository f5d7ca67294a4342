import CircuitBreaking
import Logging

/// Says in the log what a breaker did; a state changes rarely, and once in a process.
enum BreakerEventLog {
    static func write(_ events: BreakerEvents, of service: String, to logger: Logger) {
        let metadata: Logger.Metadata = ["service": "\(service)"]
        if events.contains(.serviceOpened) { logger.warning("circuit opened", metadata: metadata) }
        if events.contains(.serviceClosed) { logger.notice("circuit closed", metadata: metadata) }
        if events.contains(.tenantIsolated) { logger.warning("tenant isolated", metadata: metadata) }
        if events.contains(.tenantReleased) { logger.notice("tenant released", metadata: metadata) }
    }
}
