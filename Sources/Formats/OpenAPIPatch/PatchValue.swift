public import Documents

/// A value that is written into a document, and what documents are compared as.
public indirect enum PatchValue: Sendable {
    case scalar(SourceScalar)
    case array([PatchValue])
    /// Members in the order in which they are written.
    case object([(name: String, value: PatchValue)])

    static func string(_ text: String) -> PatchValue { .scalar(.string(text)) }
    static func bool(_ value: Bool) -> PatchValue { .scalar(.bool(value)) }

    /// The value of a node, its members sorted by name.
    init(_ node: SourceNode) {
        switch node.kind {
        case .scalar(let scalar): self = .scalar(scalar)
        case .sequence(let elements): self = .array(elements.map { PatchValue($0) })
        case .mapping(let entries):
            self = .object(
                entries.map { ($0.key.text ?? "", PatchValue($0.value)) }.sorted {
                    $0.0.utf8.lexicographicallyPrecedes($1.0.utf8)
                })
        }
    }

    /// The value with all members sorted by name, as two documents are compared.
    var sorted: PatchValue {
        switch self {
        case .scalar: self
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let members):
            .object(members.map { ($0.name, $0.value.sorted) }.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) })
        }
    }

    /// Whether both are the same value; members must stand in the same order.
    static func == (left: PatchValue, right: PatchValue) -> Bool {
        switch (left, right) {
        case (.scalar(let mine), .scalar(let other)): mine == other
        case (.array(let mine), .array(let other)): mine.count == other.count && zip(mine, other).allSatisfy { $0 == $1 }
        case (.object(let mine), .object(let other)):
            mine.count == other.count && zip(mine, other).allSatisfy { $0.name == $1.name && $0.value == $1.value }
        default: false
        }
    }
}

extension PatchValue {
    /// How a value is written on one line.
    enum Form {
        /// JSON, which every reader takes.
        case json
        /// YAML in flow style, with quotes only where they are needed.
        case yaml
    }

    /// The value on one line.
    public var json: String { text(.json) }

    func text(_ form: Form) -> String {
        switch self {
        case .scalar(.null): "null"
        case .scalar(.bool(let value)): value ? "true" : "false"
        case .scalar(.integer(let value)): "\(value)"
        case .scalar(.double(let value)): "\(value)"
        case .scalar(.string(let text)): Self.quoted(text, form)
        case .array(let elements): "[" + elements.map { $0.text(form) }.joined(separator: ", ") + "]"
        case .object(let members):
            if members.isEmpty {
                "{}"
            } else if form == .json {
                "{" + Self.members(members, form) + "}"
            } else {
                "{ " + Self.members(members, form) + " }"
            }
        }
    }

    /// Members without braces.
    static func members(_ members: [(name: String, value: PatchValue)], _ form: Form) -> String {
        members.map { "\(quoted($0.name, form)): \($0.value.text(form))" }.joined(separator: ", ")
    }

    /// A string in quotes, or in YAML without them where nothing else could be meant.
    static func quoted(_ text: String, _ form: Form) -> String {
        if form == .yaml, isPlain(text) { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            // What YAML does not print, and what it takes for the end of a line.
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Words that some YAML reader takes for something else than a string.
    private static let words: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first), !words.contains(text.lowercased()) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || $0 &- 48 < 10 || "_-./+$".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }
}
