import Bytes
import GatewayCore
import HTTP1
import HTTP2
import NIOCore

/// The streams of a client's HTTP/2 connection: a session, the exchanges that run on it, and the limits of both.
///
/// Owned by its connection, which hands it bytes and sends what it says. What the streams of one turn answer goes out in one write.
final class ClientMultiplexer {
    /// What one client may have open and unread. Both windows bound memory: bytes are given back when an exchange takes them.
    static func sessionLimits(_ limits: DataPlaneLimits) -> HTTP2Limits {
        var bounds = HTTP2Limits()
        bounds.concurrentStreams = 256
        bounds.streamWindow = 256 << 10
        bounds.connectionWindow = 1 << 20
        bounds.headerListBytes = limits.head.headBytes
        return bounds
    }

    /// Streams that a connection without requests keeps for the next ones.
    private static let spareStreams = 4

    let worker: Worker
    /// It owns this.
    unowned(unsafe) let connection: ClientConnection
    let session: HTTP2Session
    /// Answers are read one head at a time, whatever stream they are for.
    let answerHead: ResponseHead
    let answerFields = HeaderList()
    /// An answer is an upstream's head and what the gateway adds.
    let answerLimits: HTTP1Limits

    private let limits: HTTP2Limits
    /// All there ever were at a time; those that are not in use wait for another.
    private var streams: [ClientStream] = []
    private var free: [Int] = []
    private var requests = 0
    private var output = SessionOutput()
    private let requestHead = ByteWriter(capacity: 1024)
    private var isFlushScheduled = false
    /// Which stream is first to use what the windows allow.
    private var firstWaiting = 0
    /// No more streams are taken: the connection ends with the last one.
    private var isEnding = false
    private var isOver = false
    /// When the last stream ended, or the connection began; in the loop's milliseconds.
    private var idleSince: Int64
    /// Since when the connection takes nothing, and since when a header block is not whole; 0 for not at all.
    private var blockedSince: Int64 = 0
    private var headSince: Int64 = 0

    /// A connection's streams; the session's first words wait to be flushed.
    init(_ connection: ClientConnection, worker: Worker) {
        self.worker = worker
        self.connection = connection
        limits = Self.sessionLimits(worker.limits)
        session = HTTP2Session(role: .server, limits: limits)
        var bounds = worker.limits.upstreamHead
        bounds.headBytes += 4 << 10
        bounds.fields += 32
        answerLimits = bounds
        answerHead = ResponseHead(capacity: bounds.fields)
        idleSince = worker.now
    }

    private var openStreams: Int { streams.count - free.count }

    // MARK: What the connection brings

    func receive(_ bytes: ByteBuffer) {
        guard !isOver else { return }
        bytes.withUnsafeReadableBytes { session.receive(ByteView($0)) }
        while !isOver, let event = session.nextEvent() { handle(event) }
        headSince = session.isInsideHeaderBlock ? (headSince == 0 ? worker.now : headSince) : 0
        flushAtEndOfTurn()
        if session.output.count > limits.outputBytes { connection.pauseReading() }
    }

    private func handle(_ event: HTTP2Event) {
        switch event {
        case .headers(let stream, let owner, let kind, let ends):
            if kind == .trailers { return trailers(owner) }
            open(stream, isComplete: ends)
        case .data(_, let owner, let bytes, let ends):
            let stream = streams[owner]
            stream.receive(bytes)
            if ends { stream.receiveEnd(trailers: .empty) }
        case .streamReset(_, let owner, _, _):
            if owner >= 0 { streams[owner].clientLeft() }
        case .windowAvailable(let stream, let owner):
            if stream == 0 { sendWaiting() } else if owner >= 0 { streams[owner].sendWaiting() }
        case .settingsReceived: sendWaiting()
        case .goAway: isEnding = true
        case .pingAcknowledged: break
        case .connectionFault: end()
        }
    }

    private func open(_ stream: UInt32, isComplete: Bool) {
        let fields = session.fields
        let isChunked = !isComplete && fields.first("content-length") == nil
        requestHead.removeAll()
        guard HTTP2RequestHead.write(fields, isChunked: isChunked, to: requestHead) else {
            return session.reset(stream, .protocolError)
        }
        requests += 1
        let slot = free.popLast() ?? addStream()
        session.setOwner(slot, of: stream)
        streams[slot].open(stream, head: requestHead.view, isComplete: isComplete, isChunked: isChunked)
    }

    private func addStream() -> Int {
        streams.append(ClientStream(self, slot: streams.count))
        return streams.count - 1
    }

    private func trailers(_ owner: Int) {
        requestHead.removeAll()
        HTTP2RequestHead.writeTrailers(session.fields, to: requestHead)
        streams[owner].receiveEnd(trailers: requestHead.view)
    }

    /// The client ends its direction: what it has asked for is answered, then the connection closes.
    func inputEnded() {
        for stream in streams where stream.isInUse && !stream.isRequestComplete { stream.clientLeft() }
        isEnding = true
        endIfDone()
    }

    /// The connection is gone.
    func connectionLost() {
        isOver = true
        for stream in streams where stream.isInUse { stream.clientLeft() }
    }

    // MARK: What goes out

    /// Everything said in this turn leaves in one write at its end.
    func flushAtEndOfTurn() {
        guard !isFlushScheduled, !isOver else { return }
        isFlushScheduled = true
        worker.flushAtEndOfTurn(connection)
    }

    func flush() {
        isFlushScheduled = false
        guard !isOver else { return }
        while connection.isWritable, session.output.count > 0 {
            connection.write(output.take(from: session))
            connection.flush()
            sendWaiting()
        }
        blockedSince = connection.isWritable ? 0 : (blockedSince == 0 ? worker.now : blockedSince)
        if session.output.count <= limits.outputBytes { connection.resumeReading() }
        endIfDone()
    }

    private func sendWaiting() {
        // Where it begins moves on, so that a stream with much to send does not starve those after it.
        firstWaiting = streams.isEmpty ? 0 : (firstWaiting + 1) % streams.count
        for offset in 0..<streams.count { streams[(firstWaiting + offset) % streams.count].sendWaiting() }
    }

    // MARK: Ending

    /// A stream is not in use any more.
    func left(_ stream: ClientStream) {
        free.append(stream.slot)
        idleSince = worker.now
    }

    private func endIfDone() { if isEnding, openStreams == 0, session.output.count == 0 { end() } }

    /// Says what is left to say and closes.
    private func end() {
        guard !isOver else { return }
        connectionLost()
        if session.output.count > 0 { connection.write(output.take(from: session)) }
        connection.closeAfterAnswer()
    }

    /// Lets the streams under way finish and takes no others.
    private func goAway(_ code: HTTP2ErrorCode = .noError) {
        guard !isEnding else { return }
        isEnding = true
        session.sendGoAway(code)
        flush()
    }

    /// Applies the time limits. Called about once a second.
    func tick(_ now: Int64) {
        session.replenishAllowances()
        let limits = worker.limits
        if worker.isDraining || requests >= limits.requestsPerConnection { goAway() }
        if openStreams == 0, now - idleSince > limits.idleTimeoutMilliseconds { goAway() }
        if !session.hasReceivedSettings, now - idleSince > limits.headTimeoutMilliseconds { return end() }
        if headSince > 0, now - headSince > limits.headTimeoutMilliseconds { return end() }
        if blockedSince > 0, now - blockedSince > limits.idleTimeoutMilliseconds { return connection.close() }
        for stream in streams where stream.isStalled(now, limit: limits.idleTimeoutMilliseconds) { stream.giveUp() }
        if openStreams == 0, streams.count > Self.spareStreams {
            streams.removeAll()
            free.removeAll()
        }
    }
}
