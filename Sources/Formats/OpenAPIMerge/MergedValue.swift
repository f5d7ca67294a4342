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

    /// YAML in block style; every string is in double quotes, so that no reader takes it for anything else.
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

    private func writeYAML(into text: inout String, indent: Int) {
        let margin = String(repeating: " ", count: indent)
        switch self {
        case _ where isFlow: text += margin + json + "\n"
        case .scalar: break
        case .array(let elements):
            for element in elements { element.writeEntry(after: margin + "-", into: &text, indent: indent + 2) }
        case .object(let members):
            for member in members {
                member.value.writeEntry(after: margin + Self.quoted(member.name) + ":", into: &text, indent: indent + 2)
            }
        }
    }

    private func writeEntry(after lead: String, into text: inout String, indent: Int) {
        if isFlow {
            text += lead + " " + json + "\n"
        } else {
            text += lead + "\n"
            writeYAML(into: &text, indent: indent)
        }
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
