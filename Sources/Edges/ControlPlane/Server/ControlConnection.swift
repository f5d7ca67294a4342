import Bytes
import HTTP2
import NIOCore
import Transcoding

/// One client's connection: an HTTP/2 session with prior knowledge over a byte channel, and the streams on it.
///
/// Confined to its event loop, which is what makes the unchecked conformance sound. What its streams say in one turn goes out in one
/// write.
final class ControlConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Streams that a connection without calls keeps for the next ones.
    private static let spareStreams = 16
    /// A buffer that grew beyond this is not kept.
    private static let keptBytes = 64 << 10

    let loop: ControlLoop
    let session: HTTP2Session
    /// Address and port, for logs.
    let peer: String
    /// Position in the loop's list of connections.
    var position = 0
    /// Bytes of messages that have begun and not come to their end.
    var partialBytes = 0

    private var context: ChannelHandlerContext?
    private var streams: [ServerStream] = []
    private var free: [Int] = []
    private var buffer = ByteBuffer()
    private var isWritable = true
    private var isReading = false
    private var isFlushScheduled = false
    private var isReadingPaused = false
    /// Which stream is first to use what the windows allow.
    private var firstWaiting = 0
    /// No more streams are taken: the connection ends with the last one.
    private(set) var isEnding = false
    private var isOver = false
    /// When the last stream ended, or the connection began; when the client last said anything; in the loop's milliseconds.
    private var idleSince: Int64
    private var heardAt: Int64
    /// When a sign of life was asked for; 0 for not at all.
    private var askedAt: Int64 = 0
    /// Since when the connection takes nothing, and since when a header block is not whole; 0 for not at all.
    private var blockedSince: Int64 = 0
    private var headSince: Int64 = 0

    init(loop: ControlLoop, peer: String) {
        self.loop = loop
        self.peer = peer
        session = HTTP2Session(role: .server, limits: loop.limits.session)
        idleSince = loop.now
        heardAt = loop.now
    }

    var openStreams: Int { streams.count - free.count }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        loop.beginTurn()
        guard loop.add(self) else { return context.close(promise: nil) }
        flush()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        loop.beginTurn()
        guard !isOver else { return }
        isReading = true
        heardAt = loop.now
        unwrapInboundIn(data).withUnsafeReadableBytes { session.receive(ByteView($0)) }
        while !isOver, let event = session.nextEvent() { handle(event) }
        headSince = session.isInsideHeaderBlock ? (headSince == 0 ? loop.now : headSince) : 0
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        guard isWritable else { return }
        loop.beginTurn()
        flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let channelEvent = event as? ChannelEvent, channelEvent == .inputClosed else { return }
        loop.beginTurn()
        // No client of gRPC ends its direction and waits for answers.
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        loop.beginTurn()
        dropStreams()
        loop.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: What the client says

    private func handle(_ event: HTTP2Event) {
        switch event {
        case .headers(let stream, let owner, let kind, let ends):
            // A request has no trailers in gRPC; they end its messages all the same.
            if kind == .trailers { return receive(stream, owner, .empty, ends: true) }
            open(stream, endsInput: ends)
        case .data(let stream, let owner, let bytes, let ends): receive(stream, owner, bytes, ends: ends)
        case .streamReset(_, let owner, _, _):
            if owner >= 0, owner < streams.count { streams[owner].clientLeft() }
        case .windowAvailable(let stream, let owner):
            if stream == 0 { sendWaiting() } else if owner >= 0, owner < streams.count { streams[owner].sendWaiting() }
        case .settingsReceived: sendWaiting()
        case .goAway: isEnding = true
        case .pingAcknowledged: askedAt = 0
        case .connectionFault: end()
        }
    }

    private func open(_ stream: UInt32, endsInput: Bool) {
        let slot = free.popLast() ?? addStream()
        session.setOwner(slot, of: stream)
        streams[slot].open(stream, on: self, session.fields, endsInput: endsInput)
    }

    private func addStream() -> Int {
        streams.append(ServerStream(slot: streams.count))
        return streams.count - 1
    }

    private func receive(_ stream: UInt32, _ owner: Int, _ bytes: ByteView, ends: Bool) {
        guard owner >= 0, owner < streams.count, streams[owner].id == stream else {
            return session.consumed(stream, bytes.count)
        }
        streams[owner].receive(bytes, ends: ends)
    }

    // MARK: What goes out

    /// Everything said in this turn leaves in one write at its end.
    func flushAtEndOfTurn() {
        guard !isReading, !isFlushScheduled, !isOver else { return }
        isFlushScheduled = true
        loop.flushAtEndOfTurn(self)
    }

    func flush() {
        isFlushScheduled = false
        guard !isOver else { return }
        while isWritable, session.output.count > 0 {
            write()
            sendWaiting()
        }
        blockedSince = isWritable ? 0 : (blockedSince == 0 ? loop.now : blockedSince)
        setReading(paused: session.output.count > loop.limits.session.outputBytes)
        if isEnding, openStreams == 0, session.output.count == 0 { end() }
    }

    private func write() {
        guard let context else { return session.output.removeAll() }
        let bytes = session.output.view
        buffer.clear()
        bytes.withUnsafeBytes { _ = buffer.writeBytes($0) }
        session.output.removeAll(keepingAtMost: Self.keptBytes)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        if buffer.capacity > Self.keptBytes { buffer = ByteBuffer() }
    }

    private func sendWaiting() {
        guard !streams.isEmpty else { return }
        // Where it begins moves on, so that a stream with much to send does not starve those after it.
        firstWaiting = (firstWaiting + 1) % streams.count
        for offset in 0..<streams.count { streams[(firstWaiting + offset) % streams.count].sendWaiting() }
    }

    private func setReading(paused: Bool) {
        guard isReadingPaused != paused else { return }
        isReadingPaused = paused
        try? context?.channel.syncOptions?.setOption(.autoRead, value: !paused)
    }

    // MARK: Ending

    /// A stream is not in use any more.
    func left(_ stream: ServerStream, isReusable: Bool) {
        if !isReusable { streams[stream.slot] = ServerStream(slot: stream.slot) }
        free.append(stream.slot)
        idleSince = loop.now
    }

    private func dropStreams() {
        isOver = true
        for index in streams.indices where streams[index].isInUse { streams[index].clientLeft() }
    }

    /// Says what is left to say and closes.
    private func end() {
        guard !isOver else { return }
        dropStreams()
        if session.output.count > 0 { write() }
        context?.close(promise: nil)
    }

    /// Takes no new streams; calls finish, and streams without an end of their own are ended.
    func drain() {
        guard !isOver else { return }
        if !isEnding {
            isEnding = true
            session.sendGoAway()
        }
        for index in streams.indices where streams[index].isInUse && !streams[index].isUnary {
            streams[index].end(GRPCServerStatus(.unavailable, "the server is shutting down"))
        }
        flush()
    }

    /// Ends whatever is left.
    func abort() {
        dropStreams()
        context?.close(promise: nil)
    }

    /// Ends calls whose time is over; some twenty times a second.
    func tick(_ now: Int64) {
        guard openStreams > 0 else { return }
        for index in streams.indices where streams[index].deadline != 0 && now >= streams[index].deadline {
            streams[index].fail(GRPCServerStatus(.deadlineExceeded))
        }
    }

    /// Applies the other time limits; about once a second.
    func slowTick(_ now: Int64) {
        guard !isOver else { return }
        session.replenishAllowances()
        let limits = loop.limits
        if !session.hasReceivedSettings, now - idleSince > limits.headMilliseconds { return end() }
        if headSince > 0, now - headSince > limits.headMilliseconds { return end() }
        if blockedSince > 0, now - blockedSince > limits.stalledMilliseconds { return abort() }
        for index in streams.indices where streams[index].isStalled(now) {
            streams[index].fail(GRPCServerStatus(.unavailable, "the client takes nothing"))
        }
        if openStreams == 0 { return settleIdle(now) }
        if askedAt > 0 {
            if now - askedAt > limits.keepAliveTimeoutMilliseconds { abort() }
        } else if now - heardAt > limits.keepAliveMilliseconds {
            askedAt = now
            session.sendPing(UInt64(bitPattern: now))
            flush()
        }
    }

    private func settleIdle(_ now: Int64) {
        askedAt = 0
        if streams.count > Self.spareStreams {
            streams.removeAll()
            free.removeAll()
        }
        if now - idleSince > loop.limits.idleMilliseconds { drain() }
    }
}
