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

    /// Numbers of the breakers for calls that last at most `milliseconds`: a probe that did not report by then never will. Nil when
    /// they are off.
    public func breakerSettings(longestCall milliseconds: Int64) -> BreakerSettings? {
        guard case .on(var settings) = breaker else { return nil }
        settings.probeLeaseMilliseconds = milliseconds + Self.leaseMarginMilliseconds
        return settings
    }

    /// Time for the end of a call to be noticed.
    private static let leaseMarginMilliseconds: Int64 = 1000
}
