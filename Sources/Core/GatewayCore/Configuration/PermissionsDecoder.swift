import Documents
import Permissions

/// Reads `permissions`.
struct PermissionsDecoder {
    let findings: FindingList

    /// The role table, and who knows more.
    func decode(_ reader: DocumentReader) -> (roles: [String: [String]], iam: PlatformConfiguration.IAM) {
        let roles = roles(reader)
        var iam = PlatformConfiguration.IAM()
        iam.authority = reader.section("iam", AuthorityDecoder(findings: findings).iam)
        if let ttl = reader.duration("ttl", in: ConfigurationBounds.timeToLive) { iam.timeToLive = ttl }
        if let stale = reader.duration("stale_for", in: ConfigurationBounds.staleness) { iam.staleFor = stale }
        return (roles, iam)
    }

    private func roles(_ reader: DocumentReader) -> [String: [String]] {
        var roles: [String: [String]] = [:]
        for (key, value) in reader.named("roles") ?? [] {
            guard let grants = value.elements else {
                findings.error("wrong-type", at: value, "a role is a list of permissions, found \(value.noun)")
                continue
            }
            roles[key.text ?? ""] = grants.compactMap(grant)
        }
        return roles
    }

    private func grant(_ node: SourceNode) -> String? {
        if let text = node.string, HeldPermissions([text]).ignored.isEmpty { return text }
        findings.error(
            "permission-syntax", at: node,
            "\"\(node.text ?? node.noun)\" must be \"*\", \"module.*\" or module.resource.action; write \"*\" in quotes")
        return nil
    }
}
