import Bytes
import HTTP2

/// How a call ended.
struct GRPCOutcome {
    /// Who decided the status.
    enum Origin {
        /// The service itself.
        case upstream
        /// No usable connection came about, or it was lost.
        case connect
        /// The service reset the stream.
        case reset
        /// The service broke the rules of HTTP/2 or gRPC, or a limit on what it may send.
        case protocolViolation
        /// The call's time was up.
        case deadline
        /// Too many calls were waiting.
        case queueFull
        /// The upstream was shut down.
        case cancelled
    }

    /// The status code, 0 to 16.
    var code: Int
    /// The percent-decoded `grpc-message`, empty when there was none; valid for the call it was handed to.
    var message: ByteView = .empty
    /// The decoded `grpc-status-details-bin`, empty when there was none; valid for the call it was handed to.
    var details: ByteView = .empty
    var origin: Origin
    /// The service has not seen the call, or promised that it did not process it: repeating is safe.
    var neverSent = false
}

/// Whoever waits for a call's end; its exchange subclasses this.
///
/// Called on the loop, never from inside `GRPCUpstream.start` or `cancel`. `tag` is what `start` was given.
class GRPCCallOwner {
    init() {}

    /// The response's headers, before any message. Not called for answers that consist of trailers only.
    func grpcInitialMetadata(_ fields: HeaderList, tag: Int) {}

    /// The one message of a call that ended well, decompressed; `grpcFinished` with code 0 follows at once.
    func grpcMessage(_ message: ByteView, tag: Int) {}

    /// The end, exactly once for each call that was not cancelled.
    func grpcFinished(_ outcome: GRPCOutcome, tag: Int) {}
}
