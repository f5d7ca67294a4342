/// A way in which messages were seen to differ from a document, without any value of theirs.
public struct ObservedDifference: Hashable, Sendable {
    public enum Direction: String, Sendable {
        case request, response
    }

    /// The operation's `operationId`, or method and path as the document writes them: `POST /contacts`.
    public let operation: String
    public let direction: Direction
    /// Status of the response; 0 for requests.
    public let status: Int
    /// What differs: `body`, `query.limit`, `header.X-Thing`, `status`.
    public let field: String
    /// Where in it, as an RFC 6901 pointer in which `*` stands for every element of an array.
    public let pointer: String
    /// The keyword that is broken, or a code such as `undeclared`.
    public let code: String
    /// The JSON type found, the name of a missing member or the media type that is not described; nil when it is not known.
    public let subject: String?
    /// Whether the body is a stream, of which the pointer leads into one message.
    public let isMessageOfStream: Bool

    public init(
        operation: String, direction: Direction, status: Int = 0, field: String, pointer: String, code: String,
        subject: String? = nil, isMessageOfStream: Bool = false
    ) {
        self.operation = operation
        self.direction = direction
        self.status = status
        self.field = field
        self.pointer = pointer
        self.code = code
        self.subject = subject
        self.isMessageOfStream = isMessageOfStream
    }
}

extension ObservedDifference: CustomStringConvertible {
    /// Where and what: `request body /name: type (integer)`.
    public var place: String {
        let parts = [direction.rawValue, status == 0 ? "" : "\(status)", field, pointer].filter { !$0.isEmpty }
        return parts.joined(separator: " ") + ": " + code + (subject.map { " (\($0))" } ?? "")
    }

    /// The operation and the place.
    public var description: String { operation + " " + place }
}

/// Why a difference is not written into the document.
public enum PatchObstacle: String, Sendable, CaseIterable {
    /// The document has no such operation, or its description says nothing of the place.
    case unknownPlace = "unknown-place"
    /// The rule is about values, which are never kept.
    case needsValues = "needs-values"
    /// It is not known what was found: a type, a name or a media type.
    case needsSubject = "needs-subject"
    /// The rule stands in a choice (`anyOf`, `oneOf`, `not`, `if`) or behind names that only a pattern tells.
    case inChoice = "in-choice"
    /// No description would make such a message right: it is no JSON, or too large to be looked at.
    case messageAtFault = "message-at-fault"
    /// The document's text cannot be changed there without touching more than the rule.
    case unsafeText = "unsafe-text"

    /// What a person is told.
    public var words: String {
        switch self {
        case .unknownPlace: "the document says nothing of this place"
        case .needsValues: "the rule is about values, which the report does not keep"
        case .needsSubject: "the report does not say what was found"
        case .inChoice: "the rule stands in a choice or behind a pattern"
        case .messageAtFault: "no description would make such a message right"
        case .unsafeText: "the text cannot be changed there without touching more than the rule"
        }
    }
}
