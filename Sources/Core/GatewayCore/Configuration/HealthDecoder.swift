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
                "gofeatureflag": .gofeatureflag, "envoy": .envoy, "postgresql": .postgresql, "kafka": .kafka,
                "rabbitmq": .rabbitmq, "valkey": .valkey, "s3": .s3,
            ], required: true)
        let address = reader.address("address", required: true)
        let path = path(reader, kind)
        let isCritical = reader.bool("critical") ?? true
        let timeout = reader.duration("timeout", in: ConfigurationBounds.timeout)
        let user = reader.string("user")
        let password = reader.file("password_file")
        let database = reader.string("database")
        let region = reader.string("region")
        let tls = reader.section("tls") { PlatformConfiguration.Component.TLS(certificateAuthorityFile: $0.file("ca_file")) }
        guard let name, let kind, let address else { return nil }
        checkKeys(reader, kind)
        return PlatformConfiguration.Component(
            name: name, kind: kind, address: address, path: path, isCritical: isCritical, timeout: timeout, user: user,
            passwordFile: password, database: database, region: region, tls: tls)
    }

    /// Keys that mean nothing to a kind are slips, and those that S3 cannot be asked without are missed here.
    private func checkKeys(_ reader: DocumentReader, _ kind: PlatformConfiguration.Component.Kind) {
        for key in ["user", "password_file", "tls"] where kind == .tcp {
            if let node = reader.node[key] {
                findings.error("unused-key", at: node, "\"\(key)\" is for every kind but tcp")
            }
        }
        if ![.postgresql, .rabbitmq, .s3].contains(kind), let node = reader.node["database"] {
            findings.error("unused-key", at: node, "\"database\" is for postgresql, rabbitmq and s3")
        }
        if kind.standardPath != nil, let node = reader.node["user"], node.text?.contains(":") == true {
            findings.error("bad-user", at: node, "\"user\" may have no colon, because Basic credentials have one behind it")
        }
        if kind != .s3, let node = reader.node["region"] { findings.error("unused-key", at: node, "\"region\" is for s3") }
        for key in ["user", "password_file", "database"] where kind == .s3 && reader.node[key] == nil {
            findings.error("missing-key", at: reader.node, "s3 is asked for a bucket with a key: \"\(key)\" is missing")
        }
    }

    /// Printable ASCII, because it goes into a request line as it is.
    private func path(_ reader: DocumentReader, _ kind: PlatformConfiguration.Component.Kind?) -> String {
        guard let path = reader.string("path"), let node = reader.node["path"] else { return kind?.standardPath ?? "/" }
        if kind?.standardPath == nil {
            findings.error("unused-key", at: node, "\"path\" is for kinds that are asked over HTTP")
        } else if !path.hasPrefix("/") || !path.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
            findings.error("bad-path", at: node, "\"path\" must begin with / and have no spaces")
        }
        return path
    }
}
