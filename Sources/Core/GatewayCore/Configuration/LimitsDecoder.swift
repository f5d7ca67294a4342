import Documents

/// Reads `limits`.
enum LimitsDecoder {
    static func decode(_ reader: DocumentReader) -> PlatformConfiguration.Limits {
        var limits = PlatformConfiguration.Limits()
        func take<Value>(_ value: Value?, _ path: WritableKeyPath<PlatformConfiguration.Limits, Value>) {
            if let value { limits[keyPath: path] = value }
        }
        let timeout = ConfigurationBounds.timeout
        take(reader.size("head_bytes", in: ConfigurationBounds.headBytes), \.headBytes)
        take(reader.integer("header_count", in: ConfigurationBounds.headerCount), \.headerCount)
        take(reader.size("target_bytes", in: ConfigurationBounds.headBytes), \.targetBytes)
        take(reader.size("response_head_bytes", in: ConfigurationBounds.headBytes), \.responseHeadBytes)
        take(reader.size("body_bytes", in: ConfigurationBounds.bodyBytes), \.bodyBytes)
        take(reader.duration("head_timeout", in: timeout), \.headTimeout)
        take(reader.size("body_min_rate", in: ConfigurationBounds.rate), \.bodyMinimumRate)
        take(reader.duration("body_grace", in: timeout), \.bodyGrace)
        take(reader.duration("idle_timeout", in: timeout), \.idleTimeout)
        take(reader.duration("upstream_idle_timeout", in: timeout), \.upstreamIdleTimeout)
        take(reader.integer("requests_per_connection", in: ConfigurationBounds.count), \.requestsPerConnection)
        take(reader.integer("connections", in: ConfigurationBounds.count), \.connections)
        take(reader.duration("shutdown_timeout", in: ConfigurationBounds.shutdown), \.shutdownTimeout)
        if limits.targetBytes > limits.headBytes {
            reader.findings.error(
                "target-beyond-head", at: reader.node["target_bytes"] ?? reader.node,
                "\"target_bytes\" is larger than \"head_bytes\", which contains the target; raise or lower one")
        }
        return limits
    }
}
