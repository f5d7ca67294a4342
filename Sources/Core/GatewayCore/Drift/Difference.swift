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

    public init(operation: String, direction: Direction, status: Int = 0, field: String, pointer: String, code: String) {
        self.operation = operation
        self.direction = direction
        self.status = status
        self.field = field
        self.pointer = Self.generalised(pointer)
        self.code = code
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
