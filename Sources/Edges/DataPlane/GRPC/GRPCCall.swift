import Bytes
import HTTP2

/// Names a call; stale after its end, when it does nothing.
struct GRPCCallHandle: Equatable {
    var index: Int32
    var generation: UInt32

    /// A handle of no call.
    static let none = GRPCCallHandle(index: -1, generation: 0)
}

/// One call from start to end; pooled by its upstream together with its buffers.
final class GRPCCall {
    enum State {
        case free
        /// Waits for a connection or a free stream.
        case queued
        /// Has a stream.
        case open
        /// Ended inside `start`; its owner is told at the end of the turn.
        case refused
    }

    /// Buffers that once held more than this are not kept.
    private static let keptBytes = 64 << 10

    let index: Int
    var generation: UInt32 = 0
    var state = State.free
    var owner: GRPCCallOwner?
    var tag = 0
    var deadline: Int64 = 0

    var connection: GRPCConnection?
    var stream: UInt32 = 0
    /// The connection's flushes when the stream was opened: as long as none followed, nothing has left.
    var flushes = 0

    /// While queued: when that began, and what is to be sent.
    var queuedAt: Int64 = 0
    private(set) var headers: GRPCMethodHeaders?
    private(set) lazy var metadata = HeaderList()
    private(set) lazy var message = ByteWriter(capacity: 256)
    /// The framed rest of a request that the windows hold up, and how much of it was sent since.
    private lazy var rest = ByteWriter(capacity: 256)
    var restSent = 0
    /// The outcome of a refused call.
    var refusal = GRPCOutcome(code: GRPCStatus.unavailable, origin: .connect)

    /// The reply as it arrives: five bytes of prefix, then the message.
    private(set) lazy var reply = ByteWriter(capacity: 256)
    var isGzip = false
    var hasUnknownEncoding = false
    private var isMessageUsed = false
    private var isRestUsed = false
    private var isReplyUsed = false

    /// The next call in the queue or among the free ones, or -1.
    var next = -1

    init(index: Int) { self.index = index }

    var handle: GRPCCallHandle { GRPCCallHandle(index: Int32(index), generation: generation) }

    /// Keeps what a call needs until it can be sent.
    func keep(_ headers: GRPCMethodHeaders, _ metadata: HeaderList, _ message: ByteView) {
        self.headers = headers
        self.metadata.copy(metadata)
        isMessageUsed = true
        self.message.append(message)
    }

    func keepRest(_ bytes: ByteView) {
        isRestUsed = true
        rest.append(bytes)
    }

    /// What is left of a request that the windows hold up.
    var unsentRest: ByteView { rest.view[min(restSent, rest.count), rest.count] }

    func appendReply(_ bytes: ByteView) {
        isReplyUsed = true
        reply.append(bytes)
    }

    /// Makes the call free for another use; every handle to it becomes stale.
    func clear() {
        generation &+= 1
        state = .free
        owner = nil
        connection = nil
        stream = 0
        restSent = 0
        headers = nil
        isGzip = false
        hasUnknownEncoding = false
        if isMessageUsed { Self.empty(&message) }
        if isRestUsed { Self.empty(&rest) }
        if isReplyUsed { Self.empty(&reply) }
        isMessageUsed = false
        isRestUsed = false
        isReplyUsed = false
    }

    private static func empty(_ buffer: inout ByteWriter) {
        if buffer.count > keptBytes { buffer = ByteWriter(capacity: 256) } else { buffer.removeAll() }
    }
}
