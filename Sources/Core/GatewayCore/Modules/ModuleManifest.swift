import Documents

/// What `module.yaml` says.
public struct ModuleManifest: Sendable {
    public let slug: String
    /// The writer's own; compared with nothing but itself.
    public let version: String
    public let title: String?
    /// Its services, with every file inside the package.
    public let services: [PlatformConfiguration.Upstream]

    /// What decoding came to.
    struct Outcome {
        /// Nil when the manifest cannot be read at all; with errors among the findings it is as far as it could be read.
        let manifest: ModuleManifest?
        let findings: [Finding]
    }

    /// The slug the manifest names; nil when it cannot be read or names none.
    public static func slug(of package: ModulePackage) -> String? {
        guard case .success(let root) = package.source.document(package.manifestFile) else { return nil }
        return root["slug"]?.string.flatMap { ModulePackage.isSlug($0) ? $0 : nil }
    }

    /// Decodes the manifest of a package.
    ///
    /// - Parameter environment: For the defaults that it sets; a manifest cannot name variables, for whoever delivers a module
    ///   need not know the gateway's secrets.
    static func decode(_ package: ModulePackage, environment: [String: String], recorder: KeyRecorder? = nil) -> Outcome {
        switch package.source.document(package.manifestFile) {
        case .failure(let faults): return Outcome(manifest: nil, findings: faults)
        case .success(let root):
            let findings = FindingList()
            let reader = DocumentReader(root, findings: findings, recorder: recorder)
            let decoder = ModuleManifestDecoder(package: package, findings: findings)
            let manifest = decoder.decode(reader, EnvironmentOverrides(environment, findings: FindingList()))
            return Outcome(manifest: manifest, findings: findings.all)
        }
    }
}

/// Reads a manifest.
private struct ModuleManifestDecoder {
    let package: ModulePackage
    let findings: FindingList

    func decode(_ root: DocumentReader, _ overrides: EnvironmentOverrides) -> ModuleManifest {
        _ = root.string("$schema")
        let slug = slug(root)
        let version = text(root, "version", required: true)
        let title = text(root, "title")
        let services = services(root, overrides)
        root.finish()
        return ModuleManifest(slug: slug ?? package.slug, version: version ?? "", title: title, services: services)
    }

    private func slug(_ root: DocumentReader) -> String? {
        guard let slug = root.string("slug", required: true), let node = root.node["slug"] else { return nil }
        if !ModulePackage.isSlug(slug) {
            findings.error(
                "module-slug", at: node,
                "a slug is 1 to \(ModuleLimits.slugBytes) lower-case letters, digits, hyphens and underscores")
        } else if slug != package.slug {
            findings.error(
                "module-slug", at: node, "the module is \"\(slug)\", but was installed as \"\(package.slug)\"; name both alike")
        }
        return slug
    }

    private func text(_ root: DocumentReader, _ key: String, required: Bool = false) -> String? {
        guard let text = root.string(key, required: required), let node = root.node[key] else { return nil }
        if !text.isEmpty, text.utf8.count <= ModuleLimits.textBytes, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) {
            return text
        }
        findings.error("module-text", at: node, "\"\(key)\" is one line of 1 to \(ModuleLimits.textBytes) bytes")
        return nil
    }

    private func services(_ root: DocumentReader, _ overrides: EnvironmentOverrides) -> [PlatformConfiguration.Upstream] {
        let nodes = root.node["services"]?.elements ?? []
        if nodes.count > ModuleLimits.services, let node = root.node["services"] {
            findings.error("module-services", at: node, "a module has at most \(ModuleLimits.services) services; make it two")
        }
        for node in nodes.prefix(ModuleLimits.services) { check(node) }
        return ServiceDecoder(findings: findings, overrides: overrides).decode(root).map { upstream in
            var upstream = upstream
            upstream.isRequired = false
            return upstream
        }
    }

    /// What a service of the platform may say and one of a module may not.
    private func check(_ service: SourceNode) {
        for key in ["openapi", "descriptors"] {
            guard let node = service[key], let path = node.string else { continue }
            if !DocumentPath.resolve(path, from: node.file).hasPrefix(package.root) || path.hasPrefix("/") {
                findings.error("path-outside-package", at: node, "\"\(path)\" leaves the module's package; bring the file along")
            }
        }
        if let node = service["tls"]?["ca"] {
            findings.error(
                "module-certificate", at: node,
                "a module cannot bring certificates that the gateway trusts; the system's are used, remove \"ca\"")
        }
        if let node = service["required"], node.bool == true {
            findings.warning(
                "module-required", at: node, "the gateway is ready without any module's service; \"required\" has no effect here")
        }
    }
}
