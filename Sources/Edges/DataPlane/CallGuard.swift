import CircuitBreaking
import GatewayCore

/// What one loop keeps to guard the calls of one service: the breakers it shares with the other loops, and its own retry budget.
final class CallGuard {
    let service: Service
    /// Nil when the service's breakers are off.
    let breaker: ServiceBreaker?
    let retry: RetryPolicy
    var budget: RetryBudget

    /// - Parameter longestCall: Milliseconds that the slowest of the service's operations may take.
    init(_ service: Service, longestCall: Int64, breakers: BreakerRegistry, loops: Int) {
        self.service = service
        retry = service.policy.retry
        budget = RetryBudget(loops: loops)
        let settings = service.policy.breakerSettings(longestCall: longestCall)
        breaker = settings.map { breakers.breaker(of: service.name, settings: $0) }
    }

    /// Nil when the service's breakers are off.
    func admit(tenant: UInt64, now: Int64) -> Admission? { breaker?.admit(tenant: tenant, now: now) }

    func report(_ ticket: CallTicket, _ outcome: CallOutcome, loop: Int, now: Int64) -> BreakerEvents {
        breaker?.report(ticket, outcome, loop: loop, now: now) ?? []
    }
}
