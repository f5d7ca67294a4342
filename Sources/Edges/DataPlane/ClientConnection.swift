import Bytes
import GatewayCore
import HTTP1
import NIOCore
import NIOTLS

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One client's connection, bound to a raw byte channel: HTTP/1.1, or HTTP/2 from its first bytes on (`ClientConnection+HTTP2`).
///
/// Confined to its event loop, which is what makes the unchecked conformance sound. It splits the stream of bytes into requests, one
/// exchange at a time (pipelined requests wait in `inbound`), and closes without losing an answer. An idle connection
/// holds no exchange and no parsing memory.
final class ClientConnection: ExchangeClient, ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Pipelined bytes kept while an exchange is running; beyond it the socket is not read.
    static let maximumPipelinedBytes = 64 * 1024
    /// How long the rest of a refused request is read and dropped, so that the answer is not lost to a reset.
    static let lingerMilliseconds: Int64 = 2000

    enum Phase {
        /// Between requests, nothing of the next one received.
        case idle
        /// Part of a request head received.
        case head
        /// An exchange is running.
        case exchange
        /// Bytes pass through both ways.
        case tunnel
        /// HTTP/2: the multiplexer has the bytes.
        case multiplexed
        /// The last answer is written; what still arrives is dropped.
        case lingering
        case closed
    }

    let worker: Worker
    private(set) var phase = Phase.idle
    /// When `phase` began, in the loop's milliseconds.
    private(set) var since: Int64
    /// Position in the worker's list of connections.
    var position = 0
    private(set) var exchange: Exchange?
    /// The streams of an HTTP/2 connection.
    var multiplexer: ClientMultiplexer?
    private var context: ChannelHandlerContext?
    var inbound: ByteBuffer?
    private var scanner = HeadEndScanner()
    private var requests = 0
    /// Whether TLS said which version is spoken; without TLS the first bytes do.
    var isNegotiated = false
    private var isDriving = false
    private var isReadingPaused = false
    /// The last bytes written in this turn: nearly always the only ones, which then pass the channel's handlers once.
    private var unsent: ByteBuffer?
    /// Whether the channel holds bytes that were not flushed.
    private var hasUnflushedBytes = false
    /// Nil with TLS.
    private var socket: DirectSocket?
    /// The client ended its direction: the running exchange is finished, then the connection closes.
    private var isInputClosed = false

    init(worker: Worker, peer: ClientAddress, isSecure: Bool) {
        self.worker = worker
        self.since = worker.now
        super.init(peer: peer, isSecure: isSecure)
    }

    override var mustCloseNext: Bool { worker.isDraining || requests >= worker.limits.requestsPerConnection }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        worker.beginTurn()
        since = worker.now
        if !isSecure { socket = DirectSocket(context.channel) }
        guard worker.add(self) else {
            worker.respondOverloaded(self)
            return
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        worker.beginTurn()
        var bytes = unwrapInboundIn(data)
        switch phase {
        case .closed:
            return
        case .lingering:
            return
        case .tunnel:
            exchange?.tunnelFromClient(bytes)
            return
        case .multiplexed:
            multiplexer?.receive(bytes)
            return
        case .idle, .head, .exchange:
            if inbound == nil { inbound = bytes } else { inbound?.writeBuffer(&bytes) }
        }
        drive()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        exchange?.clientReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        guard isWritable else { return }
        exchange?.clientBecameWritable()
        multiplexer?.flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent { return negotiate(negotiated) }
        guard let channelEvent = event as? ChannelEvent, channelEvent == .inputClosed else { return }
        worker.beginTurn()
        isInputClosed = true
        if case .tunnel = phase { exchange?.tunnelClientEnded() } else { settleEndOfInput() }
    }

    /// What the end of the client's direction means: pipelined requests and what is left of a body in `inbound` still count,
    /// and whatever was answered is delivered before the connection goes.
    private func settleEndOfInput() {
        switch phase {
        case .exchange:
            guard inbound == nil, let running = exchange, !running.isRequestComplete else { return }
            exchange = nil
            running.clientLeft()
            close()
        case .idle, .head:
            inbound = nil
            enter(.lingering)
            closeOutputWhenWritten()
        case .lingering: if !hasPendingWrites { close() }
        case .multiplexed: multiplexer?.inputEnded()
        case .tunnel, .closed: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        worker.beginTurn()
        enter(.closed)
        worker.remove(self)
        inbound = nil
        unsent = nil
        socket = nil
        dropExchange()
        multiplexer?.connectionLost()
    }

    private func dropExchange() {
        let running = exchange
        exchange = nil
        running?.clientLeft()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: Splitting the stream

    /// Consumes as much of `inbound` as the current state can take.
    override func drive() {
        guard !isDriving else { return }
        isDriving = true
        while inbound != nil {
            if requests == 0, becomesMultiplexed() { break }
            if let exchange {
                guard feed(exchange) else { break }
            } else {
                guard phase == .idle || phase == .head, takeHead() else { break }
            }
        }
        isDriving = false
        if isInputClosed { settleEndOfInput() } else { updateReading() }
    }

    /// Hands the exchange what it can take of its body. The bytes are ours alone meanwhile: the exchange may end in the middle of it and
    /// call back.
    private func feed(_ exchange: Exchange) -> Bool {
        guard var bytes = inbound else { return false }
        inbound = nil
        let hasTaken = exchange.receiveBody(&bytes)
        if bytes.readableBytes > 0, phase == .exchange || phase == .idle { inbound = bytes }
        return hasTaken
    }

    /// Parses one head; false when more bytes are needed or the connection is over.
    private func takeHead() -> Bool {
        guard var bytes = inbound else { return false }
        if phase == .idle { enter(.head) }
        let exchange = worker.borrowExchange()
        let outcome = bytes.withUnsafeReadableBytes { raw -> HeadOutcome in
            let view = ByteView(raw)
            guard scanner.shouldParse(view, limits: worker.limits.head) else { return .incomplete }
            return exchange.parseHead(view)
        }
        switch outcome {
        case .incomplete:
            worker.returnExchange(exchange)
            return false
        case .invalid(let fault):
            worker.returnExchange(exchange)
            refuse(.fault(fault))
            return false
        case .complete(let headBytes):
            scanner = HeadEndScanner()
            inbound = nil
            bytes.moveReaderIndex(forwardBy: headBytes)
            if bytes.readableBytes > 0 { inbound = bytes }
            requests += 1
            enter(.exchange)
            self.exchange = exchange
            exchange.begin(for: self)
            return true
        }
    }

    private func refuse(_ refusal: HeadRefusal) {
        inbound = nil
        worker.respond(to: refusal, on: self)
    }

    // MARK: What the exchange asks for

    override func write(_ bytes: ByteBuffer) {
        if let earlier = unsent.take() {
            hasUnflushedBytes = true
            socket?.fellBehind()
            context?.write(wrapOutboundOut(earlier), promise: nil)
        }
        unsent = bytes
    }

    override func flush() {
        if var last = unsent.take() {
            if !hasUnflushedBytes {
                socket?.write(&last, on: context?.channel)
                if last.readableBytes == 0 { return }
            }
            hasUnflushedBytes = false
            socket?.fellBehind()
            context?.writeAndFlush(wrapOutboundOut(last), promise: nil)
        } else if hasUnflushedBytes {
            hasUnflushedBytes = false
            context?.flush()
        }
    }

    override func letGo() { exchange = nil }

    override func exchangeDone() {
        guard phase == .exchange else { return }
        enter(.idle)
        // While bytes are being fed, what is left of them is not in `inbound`; `drive` goes on by itself.
        guard !isDriving else { return }
        drive()
    }

    override func closeAfterAnswer() {
        inbound = nil
        guard phase != .closed else { return }
        flush()
        enter(.lingering)
        resumeReading()
        closeOutputWhenWritten()
    }

    private var hasPendingWrites: Bool {
        ((try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0) > 0
    }

    /// Ends our direction, and the connection if the client ended its own, once the client took everything: closing earlier
    /// would cut the answer of a client that reads slowly.
    private func closeOutputWhenWritten() {
        guard let context, hasPendingWrites else { return outputWritten() }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.outputWritten() }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
    }

    private func outputWritten() {
        guard phase == .lingering else { return }
        worker.beginTurn()
        since = worker.now
        if isInputClosed { close() } else { closeOutput() }
    }

    override func abort() {
        inbound = nil
        unsent = nil
        guard let context, phase != .closed else { return }
        // A reset, not a FIN: an answer delimited by the end of the connection would look complete otherwise.
        _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        context.close(promise: nil)
    }

    func close() { context?.close(promise: nil) }

    override func closeOutput() { context?.close(mode: .output, promise: nil) }

    override func becomeTunnel() {
        enter(.tunnel)
        resumeReading()
        if let bytes = inbound {
            inbound = nil
            exchange?.tunnelFromClient(bytes)
        }
    }

    override func pauseReading() {
        guard !isReadingPaused else { return }
        isReadingPaused = true
        try? context?.channel.syncOptions?.setOption(.autoRead, value: false)
    }

    override func resumeReading() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        try? context?.channel.syncOptions?.setOption(.autoRead, value: true)
    }

    /// Stops reading while nobody can take what was already received.
    private func updateReading() {
        guard phase == .exchange || phase == .idle || phase == .head else { return }
        if let waiting = inbound?.readableBytes, phase == .exchange,
            waiting > Self.maximumPipelinedBytes || exchange?.refusesBody == true
        {
            pauseReading()
        } else {
            resumeReading()
        }
    }

    /// Applies the time limits of the current phase. Called about once a second.
    func tick(_ now: Int64) {
        let age = now - since
        switch phase {
        case .idle where age > worker.limits.idleTimeoutMilliseconds || worker.isDraining: close()
        case .head where age > worker.limits.headTimeoutMilliseconds: refuse(.headTimeout)
        case .lingering where age > (hasPendingWrites ? worker.limits.idleTimeoutMilliseconds : Self.lingerMilliseconds): close()
        case .multiplexed: multiplexer?.tick(now)
        default: break
        }
    }

    func enter(_ next: Phase) {
        phase = next
        since = worker.now
    }
}
