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
        /// Ended inside a call of its owner, who is told at the end of the turn.
        case refused
    }

    /// Memory that an unused buffer keeps.
    private static let keptBytes = 64 << 10
    /// The same of an open stream, whose next message is probably as large as the last.
    private static let keptByStreams = 256 << 10

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

    /// Nil for a unary call.
    private(set) var replies: GRPCReplies?
    /// Whether each message is delivered as it completes.
    var deliversEach: Bool { replies != nil && replies != .one }
    /// Of stream calls.
    var streaming = GRPCStreamState()
    /// The owner is being told something; the record must outlive that.
    var isTelling = false

    /// The reply as it arrives, each message behind five bytes of prefix; of a stream, what was not delivered.
    let reply = ByteWriter(capacity: 256)
    /// Bytes of `reply` that were delivered.
    private var delivered = 0
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

    /// Forgets what was sent of the rest.
    func trimRest() { Self.trim(rest, &restSent) }

    func appendReply(_ bytes: ByteView) {
        isReplyUsed = true
        reply.append(bytes)
    }

    /// What a stream has received and not delivered.
    var undelivered: ByteView { isReplyUsed ? reply.view[delivered, reply.count] : .empty }

    /// Forgets the first `count` bytes of `undelivered`.
    func skip(_ count: Int) {
        delivered += count
        Self.trim(reply, &delivered)
    }

    /// Not at every message: moving a window's worth of small ones would take its square.
    private static func trim(_ buffer: ByteWriter, _ used: inout Int) {
        if used == buffer.count {
            buffer.removeAll(keepingAtMost: keptByStreams)
        } else if used > buffer.count - used {
            buffer.removeFirst(used)
        } else {
            return
        }
        used = 0
    }

    /// Makes the call a stream.
    func stream(_ replies: GRPCReplies, idleMilliseconds: Int64, now: Int64) {
        self.replies = replies
        streaming = GRPCStreamState()
        streaming.idleLimit = idleMilliseconds
        streaming.lastActivity = now
    }

    /// Keeps the end of a stream until its messages are delivered.
    func keepTrailers(_ fields: HeaderList, httpStatus: Int) {
        metadata.copy(fields)
        streaming.heldStatus = httpStatus
    }

    /// Makes every handle to the call stale and keeps its buffers.
    func leave() {
        generation &+= 1
        state = .free
        connection = nil
    }

    /// Makes the call free for another use; every handle to it becomes stale.
    func clear() {
        generation &+= 1
        state = .free
        owner = nil
        connection = nil
        stream = 0
        restSent = 0
        if replies != nil {
            replies = nil
            delivered = 0
        }
        headers = nil
        isGzip = false
        hasUnknownEncoding = false
        if isMessageUsed { message.removeAll(keepingAtMost: Self.keptBytes) }
        if isRestUsed { rest.removeAll(keepingAtMost: Self.keptBytes) }
        if isReplyUsed { reply.removeAll(keepingAtMost: Self.keptBytes) }
        isMessageUsed = false
        isRestUsed = false
        isReplyUsed = false
    }
}
