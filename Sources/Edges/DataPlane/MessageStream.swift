import Bytes
import Transcoding

/// The request of a client-streaming call on its way: what brings its messages, and how far they have come.
final class MessageStream {
    /// What the bytes of the body are.
    enum Source {
        /// JSON, a message a value.
        case json(JSONItems)
        /// The data of a `google.api.HttpBody`: a message as the bytes come.
        case raw
        /// gRPC's own frames, passed on as they come.
        case frames(GRPCFrames)
    }

    /// Data of one raw message: what a socket gives at once.
    static let rawBytes = 64 << 10

    var source: Source
    /// Frames that came in base64.
    private(set) lazy var decoded = ByteWriter(capacity: 1024)
    /// Messages sent.
    var count = 0
    /// Whether the service takes nothing now, and the client waits.
    var isHeld = false
    /// Whether the service was told that no message follows.
    var isFinished = false
    /// When the client itself wants the call to be over, in the loop's milliseconds; nil when it does not say.
    let clientEnd: Int64?

    init(_ source: Source, clientEnd: Int64?) {
        self.source = source
        self.clientEnd = clientEnd
    }
}
