import Bytes
import CircuitBreaking
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
    /// What the service says about retries of calls that it failed.
    var pushback = RetryPushback.none
}

/// Whoever waits for a call; its exchange subclasses this.
///
/// Called on the loop, never from inside a method of `GRPCUpstream` that the owner calls. `tag` is what the call was started
/// with. Views and header lists are valid until the callback returns, whatever it does. From inside it the owner may start,
/// cancel, pause and resume calls and send on them, also on the one it is told of; not `flush`, `tick`, `shutdown` or `abort`.
class GRPCCallOwner {
    init() {}

    /// The response's headers, before any message. Not called for answers that consist of trailers only.
    func grpcInitialMetadata(_ fields: HeaderList, tag: Int) {}

    /// A message, decompressed; with its prefix and as it came for `GRPCReplies.framed`.
    ///
    /// Calls with one reply have it here once they ended well, and `grpcFinished` with code 0 follows at once.
    func grpcMessage(_ message: ByteView, tag: Int) {}

    /// The request takes more: follows each `GRPCUpstream.send` that answered false.
    func grpcWritable(tag: Int) {}

    /// The trailers, or the only header section of an answer without messages; pseudo-fields included. Only of stream calls,
    /// and only when the service said a status; `grpcFinished` follows at once unless the owner cancels.
    func grpcTrailers(_ fields: HeaderList, tag: Int) {}

    /// The end, exactly once for each call that was not cancelled.
    func grpcFinished(_ outcome: GRPCOutcome, tag: Int) {}
}
