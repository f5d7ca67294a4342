import CircuitBreaking
import GatewayCore

/// What one loop keeps to guard the calls of one service: the breakers it shares with the other loops, and its own retry budget.
final class CallGuard {
    let service: Service
    /// Nil when the service's breakers are off.
    let breaker: ServiceBreaker?
    let retry: RetryPolicy
    var budget: RetryBudget

    init(_ service: Service, breakers: BreakerRegistry, loops: Int) {
        self.service = service
        retry = service.policy.retry
        budget = RetryBudget(loops: loops)
        switch service.policy.breaker {
        case .off: breaker = nil
        case .on(let settings): breaker = breakers.breaker(of: service.name, settings: settings)
        }
    }
}
