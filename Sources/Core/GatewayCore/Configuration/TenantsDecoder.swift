import Documents
import HTTPSemantics
import RateLimiting

/// Reads `tenants` and `valkey`.
struct TenantsDecoder {
    let findings: FindingList
    let overrides: EnvironmentOverrides

    /// Tenants of one file; with more a store is due.
    static let maximumTenants = 10_000

    func tenants(_ root: DocumentReader, hasValkey: Bool) -> [String: PlatformConfiguration.Tenant] {
        var tenants: [String: PlatformConfiguration.Tenant] = [:]
        _ = root.section("tenants") { reader in
            let entries = reader.node.entries ?? []
            if entries.count > Self.maximumTenants {
                findings.error(
                    "too-many-tenants", at: reader.node,
                    "more than \(Self.maximumTenants) tenants belong into Valkey (\"valkey\")")
            }
            if hasValkey {
                findings.warning(
                    "tenants-unused", at: reader.node, "with \"valkey\" tenants are read from there; what stands here is not used"
                )
            }
            for (key, _) in entries.prefix(Self.maximumTenants) {
                let name = key.text ?? ""
                if !TenantName.isValid(name) { findings.error("tenant-name", at: key, TenantName.rule) }
                tenants[name] = reader.section(name, recordedAs: "*", tenant)
            }
        }
        return tenants
    }

    private func tenant(_ reader: DocumentReader) -> PlatformConfiguration.Tenant {
        var tenant = PlatformConfiguration.Tenant()
        tenant.modules = reader.strings("modules") ?? []
        tenant.rate = reader.section("rate") { rate in
            let perSecond = rate.integer("rps", in: 1...BucketRate.mostTokens, required: true)
            let burst = rate.integer("burst", in: 1...BucketRate.mostTokens)
            guard let perSecond else { return nil }
            if let rate = BucketRate(quota: perSecond, windowSeconds: 1, burst: burst) { return rate }
            findings.error("rate", at: rate.node, "a bucket of \"burst\" must fill within \(BucketRate.mostFillSeconds) s")
            return nil
        }
        return tenant
    }

    func valkey(_ root: DocumentReader) -> PlatformConfiguration.Valkey? {
        let file = root.section("valkey") { reader -> PlatformConfiguration.Valkey in
            var valkey = PlatformConfiguration.Valkey(url: "")
            if let url = reader.string("url") { valkey.url = url }
            valkey.passwordFile = reader.file("password_file")
            _ = reader.section("tls") { tls in
                valkey.certificateAuthorityFile = tls.file("ca")
                valkey.certificateFile = tls.file("certificate")
                valkey.keyFile = tls.file("key")
                valkey.serverName = tls.string("server_name")
                if valkey.keyFile != nil, valkey.certificateFile == nil {
                    findings.error("valkey-key", at: tls.node, "\"key\" is of use beside \"certificate\" alone")
                }
            }
            return valkey
        }
        guard let url = overrides.valkeyURL else { return file.flatMap { $0.url.isEmpty ? nil : $0 } }
        var valkey = file ?? PlatformConfiguration.Valkey(url: url)
        valkey.url = url
        return valkey
    }
}
