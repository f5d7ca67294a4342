import Documents
import Plans

/// Reads `permissions.iam` and `billing`.
struct AuthorityDecoder {
    let findings: FindingList

    func iam(_ reader: DocumentReader) -> PlatformConfiguration.Authority? {
        authority(reader, addresses: ServiceDecoder.addresses(reader, findings))
    }

    func billing(_ reader: DocumentReader) -> PlatformConfiguration.Billing {
        var billing = PlatformConfiguration.Billing()
        let addresses = reader.value("addresses") == nil ? [] : ServiceDecoder.addresses(reader, findings)
        let authority = authority(reader, addresses: addresses)
        if !addresses.isEmpty { billing.authority = authority }
        if let ttl = reader.duration("ttl", in: ConfigurationBounds.timeToLive) { billing.timeToLive = ttl }
        if let stale = reader.duration("stale_for", in: ConfigurationBounds.staleness) { billing.staleFor = stale }
        if let choice = reader.choice("on_missing", Self.choices) { billing.rules.onMissing = choice }
        if let choice = reader.choice("on_failure", Self.choices) { billing.rules.onFailure = choice }
        return billing
    }

    private static let choices: KeyValuePairs<String, PlanRules.Choice> = ["allow": .allow, "deny": .deny]

    private func authority(
        _ reader: DocumentReader, addresses: [Service.Address]
    ) -> PlatformConfiguration.Authority {
        var authority = PlatformConfiguration.Authority(
            addresses: addresses, tls: reader.section("tls") { ServiceDecoder.tls($0, findings) })
        if let timeout = reader.duration("timeout", in: ConfigurationBounds.authorityTimeout) { authority.timeout = timeout }
        return authority
    }
}
