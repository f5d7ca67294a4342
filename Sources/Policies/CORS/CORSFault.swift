/// What is wrong with a set of rules, and where.
public struct CORSFault: Error, Sendable, Hashable {
    /// Fit for a label; the code of the finding too.
    public enum Code: String, Sendable, CaseIterable {
        case origin = "cors-origin"
        case method = "cors-method"
        case header = "cors-header"
        /// A wildcard that credentials forbid (Fetch, "CORS protocol and credentials").
        case credentials = "cors-credentials"
        case duplicate = "cors-duplicate"
        case tooMany = "cors-too-many"
        case outOfRange = "out-of-range"
        case missing = "missing-key"
        case wrongType = "wrong-type"
        case unknownMember = "unknown-key"
        /// No JSON, or more of it than is read.
        case json = "cors-json"
    }

    public let code: Code
    /// The member at fault; empty for the whole.
    public let member: String
    /// Position in the member's list; nil for the member itself.
    public let index: Int?
    public let message: String

    public init(_ code: Code, _ member: String, _ index: Int?, _ message: String) {
        self.code = code
        self.member = member
        self.index = index
        self.message = message
    }

    /// JSON pointer to the place (RFC 6901).
    public var pointer: String {
        if member.isEmpty { return "" }
        let name = member.replacing("~", with: "~0").replacing("/", with: "~1")
        return "/" + name + (index.map { "/\($0)" } ?? "")
    }
}
