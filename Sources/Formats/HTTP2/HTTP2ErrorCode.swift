/// An error code of RST_STREAM and GOAWAY frames (RFC 9113 section 7).
///
/// Codes this implementation does not know keep their number and are treated like `internalError` by the protocol.
public struct HTTP2ErrorCode: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// No error: a graceful shutdown, or a stream whose rest is not needed.
    public static let noError = HTTP2ErrorCode(rawValue: 0x0)
    /// The peer broke a rule that has no code of its own.
    public static let protocolError = HTTP2ErrorCode(rawValue: 0x1)
    /// A fault on the sender's side.
    public static let internalError = HTTP2ErrorCode(rawValue: 0x2)
    /// More data than the window allowed, or a window beyond 2^31-1.
    public static let flowControlError = HTTP2ErrorCode(rawValue: 0x3)
    /// SETTINGS were not acknowledged in time.
    public static let settingsTimeout = HTTP2ErrorCode(rawValue: 0x4)
    /// A frame for a stream that is half-closed or closed.
    public static let streamClosed = HTTP2ErrorCode(rawValue: 0x5)
    /// A frame of the wrong size.
    public static let frameSizeError = HTTP2ErrorCode(rawValue: 0x6)
    /// The stream was refused before any processing: repeating it is safe.
    public static let refusedStream = HTTP2ErrorCode(rawValue: 0x7)
    /// The stream is no longer needed.
    public static let cancel = HTTP2ErrorCode(rawValue: 0x8)
    /// The header compression context is lost.
    public static let compressionError = HTTP2ErrorCode(rawValue: 0x9)
    /// The connection behind a CONNECT was reset.
    public static let connectError = HTTP2ErrorCode(rawValue: 0xa)
    /// The peer generates excessive load.
    public static let enhanceYourCalm = HTTP2ErrorCode(rawValue: 0xb)
    /// The transport does not meet the security requirements.
    public static let inadequateSecurity = HTTP2ErrorCode(rawValue: 0xc)
    /// HTTP/1.1 is required.
    public static let http11Required = HTTP2ErrorCode(rawValue: 0xd)
}
