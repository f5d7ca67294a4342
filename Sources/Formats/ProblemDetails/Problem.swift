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
    /// Further members, in order.
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

/// A member of a problem document beyond the standard ones.
public struct ProblemMember: Sendable, Hashable {
    /// The value of a member: what error details are made of.
    public indirect enum Value: Sendable, Hashable {
        case text(String)
        /// Members in order; their names are unique.
        case object([ProblemMember])
        case list([Value])
    }

    /// The member's name; in the document itself not one that `ProblemWriter` writes.
    public let name: String
    public let value: Value

    public init(name: String, value: Value) {
        self.name = name
        self.value = value
    }

    public init(name: String, value: String) { self.init(name: name, value: .text(value)) }
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
    /// What the rule is about, where that is no value: the JSON type found, the name of a missing member. For the drift report;
    /// not part of the answer.
    public let subject: String?

    public init(field: String, pointer: String, code: String, message: String, subject: String? = nil) {
        self.field = field
        self.pointer = pointer
        self.code = code
        self.message = message
        self.subject = subject
    }
}
