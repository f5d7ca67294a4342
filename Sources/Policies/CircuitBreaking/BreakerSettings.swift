/// The numbers of a service's circuit breakers; the defaults are the platform's contract.
///
/// Numbers outside their bounds are moved to the nearest bound when a breaker takes them.
public struct BreakerSettings: Hashable, Sendable {
    /// Consecutive failures that open the service breaker; default 5, 1 to 32.
    public var failures = 5
    /// Milliseconds in which those failures must lie; default 30 000, up to an hour.
    public var windowMilliseconds: Int64 = 30_000
    /// Milliseconds the service breaker stays open before a probe; default 30 000, up to an hour.
    public var openMilliseconds: Int64 = 30_000
    /// Calls of one tenant in its window below which it is never judged; default 20, 1 to 10 000.
    public var tenantRequests = 20
    /// A tenant is isolated when more than this share of its calls failed, in percent; default 50, 0 to 99.
    public var tenantFailurePercent = 50
    /// Milliseconds of a tenant's window; default 60 000, a second to ten minutes.
    public var tenantWindowMilliseconds: Int64 = 60_000
    /// Milliseconds a tenant is refused before a probe; default 30 000, up to an hour.
    public var tenantOpenMilliseconds: Int64 = 30_000
    /// Milliseconds after which a probe that has not reported is given to another call; default 6 000: the longest call (5 s)
    /// and a second. Set it to the service's deadline and a margin; up to an hour.
    public var probeLeaseMilliseconds: Int64 = 6_000

    public init() {}

    /// The settings with every number inside its bounds.
    var bounded: Self {
        var bounded = self
        let hour: ClosedRange<Int64> = 1...3_600_000
        bounded.failures = Self.clamp(failures, 1...FailureRun.mostFailures)
        bounded.windowMilliseconds = Self.clamp(windowMilliseconds, hour)
        bounded.openMilliseconds = Self.clamp(openMilliseconds, hour)
        bounded.tenantRequests = Self.clamp(tenantRequests, 1...10_000)
        bounded.tenantFailurePercent = Self.clamp(tenantFailurePercent, 0...99)
        bounded.tenantWindowMilliseconds = Self.clamp(tenantWindowMilliseconds, 1_000...WindowSpan.mostMilliseconds)
        bounded.tenantOpenMilliseconds = Self.clamp(tenantOpenMilliseconds, hour)
        bounded.probeLeaseMilliseconds = Self.clamp(probeLeaseMilliseconds, hour)
        return bounded
    }

    private static func clamp<Number: Comparable>(_ number: Number, _ bounds: ClosedRange<Number>) -> Number {
        min(max(number, bounds.lowerBound), bounds.upperBound)
    }
}
