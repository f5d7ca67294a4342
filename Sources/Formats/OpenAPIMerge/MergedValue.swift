public import Documents

/// A value of a document that is made, its members in the order in which they are written.
public indirect enum MergedValue: Sendable {
    case scalar(SourceScalar)
    case array([MergedValue])
    case object([(name: String, value: MergedValue)])

    static func string(_ text: String) -> MergedValue { .scalar(.string(text)) }

    /// A node's value as it is; numbers keep their value, not their spelling.
    public init(_ node: SourceNode) {
        switch node.kind {
        case .scalar(let scalar): self = .scalar(scalar)
        case .sequence(let elements): self = .array(elements.map { MergedValue($0) })
        case .mapping(let entries): self = .object(entries.map { ($0.key.text ?? "", MergedValue($0.value)) })
        }
    }

    subscript(name: String) -> MergedValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    var members: [(name: String, value: MergedValue)] {
        if case .object(let members) = self { members } else { [] }
    }
}

extension MergedValue {
    /// Compact JSON (RFC 8259), one line.
    public var json: String {
        var text = ""
        writeJSON(into: &text)
        return text
    }

    /// YAML in block style; every string that a reader might take for anything else is in double quotes.
    public var yaml: String {
        var text = ""
        writeYAML(into: &text, indent: 0)
        return text
    }

    private func writeJSON(into text: inout String) {
        switch self {
        case .scalar(let scalar): text += Self.text(scalar)
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.writeJSON(into: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                text += Self.quoted(member.name) + ":"
                member.value.writeJSON(into: &text)
            }
            text += "}"
        }
    }

    private var isFlow: Bool {
        switch self {
        case .scalar: true
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        }
    }

    /// Writes the lines of a value, all but the first after a margin: what is before that one says where it stands.
    private func writeYAML(into text: inout String, indent: Int) {
        let margin = String(repeating: " ", count: indent)
        switch self {
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                text += (index > 0 ? margin : "") + "- "
                element.writeYAML(into: &text, indent: indent + 2)
            }
        case .object(let members) where !members.isEmpty:
            for (index, member) in members.enumerated() {
                text += (index > 0 ? margin : "") + Self.plainOrQuoted(member.name) + ":"
                if member.value.isFlow {
                    text += " "
                } else {
                    text += "\n" + margin + "  "
                }
                member.value.writeYAML(into: &text, indent: indent + 2)
            }
        case .scalar(.string(let value)): text += Self.plainOrQuoted(value) + "\n"
        default: text += json + "\n"
        }
    }

    /// Words that mean something else to some reader of YAML 1.1 or 1.2.
    private static let reserved: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    /// A string without quotes, where it is a word or a path that can be nothing else.
    private static func plainOrQuoted(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, isLetter(first) || first == "/" || first == "$",
            text.unicodeScalars.allSatisfy({ isLetter($0) || ("0"..."9").contains($0) || "/-._{}$".unicodeScalars.contains($0) }),
            !reserved.contains(text.lowercased())
        else { return quoted(text) }
        return text
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    private static func text(_ scalar: SourceScalar) -> String {
        switch scalar {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): "\(value)"
        // Neither JSON nor JSON Schema has the numbers that are none.
        case .double(let value): value.isFinite ? "\(value)" : "null"
        case .string(let value): quoted(value)
        }
    }

    /// A string that JSON and YAML read alike.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
