import Documents
import RateLimiting

/// Reads `rate_limits`.
struct RateLimitsDecoder {
    let findings: FindingList

    static let defaults = PlatformConfiguration.RateLimits(
        user: PlatformConfiguration.RateLimits.defaultUser, roles: ["admin": PlatformConfiguration.RateLimits.defaultAdmin],
        address: PlatformConfiguration.RateLimits.defaultAddress, sendsLegacyHeaders: false)

    func decode(_ reader: DocumentReader) -> PlatformConfiguration.RateLimits {
        var limits = Self.defaults
        limits.user = rate("user", reader, default: limits.user)
        limits.address = rate("address", reader, default: limits.address)
        let roles = reader.section("roles") { roles in
            Dictionary(
                (roles.node.entries ?? []).map { entry in
                    let role = entry.key.text ?? ""
                    return (role, rate(role, roles, default: nil, shape: "*"))
                }, uniquingKeysWith: { $1 })
        }
        if let roles { limits.roles.merge(roles) { $1 } }
        if let tenant = reader.section("tenant", tenant) { limits.tenant = tenant }
        limits.sendsLegacyHeaders = reader.section("headers") { $0.bool("x_ratelimit") ?? false } ?? false
        return limits
    }

    /// A rate, or nil for `off`.
    private func rate(
        _ key: String, _ reader: DocumentReader, default standard: PlatformConfiguration.Rate?, shape: String? = nil
    ) -> PlatformConfiguration.Rate? {
        if reader.node[key]?.string == "off" {
            _ = reader.value(key, recordedAs: shape)
            return nil
        }
        return reader.section(key, recordedAs: shape, rate) ?? standard
    }

    private static let fallbacks: KeyValuePairs<String, LimitFallback> = ["open": .open, "closed": .closed, "local": .local]

    private func tenant(_ reader: DocumentReader) -> PlatformConfiguration.RateLimits.Tenant {
        var tenant = PlatformConfiguration.RateLimits.Tenant()
        if reader.node["per_process"]?.string == "off" {
            _ = reader.value("per_process")
            tenant.perProcess = nil
        } else if let rate = reader.integer("per_process", in: 1...BucketRate.mostTokens) {
            tenant.perProcess = rate
        }
        if let fallback = reader.choice("fallback", Self.fallbacks) { tenant.fallback = fallback }
        return tenant
    }

    private func rate(_ reader: DocumentReader) -> PlatformConfiguration.Rate? {
        let requests = reader.integer("requests", in: 1...BucketRate.mostTokens, required: true)
        let window = reader.duration("per", in: .seconds(1) ... .seconds(BucketRate.mostFillSeconds)) ?? .seconds(60)
        let burst = reader.integer("burst", in: 1...BucketRate.mostTokens)
        let fallback = reader.choice("fallback", Self.fallbacks)
        guard let requests else { return nil }
        let (seconds, fraction) = window.components
        guard fraction == 0, let rate = BucketRate(quota: requests, windowSeconds: Int(seconds), burst: burst) else {
            findings.error(
                "rate", at: reader.node,
                "\"per\" must be whole seconds, and an empty bucket must fill within \(BucketRate.mostFillSeconds) s")
            return nil
        }
        return PlatformConfiguration.Rate(bucket: rate, fallback: fallback ?? .local)
    }
}
