/// A node of a YAML or JSON document that knows where it was written.
///
/// Immutable. An alias answers the very node its anchor names, with the anchor's place.
public final class SourceNode: Sendable {
    /// What a node is.
    public enum Kind: Sendable {
        /// Entries in document order; keys are string scalars (`200:` is the key `"200"`) and unique.
        case mapping([(key: SourceNode, value: SourceNode)])
        case sequence([SourceNode])
        case scalar(SourceScalar)
    }

    public let kind: Kind
    /// The file as it was named to the parser.
    public let file: String
    /// One-based line.
    public let line: Int
    /// One-based column in Unicode scalars.
    public let column: Int
    /// A scalar's text as written, without quotes and escapes: `3.10` where `kind` says 3.1. Nil for the others.
    public let text: String?
    /// Nodes of the subtree with aliases expanded, this one included; text counts as one more for every 64 bytes, so that what
    /// copies it is bounded too.
    public let expandedCount: Int
    /// Levels of the subtree with aliases expanded: 1 for a scalar. What reads a tree may recurse this deep.
    public let height: Int

    private let path: SourcePath
    private let index: [String: Int]

    private static let bytesPerCount = 64
    /// Mappings with more entries than this get an index; shorter ones are searched.
    private static let searchedEntries = 8

    init(_ kind: Kind, file: String, line: Int, column: Int, path: SourcePath, text: String? = nil) {
        self.kind = kind
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.text = text
        var count = 1
        var height = 0
        var index: [String: Int] = [:]
        switch kind {
        case .scalar: count += (text?.utf8.count ?? 0) / Self.bytesPerCount
        case .sequence(let elements):
            for element in elements {
                count += element.expandedCount
                height = max(height, element.height)
            }
        case .mapping(let entries):
            for entry in entries {
                count += entry.key.expandedCount + entry.value.expandedCount
                height = max(height, entry.value.height)
            }
            if entries.count > Self.searchedEntries {
                for (offset, entry) in entries.enumerated() { index[entry.key.text ?? ""] = offset }
            }
        }
        self.expandedCount = count
        self.height = height + 1
        self.index = index
    }

    /// This node's place with other contents.
    func copy(_ kind: Kind, text: String? = nil) -> SourceNode {
        SourceNode(kind, file: file, line: line, column: column, path: path, text: text)
    }

    /// The RFC 6901 pointer from the root of the document; a key's pointer is its value's.
    public var pointer: String { path.pointer }

    /// The value of a mapping's entry; nil when there is none or this is no mapping.
    public subscript(key: String) -> SourceNode? {
        guard case .mapping(let entries) = kind else { return nil }
        if entries.count > Self.searchedEntries { return index[key].map { entries[$0].value } }
        return entries.first { $0.key.text == key }?.value
    }

    /// The key node of a mapping's entry, for findings that are about the key.
    public func key(_ name: String) -> SourceNode? { entries?.first { $0.key.text == name }?.key }
}

extension SourceNode {
    /// The text of a string scalar; nil for anything else, numbers included.
    public var string: String? {
        if case .scalar(.string(let value)) = kind { value } else { nil }
    }

    /// The value of an integer scalar; nil for anything else.
    public var integer: Int64? {
        if case .scalar(.integer(let value)) = kind { value } else { nil }
    }

    /// The value of any number; nil for anything else.
    public var double: Double? {
        switch kind {
        case .scalar(.integer(let value)): Double(value)
        case .scalar(.double(let value)): value
        default: nil
        }
    }

    /// The value of a boolean scalar; nil for anything else.
    public var bool: Bool? {
        if case .scalar(.bool(let value)) = kind { value } else { nil }
    }

    public var isNull: Bool {
        if case .scalar(.null) = kind { true } else { false }
    }

    /// The elements of a sequence; nil for anything else.
    public var elements: [SourceNode]? {
        if case .sequence(let elements) = kind { elements } else { nil }
    }

    /// The entries of a mapping in document order; nil for anything else.
    public var entries: [(key: SourceNode, value: SourceNode)]? {
        if case .mapping(let entries) = kind { entries } else { nil }
    }

    /// What the node is, for messages: `a mapping`, `a list`, `a string`, ...
    public var noun: String {
        switch kind {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(.null): "null"
        case .scalar(.bool): "a boolean"
        case .scalar(.integer): "an integer"
        case .scalar(.double): "a number"
        case .scalar(.string): "a string"
        }
    }
}
