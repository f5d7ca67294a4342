import AuditRecords
import Documents

/// Reads `audit`.
struct AuditDecoder {
    let findings: FindingList
    let overrides: EnvironmentOverrides

    /// A ring that holds less than a moment's records loses or delays them; one beyond a gigabyte is a slip of the unit.
    static let ring = AuditRing.minimumCapacity...(1 << 30)
    static let spool = 0...(1 << 40)
    static let file = (64 << 10)...(1 << 40)
    static let kept = 0...100_000
    static let patience = Duration.milliseconds(1)...Duration.seconds(60)

    func decode(_ reader: DocumentReader) -> PlatformConfiguration.Audit? {
        let folder = reader.file("folder", required: true)
        let ring = reader.size("ring_bytes", in: Self.ring)
        let spool = reader.size("spool_bytes", in: Self.spool)
        let whenFull = reader.choice(
            "when_full", ["spill": AuditTrail.WhenFull.spill, "drop-newest": .dropNewest, "block": .block])
        let patience = reader.duration("patience", in: Self.patience)
        let sinks: [(String, PlatformConfiguration.Audit.Sink?)] = [
            ("file", reader.section("file", file)), ("http", reader.section("http", http)),
            ("kafka", reader.section("kafka", KafkaDecoder(findings: findings, overrides: overrides).decode).map { .kafka($0) }),
        ]
        let fallback = reader.section("fallback") { reader in reader.section("postgresql", required: true, postgresql) }
        let named = sinks.filter { reader.node[$0.0] != nil }
        guard named.count == 1 else {
            findings.error(
                "one-sink", at: reader.node,
                "\"audit\" needs exactly one of \"file\", \"http\" and \"kafka\"; \(named.count) are there")
            return nil
        }
        guard let folder, let sink = named[0].1 else { return nil }
        var audit = PlatformConfiguration.Audit(folder: folder, sink: sink)
        if let ring { audit.ringBytes = ring }
        if let spool { audit.spoolBytes = spool }
        if let whenFull { audit.whenFull = whenFull }
        if let patience { audit.patience = patience }
        audit.fallback = fallback
        return audit
    }

    private func postgresql(_ reader: DocumentReader) -> PlatformConfiguration.Audit.PostgreSQL? {
        let address = reader.address("address", required: true)
        let database = reader.string("database", required: true)
        let user = reader.string("user", required: true)
        let password = reader.file("password_file")
        let tls = reader.section("tls") { PlatformConfiguration.Component.TLS(certificateAuthorityFile: $0.file("ca_file")) }
        guard let address, let database, let user else { return nil }
        return PlatformConfiguration.Audit.PostgreSQL(
            address: address, database: database, user: user, passwordFile: password, tls: tls)
    }

    private func file(_ reader: DocumentReader) -> PlatformConfiguration.Audit.Sink? {
        let path = reader.file("path", required: true)
        let maximum = reader.size("max_bytes", in: Self.file)
        let kept = reader.integer("keep", in: Self.kept)
        let synchronises = reader.bool("sync")
        guard let path else { return nil }
        var file = PlatformConfiguration.Audit.File(path: path)
        if let maximum { file.maximumBytes = maximum }
        if let kept { file.kept = kept }
        if let synchronises { file.synchronises = synchronises }
        return .file(file)
    }

    private func http(_ reader: DocumentReader) -> PlatformConfiguration.Audit.Sink? {
        let url = reader.string("url", required: true)
        let token = reader.file("token_file")
        let authority = reader.file("ca_file")
        guard let url, let node = reader.node["url"] else { return nil }
        guard EndpointURL(url) != nil else {
            findings.error("bad-url", at: node, "\"url\" must be an absolute http or https URL")
            return nil
        }
        return .http(PlatformConfiguration.Audit.HTTP(url: url, tokenFile: token, certificateAuthorityFile: authority))
    }
}
