import Documents
import Permissions

/// Reads `permissions`.
struct PermissionsDecoder {
    let findings: FindingList

    func decode(_ reader: DocumentReader) -> [String: [String]] {
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
