import Bytes
import Documents

/// Reads `envoy`.
struct EnvoyDecoder {
    typealias Envoy = PlatformConfiguration.Envoy

    let findings: FindingList
    let overrides: EnvironmentOverrides

    /// Listeners of one Envoy, and certificates of one listener; more need a balancer.
    private static let maximumListeners = 16
    private static let maximumCertificates = 1000
    private static let maximumReplicas = 256
    private static let syncGrace = Duration.zero...Duration.seconds(3600)
    private static let tiers: KeyValuePairs<String, Envoy.Tier> = ["gateway": .gateway, "envoy": .envoy]

    func decode(_ reader: DocumentReader) -> Envoy {
        var envoy = Envoy()
        if let control = reader.section("control", control) { envoy.control = control }
        if let port = overrides.grpcPort { envoy.control.port = port }
        if let grace = reader.duration("sync_grace", in: Self.syncGrace) { envoy.syncGrace = grace }
        let replicas = limited(reader.list("replicas") ?? [], Self.maximumReplicas, "replicas", reader)
        envoy.replicas = replicas.compactMap { DocumentReader.address($0, findings) }
        if let listeners = reader.sections("listeners", EnvoyListenerDecoder(findings: findings).decode) {
            if listeners.isEmpty || listeners.count > Self.maximumListeners, let node = reader.node["listeners"] {
                findings.error("empty-list", at: node, "name 1 to \(Self.maximumListeners) listeners")
            }
            UniqueNames(findings: findings).check(reader.node["listeners"], key: "name")
            envoy.listeners = listeners
        }
        if let limits = reader.section("rate_limits", rateLimits) { envoy.rateLimits = limits }
        if let tier = reader.section("tokens", { $0.choice("refused_by", Self.tiers) }) { envoy.tokensRefusedBy = tier }
        if let isDraining = reader.bool("drain") { envoy.isDraining = isDraining }
        if let percent = reader.integer("shed_percent", in: 0...100) { envoy.shedPercent = percent }
        envoy.compression = reader.section("compression") { compression in
            var settings = Envoy.Compression()
            if let bytes = compression.size("min_bytes", in: 1...(1 << 20)) { settings.minimumBytes = bytes }
            return settings
        }
        if let path = reader.string("access_log") { envoy.accessLog = path == "off" ? nil : path }
        envoy.login = reader.section("login", EnvoyLoginDecoder(findings: findings).decode)
        return envoy
    }

    /// What the rest of the platform must say for Envoys to be of use.
    func check(_ configuration: PlatformConfiguration, _ root: DocumentReader) {
        guard let envoy = configuration.envoy, let node = root.node["envoy"] else { return }
        if configuration.trustedProxies.isEmpty {
            findings.warning(
                "envoy-not-trusted", at: node,
                "without \"trusted_proxies\" the gateway takes Envoy for the client: limits of addresses and logs are wrong")
        }
        let ports = [configuration.listen.port, configuration.admin.port]
        if envoy.control.port != 0, ports.contains(envoy.control.port) {
            findings.error(
                "same-port", at: node["control"] ?? node, "\"envoy.control\" has a port that \"listen\" or \"admin\" has too")
        }
    }

    private func control(_ reader: DocumentReader) -> Envoy.Control {
        var control = Envoy.Control()
        if let host = reader.string("host") { control.host = host }
        if let port = reader.integer("port", in: ConfigurationBounds.port) { control.port = port }
        return control
    }

    private func rateLimits(_ reader: DocumentReader) -> Envoy.RateLimits {
        var limits = Envoy.RateLimits()
        if let tier = reader.choice("enforced_by", Self.tiers) { limits.enforcedBy = tier }
        if let domain = reader.string("domain") {
            limits.domain = domain
            if domain.isEmpty, let node = reader.node["domain"] {
                findings.error("wrong-type", at: node, "\"domain\" must not be empty: Envoy refuses it")
            }
        }
        if reader.node["tenant_per_second"]?.string == "off" {
            _ = reader.value("tenant_per_second")
            limits.tenantPerSecond = nil
        } else if let rate = reader.integer("tenant_per_second", in: 1...1_000_000_000) {
            limits.tenantPerSecond = rate
        }
        if let passes = reader.choice("on_failure", ["open": true, "closed": false]) { limits.passesOnFailure = passes }
        return limits
    }

    private func limited(
        _ nodes: [SourceNode], _ maximum: Int, _ key: String, _ reader: DocumentReader
    ) -> ArraySlice<SourceNode> {
        if nodes.count > maximum, let node = reader.node[key] {
            findings.error("too-many", at: node, "\"\(key)\" has \(nodes.count) entries; at most \(maximum) are read")
        }
        return nodes.prefix(maximum)
    }
}

/// Reads one of `envoy.listeners`.
struct EnvoyListenerDecoder {
    typealias Envoy = PlatformConfiguration.Envoy

    let findings: FindingList

    private static let maximumHops = 16

    func decode(_ reader: DocumentReader) -> Envoy.Listener? {
        var listener = Envoy.Listener()
        if let name = reader.string("name") {
            listener.name = name
            if !NamePart.isValid(name), let node = reader.node["name"] {
                findings.error("name", at: node, "a name is 1 to 64 letters, digits, hyphens and underscores")
            }
        }
        if let host = reader.string("host") {
            listener.host = host
            if ClientAddress(host) == nil, let node = reader.node["host"] {
                findings.error(
                    "address", at: node, "Envoy listens on a literal address such as 0.0.0.0 or ::, not on \"\(host)\"")
            }
        }
        if let port = reader.integer("port", in: 1...65535) { listener.port = port }
        if let hops = reader.integer("trusted_hops", in: 0...Self.maximumHops) { listener.trustedHops = hops }
        listener.tls = reader.section("tls", tls)
        if reader.bool("http3") == true {
            listener.servesHTTP3 = true
            if reader.node["tls"] == nil, let node = reader.node["http3"] {
                findings.error("http3-without-tls", at: node, "HTTP/3 is always encrypted; add \"tls\"")
            }
        }
        return listener
    }

    private func tls(_ reader: DocumentReader) -> Envoy.TLS? {
        let certificates = reader.sections("certificates", required: true, certificate) ?? []
        let requiresTLS13 = reader.choice("min_version", ["1.2": false, "1.3": true]) ?? false
        guard let node = reader.node["certificates"], node.elements != nil else { return nil }
        if node.elements?.isEmpty == true { findings.error("empty-list", at: node, "name at least one certificate") }
        if certificates.filter(\.serverNames.isEmpty).count > 1 {
            findings.error(
                "certificates-without-names", at: node, "one certificate alone may go without \"server_names\"; name the others'")
        }
        var taken: Set<String> = []
        for name in certificates.flatMap(\.serverNames) where !taken.insert(name).inserted {
            findings.error("duplicate-name", at: node, "the server name \"\(name)\" has a certificate already; remove one")
        }
        return Envoy.TLS(certificates: certificates, requiresTLS13: requiresTLS13)
    }

    private func certificate(_ reader: DocumentReader) -> Envoy.Certificate? {
        let file = reader.file("certificate", required: true)
        let key = reader.file("key", required: true)
        let names = reader.strings("server_names") ?? []
        for (index, name) in names.enumerated() where !Self.isServerName(name) {
            findings.error(
                "server-name", at: reader.node["server_names"]?.elements?[index] ?? reader.node,
                "\"\(name)\" is no host such as api.example.com or *.example.com in small letters")
        }
        guard let file, let key else { return nil }
        return Envoy.Certificate(certificate: file, key: key, serverNames: names)
    }

    private static func isServerName(_ name: String) -> Bool {
        let host = name.hasPrefix("*.") ? name.dropFirst(2) : name[...]
        let isSpelled = host.utf8.allSatisfy { byte in
            byte &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        }
        return isSpelled && !host.isEmpty && host.utf8.count <= 253
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
    }
}

/// Reads `envoy.login`.
struct EnvoyLoginDecoder {
    typealias Login = PlatformConfiguration.Envoy.Login

    let findings: FindingList

    func decode(_ reader: DocumentReader) -> Login? {
        let paths = reader.strings("paths", required: true)
        let authorization = url("authorization_endpoint", reader, required: true)
        let token = url("token_endpoint", reader, required: true)
        let endSession = url("end_session_endpoint", reader)
        let clientID = reader.string("client_id", required: true)
        let secret = reader.file("client_secret_file", required: true)
        let key = reader.file("cookie_key_file", required: true)
        let callback = path("callback_path", reader)
        let logout = path("logout_path", reader)
        let scopes = reader.strings("scopes")
        for (index, path) in (paths ?? []).enumerated() { check(path, reader.node["paths"]?.elements?[index] ?? reader.node) }
        if paths?.isEmpty == true, let node = reader.node["paths"] {
            findings.error("empty-list", at: node, "name at least one path, such as /app")
        }
        guard let paths, let authorization, let token, let clientID, let secret, let key else { return nil }
        var login = Login(
            paths: paths, authorizationEndpoint: authorization, tokenEndpoint: token, endSessionEndpoint: endSession,
            clientID: clientID, clientSecretFile: secret, cookieKeyFile: key)
        if let callback { login.callbackPath = callback }
        if let logout { login.logoutPath = logout }
        if let scopes { login.scopes = scopes }
        return login
    }

    private func url(_ key: String, _ reader: DocumentReader, required: Bool = false) -> String? {
        guard let text = reader.string(key, required: required) else { return nil }
        if EndpointURL(text) == nil, let node = reader.node[key] {
            findings.error("url", at: node, "\"\(key)\" must be an absolute http or https URL")
        }
        return text
    }

    private func path(_ key: String, _ reader: DocumentReader) -> String? {
        guard let path = reader.string(key) else { return nil }
        if let node = reader.node[key] { check(path, node) }
        return path
    }

    private func check(_ path: String, _ node: SourceNode) {
        let isPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"{}?#*\"\\".utf8.contains($0) }
        if path.hasPrefix("/"), isPlain { return }
        findings.error("path", at: node, "\"\(path)\" must be a path such as /app, without parameters or query")
    }
}
