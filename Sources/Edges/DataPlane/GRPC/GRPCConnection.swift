import Bytes
import HTTP2
import NIOCore
import NIOTLS

/// One connection to one address of a service: a channel handler around an HTTP/2 session.
///
/// Confined to the loop of its channel, hence the unchecked conformance. A lost connection is not revived: its upstream
/// makes another.
final class GRPCConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum State {
        /// From the attempt to the peer's SETTINGS.
        case connecting
        /// Takes calls.
        case ready
        /// Finishes its calls and takes no new ones.
        case draining
        case closed
    }

    let endpoint: Int
    let session: HTTP2Session
    let needsNegotiation: Bool
    private(set) var state = State.connecting
    /// When the attempt began, when the connection became ready, and when bytes last arrived; the upstream's clock.
    var startedAt: Int64
    var readyAt: Int64 = 0
    var lastInbound: Int64
    /// When an unanswered keep-alive PING was sent, or 0.
    var pingedAt: Int64 = 0
    /// Writes handed to the channel so far.
    private(set) var flushes = 0
    /// Calls whose request the windows hold up.
    var blocked: [Int] = []
    /// Open stream calls, and those among them without a deadline.
    var streamCalls = 0
    var endlessCalls = 0

    private var upstream: GRPCUpstream?
    private var context: ChannelHandlerContext?
    private var isActive = false
    private var isWritable = true
    private var output = SessionOutput()

    init(upstream: GRPCUpstream, endpoint: Int, needsNegotiation: Bool, now: Int64) {
        self.upstream = upstream
        self.endpoint = endpoint
        self.needsNegotiation = needsNegotiation
        session = HTTP2Session(role: .client, limits: upstream.limits.http2)
        startedAt = now
        lastInbound = now
    }

    /// Whether a call can be put on it now.
    var hasRoom: Bool { state == .ready && isWritable && session.canOpenStream }

    /// Whether a call without a deadline can be put on it: half of its streams are left to others, which must not wait for the
    /// end of somebody's subscription.
    var hasRoomForEndlessCall: Bool { endlessCalls < max(1, session.streamLimit / 2) }

    func becomeReady(now: Int64) {
        state = .ready
        readyAt = now
    }

    func becomeDraining() { if state != .closed { state = .draining } }

    func reset(_ stream: UInt32, _ code: HTTP2ErrorCode) { session.reset(stream, code) }

    /// Hands everything that was said to the channel in one write, and goes on with requests that were held up by it.
    func flush() {
        guard let context, isActive, isWritable, session.output.count > 0 else { return }
        write(context)
        if !blocked.isEmpty, isWritable { upstream?.sendHeld(self) }
        if session.output.count > 0, isWritable { write(context) }
    }

    private func write(_ context: ChannelHandlerContext) {
        flushes &+= 1
        context.writeAndFlush(wrapOutboundOut(output.take(from: session)), promise: nil)
    }

    /// Says what is left to say and closes; the upstream is told through `connectionLost`.
    func close() {
        guard state != .closed else { return }
        if let context {
            if isActive && session.output.count > 0 { write(context) }
            context.close(promise: nil)
        }
        lose()
    }

    private func lose() {
        guard state != .closed else { return }
        state = .closed
        let upstream = upstream
        self.upstream = nil
        upstream?.connectionLost(self)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if state == .closed { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        lose()
    }

    func channelActive(context: ChannelHandlerContext) {
        isActive = true
        flush()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let upstream, state != .closed else { return }
        let bytes = unwrapInboundIn(data)
        bytes.withUnsafeReadableBytes { session.receive(ByteView($0)) }
        upstream.received(self)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        upstream?.flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable, let upstream {
            upstream.sendHeld(self)
            upstream.flush()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if needsNegotiation, case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent, negotiated != "h2" { close() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isActive = false
        lose()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }
}
