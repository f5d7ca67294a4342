import Documents

/// Reads `health`.
struct HealthDecoder {
    let findings: FindingList

    func decode(_ root: DocumentReader) -> PlatformConfiguration.HealthChecks {
        let health = root.section("health") { reader in
            var health = PlatformConfiguration.HealthChecks()
            health.components = reader.sections("components", component) ?? []
            if let interval = reader.duration("interval", in: ConfigurationBounds.refresh) { health.interval = interval }
            if let timeout = reader.duration("timeout", in: ConfigurationBounds.timeout) { health.timeout = timeout }
            UniqueNames(findings: findings).check(reader.node["components"], key: "name")
            return health
        }
        return health ?? PlatformConfiguration.HealthChecks()
    }

    private func component(_ reader: DocumentReader) -> PlatformConfiguration.Component? {
        let name = reader.string("name", required: true)
        let kind = reader.choice(
            "kind",
            [
                "tcp": PlatformConfiguration.Component.Kind.tcp, "http": .http, "clickhouse": .clickhouse,
                "gofeatureflag": .gofeatureflag, "envoy": .envoy,
            ], required: true)
        let address = reader.address("address", required: true)
        let path = path(reader, kind)
        let isCritical = reader.bool("critical") ?? true
        let timeout = reader.duration("timeout", in: ConfigurationBounds.timeout)
        guard let name, let kind, let address else { return nil }
        return PlatformConfiguration.Component(
            name: name, kind: kind, address: address, path: path, isCritical: isCritical, timeout: timeout)
    }

    /// Printable ASCII, because it goes into a request line as it is.
    private func path(_ reader: DocumentReader, _ kind: PlatformConfiguration.Component.Kind?) -> String {
        guard let path = reader.string("path"), let node = reader.node["path"] else { return kind?.standardPath ?? "/" }
        if kind == .tcp {
            findings.error("unused-key", at: node, "\"path\" is for kinds that are asked over HTTP")
        } else if !path.hasPrefix("/") || !path.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
            findings.error("bad-path", at: node, "\"path\" must begin with / and have no spaces")
        }
        return path
    }
}
