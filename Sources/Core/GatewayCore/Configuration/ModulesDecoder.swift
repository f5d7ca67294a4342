import Documents

/// Reads `modules`.
struct ModulesDecoder {
    let findings: FindingList

    /// A thousand packages are looked at in some milliseconds; a look an hour is none.
    static let poll = Duration.milliseconds(20)...Duration.seconds(3600)

    func decode(_ root: DocumentReader, hasValkey: Bool) -> PlatformConfiguration.Modules {
        let modules = root.section("modules") { reader in
            var modules = PlatformConfiguration.Modules()
            modules.folder = reader.file("folder")
            if let poll = reader.duration("poll", in: Self.poll) { modules.poll = poll }
            if let usesRegistry = reader.bool("valkey") { modules.usesRegistry = usesRegistry }
            if modules.usesRegistry, !hasValkey, let node = reader.node["valkey"] {
                findings.error(
                    "modules-without-valkey", at: node, "name the Valkey that holds the registry with \"valkey\" at the root")
            }
            return modules
        }
        return modules ?? PlatformConfiguration.Modules()
    }
}
