import CircuitBreaking
import Documents

/// Reads `breaker` and `retry` of a service.
enum CallPolicyDecoder {
    /// Retries of one request; more would only add load to what is failing.
    static let mostRetries = 3

    static func decode(_ reader: DocumentReader) -> CallPolicy {
        var policy = CallPolicy()
        if let breaker = reader.section("breaker", breaker) { policy.breaker = breaker }
        if let retry = reader.section("retry", retry) { policy.retry = retry }
        return policy
    }

    private static func breaker(_ reader: DocumentReader) -> CallPolicy.Breaker {
        var settings = BreakerSettings()
        take(reader.integer("failures", in: 1...32), &settings.failures)
        take(reader.duration("window", in: ConfigurationBounds.breakerWindow)?.milliseconds, &settings.windowMilliseconds)
        take(reader.duration("open", in: ConfigurationBounds.breakerWindow)?.milliseconds, &settings.openMilliseconds)
        _ = reader.section("tenant") { tenant in
            take(tenant.integer("requests", in: 1...10_000), &settings.tenantRequests)
            take(tenant.integer("failure_percent", in: 0...99), &settings.tenantFailurePercent)
            take(
                tenant.duration("window", in: ConfigurationBounds.tenantWindow)?.milliseconds,
                &settings.tenantWindowMilliseconds)
            take(
                tenant.duration("open", in: ConfigurationBounds.breakerWindow)?.milliseconds, &settings.tenantOpenMilliseconds)
        }
        return reader.bool("enabled") == false ? .off : .on(settings)
    }

    private static func retry(_ reader: DocumentReader) -> RetryPolicy {
        var retry = RetryPolicy()
        take(reader.integer("attempts", in: 0...mostRetries), &retry.retries)
        take(reader.duration("delay", in: ConfigurationBounds.retryDelay)?.milliseconds, &retry.delayMilliseconds)
        return retry
    }

    private static func take<Value>(_ value: Value?, _ place: inout Value) { if let value { place = value } }
}
