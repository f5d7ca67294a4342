/// One way in which messages differ from the document that describes them. Never holds a value.
public struct Difference: Hashable, Sendable {
    public enum Direction: String, Sendable {
        case request, response
    }

    /// `service.operationId`, or service, method and path.
    public let operation: String
    public let direction: Direction
    /// Status of the response; 0 for requests.
    public let status: Int
    /// What differs: `body`, `query.limit`, `header.X-Thing`.
    public let field: String
    /// Where in it, as an RFC 6901 pointer in which `*` stands for every element of an array; empty for all of it.
    public let pointer: String
    /// The rule that is broken: the keyword of the schema, or a code such as `media-type`.
    public let code: String
    /// What the rule is about, where that is no value: the JSON type found, the name of a missing member, the media type that is not
    /// described. Nil when it is not known.
    public let subject: String?

    public init(
        operation: String, direction: Direction, status: Int = 0, field: String, pointer: String, code: String,
        subject: String? = nil
    ) {
        self.operation = operation
        self.direction = direction
        self.status = status
        self.field = field
        self.pointer = Self.generalised(pointer)
        self.code = code
        self.subject = subject.flatMap { $0.utf8.count <= Self.maximumSubjectBytes ? $0 : nil }
    }

    /// The pointer with every index of an array as `*`, cut off where it is longer than anybody reads.
    static func generalised(_ pointer: String) -> String {
        guard pointer.utf8.count <= maximumPointerBytes else { return String(pointer.prefix(maximumPointerBytes)) + "..." }
        guard pointer.utf8.contains(where: { $0 >= 0x30 && $0 <= 0x39 }) else { return pointer }
        return pointer.split(separator: "/", omittingEmptySubsequences: false)
            .map { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? "*" : $0 }
            .joined(separator: "/")
    }

    private static let maximumPointerBytes = 256
    /// A longer name stands in no document that people read.
    private static let maximumSubjectBytes = 256
}

/// A difference and how often it was seen.
public struct DriftEntry: Hashable, Sendable {
    public let difference: Difference
    public internal(set) var count: UInt64
    /// Unix seconds.
    public internal(set) var firstSeen: Int64
    /// Unix seconds.
    public internal(set) var lastSeen: Int64
}
