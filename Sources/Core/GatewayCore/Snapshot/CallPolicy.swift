public import CircuitBreaking

/// How the calls of one service are guarded.
public struct CallPolicy: Sendable, Hashable {
    public enum Breaker: Sendable, Hashable {
        case off
        case on(BreakerSettings)
    }

    /// Breakers of the service and of its tenants; on, with the numbers of the platform's contract.
    public var breaker = Breaker.on(BreakerSettings())
    /// Repetition of failed reads; once after 100 ms.
    public var retry = RetryPolicy()

    public init() {}

    /// The policy of a service whose calls last at most `timeout`: a probe that did not report by then never will.
    func leased(for timeout: Duration) -> CallPolicy {
        guard case .on(var settings) = breaker else { return self }
        settings.probeLeaseMilliseconds = timeout.milliseconds + Self.leaseMarginMilliseconds
        var policy = self
        policy.breaker = .on(settings)
        return policy
    }

    /// Time for the end of a call to be noticed.
    private static let leaseMarginMilliseconds: Int64 = 1000
}
