import Documents

/// One difference between two versions of a document, and what it means to those who call the API.
public struct DocumentChange: Hashable, Sendable {
    /// How much a change matters to a client that was right before.
    public enum Level: String, Sendable, CaseIterable, Comparable {
        /// Nothing breaks.
        case note
        /// A strict client may break: a reader of a closed list, a sender of what is no longer looked at.
        case warning
        /// A client that kept to the old document fails with the new one.
        case breaking

        public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .breaking: 2
            }
        }
    }

    /// Which of the two documents `file`, `line` and `pointer` are about: the new one, or the old one for what is gone.
    public enum Side: String, Sendable {
        case old, new
    }

    public var level: Level
    /// A kebab-case word without dynamic text, listed in `docs/openapi-diff.md`: `request-property-required`.
    public var code: String
    public var side: Side
    public var file: String
    /// One-based.
    public var line: Int
    /// One-based, in Unicode scalars.
    public var column: Int
    /// RFC 6901, from the root of `file`.
    public var pointer: String
    /// What it is a part of, the first of them where a schema is shared: `POST /contacts, request body, name`. Empty for the
    /// document itself.
    public var place: String
    /// One sentence: what differs.
    public var message: String

    init(
        level: Level, code: String, side: Side, at node: SourceNode, place: String, message: String
    ) {
        self.level = level
        self.code = code
        self.side = side
        self.file = node.file
        self.line = node.line
        self.column = node.column
        self.pointer = node.pointer
        self.place = place
        self.message = message
    }
}

extension DocumentChange: CustomStringConvertible {
    /// `file:line:column: breaking[code] pointer: place: sentence`; parts that are empty are left out.
    public var description: String {
        var text = "\(file):\(line):\(column): \(level.rawValue)[\(code)]"
        if !pointer.isEmpty { text += " \(pointer)" }
        if !place.isEmpty { text += ": \(place)" }
        return text + ": \(message)"
    }
}
