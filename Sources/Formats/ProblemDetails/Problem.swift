/// Something a request is answered with instead of what it asked for (RFC 9457).
///
/// A value without heap parts unless it carries dynamic text, members or field errors, so that refusing costs little more
/// than accepting. Retry time and allowed methods are for header fields; they are not members of the body.
public struct Problem: Sendable {
    /// The `detail` member: text for a human about this occurrence.
    public enum Detail: Sendable {
        /// Fixed text.
        case literal(StaticString)
        /// Text of this occurrence, as UTF-8. Never holds a value of the request, a token or a secret.
        case bytes([UInt8])
    }

    public var slug: ProblemSlug
    /// The status answered; the slug's own unless overridden.
    public var status: Int
    public var detail: Detail
    /// Whole seconds for `Retry-After`; nil means no such field.
    public var retryAfterSeconds: Int?
    /// The value of `Allow`, such as `GET, HEAD`; nil means no such field.
    public var allow: [UInt8]?
    /// Further members with text values, in order.
    public var extras: [ProblemMember]
    /// What is wrong with which part of the request; the member `errors` is absent when this is empty.
    public var errors: [ProblemFieldError]

    /// A problem with fixed text; `status` nil means the slug's own.
    public init(_ slug: ProblemSlug, _ detail: StaticString, status: Int? = nil, retryAfterSeconds: Int? = nil) {
        self.init(slug, detail: .literal(detail), status: status, retryAfterSeconds: retryAfterSeconds)
    }

    /// A problem with any text; `status` nil means the slug's own.
    public init(
        _ slug: ProblemSlug, detail: Detail, status: Int? = nil, retryAfterSeconds: Int? = nil, allow: [UInt8]? = nil,
        extras: [ProblemMember] = [], errors: [ProblemFieldError] = []
    ) {
        self.slug = slug
        self.status = status ?? slug.status
        self.detail = detail
        self.retryAfterSeconds = retryAfterSeconds
        self.allow = allow
        self.extras = extras
        self.errors = errors
    }
}

/// A member of a problem document beyond the standard ones, with a text value.
public struct ProblemMember: Sendable, Hashable {
    /// The member's name; must not be one that `ProblemWriter` writes itself.
    public let name: String
    public let value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// One element of the member `errors`.
public struct ProblemFieldError: Sendable, Hashable {
    /// The place in words a client knows: `body.email`, `query.limit`.
    public let field: String
    /// The place inside the body as an RFC 6901 pointer; empty for the whole body and for anything outside it.
    public let pointer: String
    /// A fixed word for the rule that was broken, such as `required`.
    public let code: String
    /// What the rule asks for. Never holds the value received.
    public let message: String

    public init(field: String, pointer: String, code: String, message: String) {
        self.field = field
        self.pointer = pointer
        self.code = code
        self.message = message
    }
}
