import NIOCore

/// One HTTP/1.1 connection to an upstream, bound to a raw byte channel.
///
/// Confined to its event loop, which is what makes the unchecked conformance sound. It knows nothing of HTTP: it hands bytes and
/// endings to the exchange it serves, and tells its pool when it is free or gone.
final class UpstreamConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Kept alive by its connections: a reload lets go of pools whose last requests are still running.
    let pool: HTTPUpstream
    /// Index of the pool's endpoint this connection leads to.
    let endpoint: Int
    /// The request in flight, nil while idle.
    var exchange: Exchange?
    /// Whether an earlier exchange already used this connection, so that its sudden end may be a stale keep-alive.
    var isReused = false
    /// When it became idle, in the loop's milliseconds.
    var idleSince: Int64 = 0
    private(set) var context: ChannelHandlerContext?
    private var isReadingPaused = false
    /// Whether bytes were written and not flushed yet.
    private var hasUnflushedBytes = false
    private let isSecure: Bool
    /// Nil with TLS.
    private var socket: DirectSocket?

    init(pool: HTTPUpstream, endpoint: Int, isSecure: Bool) {
        self.pool = pool
        self.endpoint = endpoint
        self.isSecure = isSecure
    }

    /// Kept from the channel's events: asking the channel costs a dozen counted references at each look.
    private(set) var isWritable = true
    private var isClosed = false
    var isUsable: Bool { !isClosed && context != nil }

    func write(_ bytes: ByteBuffer) {
        hasUnflushedBytes = true
        socket?.fellBehind()
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    /// Writes what ends this turn on the connection.
    func writeAndFlush(_ bytes: ByteBuffer) {
        var rest = bytes
        if !hasUnflushedBytes {
            socket?.write(&rest, on: context?.channel)
            if rest.readableBytes == 0 { return }
        }
        hasUnflushedBytes = false
        socket?.fellBehind()
        context?.writeAndFlush(wrapOutboundOut(rest), promise: nil)
    }

    func flush() {
        guard hasUnflushedBytes else { return }
        hasUnflushedBytes = false
        context?.flush()
    }

    func close() {
        isClosed = true
        context?.close(promise: nil)
    }

    /// Ends our direction only (tunnels).
    func closeOutput() { context?.close(mode: .output, promise: nil) }

    func pauseReading() {
        guard !isReadingPaused else { return }
        isReadingPaused = true
        try? context?.channel.syncOptions?.setOption(.autoRead, value: false)
    }

    func resumeReading() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        try? context?.channel.syncOptions?.setOption(.autoRead, value: true)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        if !isSecure { socket = DirectSocket(context.channel) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let exchange else {
            // An idle upstream has nothing to say; whatever this is, it would be taken for the next answer.
            context.close(promise: nil)
            return
        }
        pool.worker.beginTurn()
        exchange.upstreamRead(unwrapInboundIn(data), from: self)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        exchange?.upstreamReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable { exchange?.upstreamBecameWritable() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let channelEvent = event as? ChannelEvent, channelEvent == .inputClosed else { return }
        ended(context, isHalf: true)
    }

    func channelInactive(context: ChannelHandlerContext) {
        socket = nil
        ended(context, isHalf: false)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func ended(_ context: ChannelHandlerContext, isHalf: Bool) {
        isClosed = true
        pool.worker.beginTurn()
        if let exchange {
            exchange.upstreamEnded(self, isHalf: isHalf)
        } else if isHalf {
            context.close(promise: nil)
        }
        if !isHalf { pool.connectionClosed(self) }
    }
}
