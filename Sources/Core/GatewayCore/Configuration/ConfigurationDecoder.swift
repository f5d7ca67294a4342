import Documents
import RateLimiting

/// Reads the root of the configuration file.
struct ConfigurationDecoder {
    let findings: FindingList
    let overrides: EnvironmentOverrides

    /// Always a value, filled with defaults where something is wrong: whether it may be used, the findings say.
    func decode(_ root: DocumentReader) -> PlatformConfiguration {
        _ = root.string("$schema")
        let listeners = ListenerDecoder(findings: findings, overrides: overrides)
        let listen = root.section("listen", listeners.listen) ?? listeners.listen(nil)
        let admin = root.section("admin", listeners.admin) ?? PlatformConfiguration.Admin()
        if listen.port == admin.port, listen.port != 0, listen.host == admin.host || listen.host == "0.0.0.0" {
            findings.error(
                "same-port", at: root.node["admin"] ?? root.node, "\"admin\" and \"listen\" share port \(admin.port); change one")
        }
        let loops = root.integer("loops", in: ConfigurationBounds.loops)
        let logLevel = root.choice("log_level", Self.logLevels)
        var limits = root.section("limits", LimitsDecoder.decode) ?? PlatformConfiguration.Limits()
        if let timeout = overrides.shutdownTimeout { limits.shutdownTimeout = timeout }
        let services = ServiceDecoder(findings: findings, overrides: overrides)
        let tenants = TenantsDecoder(findings: findings, overrides: overrides)
        let valkey = tenants.valkey(root)
        let envoy = EnvoyDecoder(findings: findings, overrides: overrides)
        let permissions = root.section("permissions", PermissionsDecoder(findings: findings).decode)
        let configuration = PlatformConfiguration(
            listen: listen, admin: admin, loops: overrides.loops ?? loops, logLevel: overrides.logLevel ?? logLevel ?? .info,
            limits: limits, trustedProxies: trustedProxies(root), issuers: issuers(root),
            rolePermissions: permissions?.roles ?? [:],
            iam: permissions?.iam ?? PlatformConfiguration.IAM(),
            billing: root.section("billing", AuthorityDecoder(findings: findings).billing), rateLimits: rateLimits(root),
            adminRoles: root.strings("admin_roles") ?? ["admin"], services: services.decode(root),
            problems: root.section("problems", problems) ?? PlatformConfiguration.Problems(baseURL: Self.defaultProblems),
            health: HealthDecoder(findings: findings).decode(root), batch: BatchDecoder(findings: findings).decode(root),
            valkey: valkey, tenants: tenants.tenants(root, hasValkey: valkey != nil),
            cors: root.section("cors", CORSDecoder(findings: findings).decode),
            modules: ModulesDecoder(findings: findings).decode(root, hasValkey: valkey != nil),
            envoy: root.section("envoy", envoy.decode),
            audit: root.section("audit", AuditDecoder(findings: findings, overrides: overrides).decode),
            versions: root.section("versions", VersionsDecoder(findings: findings).decode) ?? PlatformConfiguration.Versions(),
            flags: root.section("flags", FlagsDecoder(findings: findings).decode))
        envoy.check(configuration, root)
        root.finish()
        return configuration
    }

    private static let defaultProblems = PlatformConfiguration.Problems.defaultBaseURL
    private static let logLevels: KeyValuePairs<String, PlatformConfiguration.LogLevel> = [
        "trace": .trace, "debug": .debug, "info": .info, "notice": .notice, "warning": .warning, "error": .error,
        "critical": .critical,
    ]

    private func trustedProxies(_ root: DocumentReader) -> [AddressRange] {
        (root.list("trusted_proxies") ?? []).compactMap { node in
            if let range = node.string.flatMap({ AddressRange($0) }) { return range }
            findings.error(
                "address-range", at: node, "\"\(node.text ?? node.noun)\" is no address range such as 10.0.0.0/8 or ::1")
            return nil
        }
    }

    private func issuers(_ root: DocumentReader) -> [PlatformConfiguration.Issuer] {
        let decoder = IssuerDecoder(findings: findings)
        let issuers = root.sections("issuers", decoder.decode) ?? []
        if root.node["issuers"] == nil, root.node.entries != nil {
            findings.warning(
                "no-issuers", at: root.node, "no token is accepted without \"issuers\"; only public operations answer")
        }
        UniqueNames(findings: findings).check(root.node["issuers"], key: "issuer")
        return issuers
    }

    private func rateLimits(_ root: DocumentReader) -> PlatformConfiguration.RateLimits {
        let decoder = RateLimitsDecoder(findings: findings)
        return root.section("rate_limits", decoder.decode) ?? RateLimitsDecoder.defaults
    }

    private func problems(_ reader: DocumentReader) -> PlatformConfiguration.Problems {
        var base = reader.string("base_url") ?? Self.defaultProblems
        if !base.hasPrefix("https://"), !base.hasPrefix("http://"), let node = reader.node["base_url"] {
            findings.error("base-url", at: node, "\"base_url\" must be an absolute http or https URL")
        }
        if !base.hasSuffix("/") { base += "/" }
        return PlatformConfiguration.Problems(baseURL: base, servesPages: reader.bool("pages") ?? true)
    }
}

/// Reports names that occur twice in a list of mappings.
struct UniqueNames {
    let findings: FindingList

    func check(_ list: SourceNode?, key: String) {
        var lines: [String: Int] = [:]
        for element in list?.elements ?? [] {
            guard let node = element[key], let name = node.string else { continue }
            if let line = lines[name] {
                findings.error(
                    "duplicate-name", at: node, "the \(key) \"\(name)\" is already on line \(line); rename or remove one")
            } else {
                lines[name] = node.line
            }
        }
    }
}
