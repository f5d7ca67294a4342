import Bytes
import Documents
import TokenVerification

/// Reads one of `issuers`.
struct IssuerDecoder {
    let findings: FindingList

    func decode(_ reader: DocumentReader) -> PlatformConfiguration.Issuer? {
        let issuer = reader.string("issuer", required: true)
        let audiences = reader.strings("audiences") ?? PlatformConfiguration.Issuer.defaultAudiences
        let algorithms = algorithms(reader)
        var refresh = PlatformConfiguration.Issuer.defaultRefresh
        let keys = reader.section("jwks", required: true) { jwks in
            if let duration = jwks.duration("refresh", in: ConfigurationBounds.refresh) { refresh = duration }
            return keySource(jwks)
        }
        let leeway = reader.duration("leeway", in: ConfigurationBounds.leeway) ?? PlatformConfiguration.Issuer.defaultLeeway
        let tenantClaim = reader.string("tenant_claim") ?? PlatformConfiguration.Issuer.defaultTenantClaim
        let rolesClaim = reader.string("roles_claim") ?? PlatformConfiguration.Issuer.defaultRolesClaim
        if audiences.isEmpty, let node = reader.node["audiences"] {
            findings.error("empty-list", at: node, "a token needs an audience to be meant for; name at least one")
        }
        guard let issuer, let keys else { return nil }
        return PlatformConfiguration.Issuer(
            issuer: issuer, audiences: audiences, algorithms: algorithms, keys: keys, refresh: refresh, leeway: leeway,
            tenantClaim: tenantClaim, rolesClaim: rolesClaim)
    }

    private func algorithms(_ reader: DocumentReader) -> SignatureAlgorithms {
        guard let nodes = reader.list("algorithms") else { return [.es256] }
        let names = SignatureAlgorithm.allCases.map { "\($0.name)" }
        if nodes.isEmpty, let node = reader.node["algorithms"] {
            findings.error("empty-list", at: node, "name at least one of \(names.joined(separator: ", "))")
        }
        return SignatureAlgorithms(
            nodes.compactMap { node in
                let name = node.text ?? ""
                if let algorithm = name.withByteView({ SignatureAlgorithm(name: $0) }) { return algorithm }
                findings.error(
                    "unknown-value", at: node,
                    "\"\(name)\" is no accepted algorithm; write one of \(names.joined(separator: ", "))")
                return nil
            })
    }

    private func keySource(_ reader: DocumentReader) -> PlatformConfiguration.KeySource? {
        let file = reader.file("file")
        let url = reader.string("url")
        switch (file, url) {
        case (let file?, nil): return .file(file)
        case (nil, let url?):
            if Self.isTrustworthy(url) { return .url(url) }
            findings.error(
                "key-url", at: reader.node["url"] ?? reader.node,
                "keys must come over https; plain http is accepted from localhost, 127.0.0.1 and [::1] only")
            return nil
        default:
            findings.error("key-source", at: reader.node, "write either \"file\" or \"url\", not both and not neither")
            return nil
        }
    }

    /// Whoever can change a key set on its way can sign tokens.
    private static func isTrustworthy(_ url: String) -> Bool {
        if url.hasPrefix("https://") { return url.count > "https://".count }
        guard url.hasPrefix("http://") else { return false }
        let authority = url.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return ["localhost", "127.0.0.1", "[::1]"].contains { authority == $0 || authority.hasPrefix($0 + ":") }
            && !authority.contains("@")
    }
}
