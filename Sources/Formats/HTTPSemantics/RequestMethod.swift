public import Bytes

/// A request method (RFC 9110 section 9, RFC 5789 for PATCH). Methods the gateway does not know by name are `other`.
public enum RequestMethod: UInt8, CaseIterable, Sendable {
    case get, head, post, put, patch, delete, options, trace, connect, other

    /// The method token, which is case-sensitive (RFC 9110 section 9.1). `other` has none of its own.
    public var token: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .other: ""
        }
    }

    /// The method a token names; `other` for any token not in the list.
    @inlinable
    public init(token: ByteView) {
        switch token.count {
        case 3 where token == "GET": self = .get
        case 3 where token == "PUT": self = .put
        case 4 where token == "POST": self = .post
        case 4 where token == "HEAD": self = .head
        case 5 where token == "PATCH": self = .patch
        case 5 where token == "TRACE": self = .trace
        case 6 where token == "DELETE": self = .delete
        case 7 where token == "OPTIONS": self = .options
        case 7 where token == "CONNECT": self = .connect
        default: self = .other
        }
    }

    /// Whether the method asks for nothing to change (RFC 9110 section 9.2.1).
    public var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .put, .delete, .post, .patch, .connect, .other: false
        }
    }

    /// Whether a second identical request has the effect of one (RFC 9110 section 9.2.2).
    public var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .patch, .connect, .other: false
        }
    }
}
