/// What a head parser made of the bytes so far.
public enum HeadOutcome: Equatable, Sendable {
    /// The head is whole; the body, or the next message, starts after this many bytes.
    case complete(headBytes: Int)
    /// All bytes so far may be the start of an acceptable head.
    case incomplete
    /// The bytes can never become an acceptable head.
    case invalid(HTTP1Fault)
}

/// How a message's body ends (RFC 9112 section 6.3).
public enum BodyFraming: Equatable, Sendable {
    /// There is no body. Also what `Content-Length: 0` means.
    case none
    /// The body has exactly this many bytes: at least one, at most `Int64.max`.
    case length(UInt64)
    /// The body is in chunks (`ChunkedDecoder`).
    case chunked
    /// The body ends with the connection; in responses only.
    case untilClose
}

/// What one step inside a head came to: where it ended or what it found, or what `HeadOutcome` says of the whole head.
enum Step {
    case done(Int)
    case incomplete
    case invalid(HTTP1Fault)
}
