import Bytes
import GatewayCore
import HTTP1
import HTTP2
import HTTPSemantics
import NIOCore

/// One request of a client's HTTP/2 connection: gives the exchange the request as HTTP/1.1 bytes and sends what it answers as frames.
///
/// Reused for later streams of the same connection. `ClientStream+Answer` holds the direction to the client.
final class ClientStream: BufferedClient {
    /// Bytes of an answer that wait for the client's window; beyond them the upstream rests.
    static let maximumUnsentBytes = 64 << 10
    /// Memory that a stream out of use keeps in each direction.
    private static let keptBytes = 4 << 10

    /// Where the answer is, as the exchange writes it.
    enum AnswerProgress {
        /// The next bytes are a head.
        case head
        case length(UInt64)
        case chunked
        /// Until the exchange says that it is over.
        case untilEnd
        /// All of it was taken; what of it waits in `unsent` is still to be sent.
        case complete
    }

    unowned(unsafe) let multiplexer: ClientMultiplexer
    /// The multiplexer's number for it.
    let slot: Int
    /// The stream's identifier; 0 while it is not in use.
    private(set) var stream: UInt32 = 0
    /// Bytes of the window that the exchange has not taken yet.
    private var owed = 0
    private var isChunked = false
    /// Whether the client has said all of the request.
    private(set) var isRequestComplete = false

    var method = RequestMethod.other
    var answer = AnswerProgress.head
    var chunks = ChunkedDecoder()
    let trailers = ByteWriter(capacity: 64)
    /// Bytes of a head that is not whole yet.
    let pendingHead = ByteWriter(capacity: 64)
    /// Body bytes that the windows hold up.
    let unsent = ByteWriter(capacity: 64)
    /// Whether the exchange is done with the client.
    private var isOver = false
    /// When the client last took something, in the loop's milliseconds.
    var lastProgress: Int64 = 0

    init(_ multiplexer: ClientMultiplexer, slot: Int) {
        self.multiplexer = multiplexer
        self.slot = slot
        super.init(peer: multiplexer.connection.peer, isSecure: multiplexer.connection.isSecure)
    }

    var isInUse: Bool { stream != 0 }

    // MARK: The request

    /// Starts the request whose head `bytes` is.
    func open(_ stream: UInt32, head bytes: ByteView, isComplete: Bool, isChunked: Bool) {
        let worker = multiplexer.worker
        self.stream = stream
        self.isChunked = isChunked
        isRequestComplete = isComplete
        isWritable = true
        lastProgress = worker.now
        let exchange = worker.borrowExchange()
        switch exchange.parseHead(bytes) {
        case .complete:
            self.exchange = exchange
            method = exchange.request.head.method
            exchange.begin(for: self)
        case .incomplete: refuse(.headTooLarge, exchange)
        case .invalid(let fault): refuse(fault, exchange)
        }
    }

    private func refuse(_ fault: HTTP1Fault, _ exchange: Exchange) {
        let worker = multiplexer.worker
        worker.returnExchange(exchange)
        worker.respond(to: .fault(fault), on: self)
    }

    /// Takes bytes of the body.
    func receive(_ bytes: ByteView) {
        guard exchange != nil else { return multiplexer.session.consumed(stream, bytes.count) }
        owed += bytes.count
        let framed = multiplexer.worker.scratch
        framed.removeAll()
        if isChunked { HeadWriter.appendChunk(bytes, to: framed) } else { framed.append(bytes) }
        buffer(framed.view)
        drive()
    }

    /// The body is over; `trailers` are lines in HTTP/1.1.
    func receiveEnd(trailers: ByteView) {
        isRequestComplete = true
        guard exchange != nil else { return }
        if isChunked {
            let framed = multiplexer.worker.scratch
            framed.removeAll()
            HeadWriter.appendLastChunk(trailers: trailers, to: framed)
            buffer(framed.view)
        }
        drive()
    }

    private func buffer(_ bytes: ByteView) {
        inbound.discardReadBytes()
        bytes.withUnsafeBytes { _ = inbound.writeBytes($0) }
    }

    /// A window that the exchange does not empty stops the client.
    override func inboundTaken() { returnWindow() }

    private func returnWindow() {
        guard owed > 0 else { return }
        multiplexer.session.consumed(stream, owed)
        owed = 0
        multiplexer.flushAtEndOfTurn()
    }

    /// The client reset the stream, or its connection is gone.
    func clientLeft() {
        let running = exchange.take()
        running?.clientLeft()
        leave()
    }

    // MARK: What the exchange says

    override func write(_ bytes: ByteBuffer) {
        guard isInUse else { return }
        bytes.withUnsafeReadableBytes { translate(ByteView($0)) }
        updateWritability()
        multiplexer.flushAtEndOfTurn()
    }

    override func letGo() {
        exchange = nil
        dropInbound()
        returnWindow()
    }

    override func exchangeDone() { closeAfterAnswer() }

    override func closeAfterAnswer() {
        isOver = true
        if case .untilEnd = answer { endAnswer() }
        guard case .complete = answer else { return abort() }
        leaveIfSent()
    }

    override func abort() {
        exchange = nil
        multiplexer.session.reset(stream, .internalError)
        leave()
    }

    override func flush() { multiplexer.flushAtEndOfTurn() }

    /// Whether the client has taken nothing for too long of what waits for it.
    func isStalled(_ now: Int64, limit: Int64) -> Bool { isInUse && unsent.count > 0 && now - lastProgress > limit }

    /// Ends a stream that is stalled.
    func giveUp() { if let exchange { exchange.abort() } else { abort() } }

    /// Gives the stream up once the client has all of the answer.
    func leaveIfSent() {
        guard isOver, unsent.count == 0 else { return }
        // An answer that needed no more of the request: the client may stop sending it (RFC 9113 section 8.1).
        multiplexer.session.reset(stream, .noError)
        leave()
    }

    private func leave() {
        guard isInUse else { return }
        returnWindow()
        multiplexer.flushAtEndOfTurn()
        stream = 0
        dropInbound()
        isOver = false
        answer = .head
        pendingHead.removeAll()
        unsent.removeAll(keepingAtMost: Self.keptBytes)
        multiplexer.left(self)
    }

    private func dropInbound() {
        if inbound.capacity > Self.keptBytes { inbound = ByteBuffer() } else { inbound.clear() }
    }
}
