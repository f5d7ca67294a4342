import Documents

/// Decides which operations are public.
struct SecurityDecoder {
    let bundle: DocumentBundle
    let findings: FindingList

    /// Whether the operation's `security`, or else the document's, is `[]`. Without either a token is required.
    func isPublic(_ operation: SourceNode) -> Bool {
        check(operation["security"])
        let effective = operation["security"] ?? bundle.root["security"]
        return effective?.elements?.isEmpty ?? false
    }

    /// Reports a `security` that is no list, and schemes the document does not define.
    func check(_ security: SourceNode?) {
        guard let security else { return }
        guard let elements = security.elements else {
            findings.error("wrong-type", at: security, "\"security\" must be a list; write [] for a public operation")
            return
        }
        for requirement in elements {
            guard let entries = requirement.entries else {
                findings.error("wrong-type", at: requirement, "a security requirement is a mapping, found \(requirement.noun)")
                continue
            }
            for (key, _) in entries where bundle.root["components"]?["securitySchemes"]?[key.text ?? ""] == nil {
                findings.warning(
                    "unknown-security-scheme", at: key,
                    "\"\(key.text ?? "")\" is not under components/securitySchemes; define it")
            }
        }
    }
}
