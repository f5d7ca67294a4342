import Documents

/// Values as text that is equal exactly when the values are.
enum CanonicalValue {
    /// Keys that say something to people alone.
    private static let words: Set<String> = [
        "description", "summary", "title", "example", "examples", "externalDocs", "$comment",
    ]

    /// The text of a tree; nil for none. Keys are sorted; words for people are left out of schemas.
    static func text(_ node: SourceNode?, isSchema: Bool = false) -> String? {
        guard let node else { return nil }
        var text = ""
        append(node, isSchema, to: &text)
        return text
    }

    /// Recurses as deep as a document may nest.
    private static func append(_ node: SourceNode, _ isSchema: Bool, to text: inout String) {
        switch node.kind {
        case .scalar(.null): text += "null"
        case .scalar(.bool(let value)): text += value ? "true" : "false"
        case .scalar(.integer(let value)): text += "\(value)"
        case .scalar(.double(let value)):
            // 1.0 is 1 in JSON Schema.
            if let integer = Int64(exactly: value) { text += "\(integer)" } else { text += "\(value)" }
        case .scalar(.string(let value)):
            text += "\"\(value.utf8.count):"
            text += value
            text += "\""
        case .sequence(let elements):
            text += "["
            for element in elements {
                append(element, isSchema, to: &text)
                text += ","
            }
            text += "]"
        case .mapping(let entries):
            text += "{"
            let kept = entries.filter { !isSchema || !words.contains($0.key.text ?? "") }
            for entry in kept.sorted(by: { ($0.key.text ?? "") < ($1.key.text ?? "") }) {
                append(entry.key, false, to: &text)
                text += ":"
                append(entry.value, isSchema, to: &text)
                text += ","
            }
            text += "}"
        }
    }

    /// A scalar as a reader knows it; trees in short.
    static func words(_ node: SourceNode) -> String {
        if case .scalar(.string(let value)) = node.kind { return "\"\(value.prefix(60))\"" }
        return node.text.map { String($0.prefix(60)) } ?? node.noun
    }
}
