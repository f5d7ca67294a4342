public import Bytes

/// Which part of a message a header section is.
public enum HTTP2HeadersKind: Sendable {
    /// A 1xx response; another header section follows.
    case informational
    /// The request's headers, or the final response's.
    case initial
    /// What follows the body.
    case trailers
}

/// What a session has to say to its owner; views and `HTTP2Session.fields` are valid until its next call.
///
/// `owner` is the number the owner gave the stream. After `endStream` with a finished local side, and after `streamReset`, the stream
/// is gone from the session.
public enum HTTP2Event {
    /// A header section; its fields are in `HTTP2Session.fields`.
    case headers(stream: UInt32, owner: Int, kind: HTTP2HeadersKind, endStream: Bool)
    /// Body bytes; every one must be handed back by `HTTP2Session.consumed`, or by its two halves apart.
    case data(stream: UInt32, owner: Int, bytes: ByteView, endStream: Bool)
    /// The stream ended without its rest. `byPeer` is false when our side ended it because the peer broke a rule. A code of
    /// `refusedStream` from the peer means that nothing of it was processed; so do streams beyond a GOAWAY, which end like this.
    case streamReset(stream: UInt32, owner: Int, code: HTTP2ErrorCode, byPeer: Bool)
    /// The peer wants no new streams; those above `lastStream` are reported as reset next.
    case goAway(lastStream: UInt32, code: HTTP2ErrorCode)
    /// The peer's SETTINGS were taken; windows and the number of streams may have grown.
    case settingsReceived
    /// A `sendData` that was cut short may go on: on this stream, or on any when `stream` is 0.
    case windowAvailable(stream: UInt32, owner: Int)
    /// The answer to `HTTP2Session.sendPing`.
    case pingAcknowledged(UInt64)
    /// The session is over: what is in `output` should still be sent, then the connection closed.
    case connectionFault(code: HTTP2ErrorCode, reason: StaticString)
}
