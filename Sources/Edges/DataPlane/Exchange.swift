import Bytes
import CircuitBreaking
import GatewayCore
import HTTP1
import HTTP2
import HTTPSemantics
import NIOCore
import ProblemDetails
import RateLimiting

/// One request and its answer, from the parsed head to the last byte written.
///
/// Exchanges are pooled by their loop and reused, so that a request allocates nothing. `generation` moves on whenever one is
/// returned; whoever keeps an exchange for a later callback keeps the generation beside it.
///
/// The work is split by direction: `Exchange+Request` takes the client's body in, `Exchange+HTTP` and `Exchange+GRPC` speak to the
/// upstream, `Exchange+Response` writes to the client, `Exchange+Tunnel` passes bytes of an upgraded connection.
final class Exchange: GRPCCallOwner, Waiting {
    /// Request bodies up to this size are collected before they are forwarded: head and body leave in one write, and a stale
    /// pooled connection can be replaced without the client noticing.
    static let smallBodyBytes = 16 * 1024

    /// What happens to the request body's bytes.
    enum BodyMode {
        /// Not decided yet: bytes stay where they are.
        case undecided
        /// Collected in `body`.
        case collect
        /// Passed to the upstream as they come.
        case stream
        /// Kept in `body` until a message is whole, which then goes to the service.
        case messages
        /// Dropped: the answer does not depend on them.
        case discard
    }

    /// How much of the request body is still to come.
    enum BodyProgress {
        case complete
        case length(UInt64)
        case chunked
    }

    /// Where the answer is.
    enum ResponseProgress {
        case none
        /// Body bytes left of a declared length.
        case length(UInt64)
        case chunked
        /// Ends with the upstream's connection.
        case untilClose
        case tunnel
        case complete
    }

    /// The loop's worker. Counted, because only of a constant does the compiler know that it lives as long as its owner: an
    /// `unowned(unsafe)` one is counted at each use.
    let worker: Worker
    let request: RequestContext
    let responseHead: ResponseHead
    /// Collected request body.
    let body = ByteWriter(capacity: 1024)
    /// Translated response body (gRPC).
    let responseBody = ByteWriter(capacity: 1024)
    /// Media type of an answer that is the service's own bytes.
    let rawType = ByteWriter(capacity: 64)
    var generation: UInt32 = 0
    /// Position in the worker's list of running exchanges.
    var position = 0

    unowned(unsafe) var client: ExchangeClient?
    var upstream: UpstreamConnection?
    var httpUpstream: HTTPUpstream?
    var grpcUpstream: GRPCUpstream?
    var grpcCall: GRPCCallHandle?
    /// Guards the calls of the service this request goes to.
    var callGuard: CallGuard?
    /// The breakers' leave for the call under way, until its end is reported.
    var ticket: CallTicket?
    /// The number of the attempt under way; 0 before the first.
    var attempt = 0
    /// When all attempts together must be over.
    var callDeadline = CallDeadline(now: 0, client: nil)
    /// When the next attempt begins, in the loop's milliseconds; 0 while none is waited for.
    var retryAt: Int64 = 0
    /// When the request's head was read, in the loop's milliseconds.
    var startedAt: Int64 = 0
    /// When the call was started, in the loop's milliseconds.
    var callStart: Int64 = 0
    /// The status of the answer that the call's message makes.
    var answerStatus = 200
    /// Whether the call's message was received.
    var hasMessage = false

    /// The answer to a server-streaming call.
    var stream: StreamAnswer?
    /// The request of a client-streaming call.
    var messages: MessageStream?
    /// The list of requests this one brought.
    var batch: BatchRun?

    var bodyMode = BodyMode.undecided
    var bodyProgress = BodyProgress.complete
    var chunks = ChunkedDecoder()
    /// Trailers of a chunked request body, kept until its end is passed on.
    let requestTrailers = ByteWriter(capacity: 64)
    var bodyBytesReceived: UInt64 = 0
    var maximumBodyBytes: UInt64 = 0

    var responseProgress = ResponseProgress.none
    var responseChunks = ChunkedDecoder()
    let responseTrailers = ByteWriter(capacity: 64)
    /// Bytes of an upstream's response head that is not complete yet.
    var pendingResponse: ByteBuffer?
    /// What becomes of the answer's body.
    var answerHandling = AnswerHandling.pass
    /// The head of an answer that is held back.
    var heldHead: ByteBuffer?
    /// Whether any part of the final answer was handed to the client's connection.
    var isAnswerStarted = false
    var isAnswerChunked = false
    var isUpstreamReusable = false
    var mustCloseClient = false
    var hasReplayed = false
    /// When the upstream's answer must have begun, or the next byte must have come, in the loop's milliseconds; 0 for never.
    var deadline: Int64 = 0
    /// Start of the window in which the rate of the request body is measured, and what had come by then.
    var bodyWindowStart: Int64 = 0
    var bodyWindowBytes: UInt64 = 0
    var status = 0

    init(worker: Worker) {
        self.worker = worker
        self.request = RequestContext(limits: worker.limits.head)
        self.responseHead = ResponseHead(capacity: worker.limits.upstreamHead.fields)
        super.init()
    }

    var isRequestComplete: Bool {
        if case .complete = bodyProgress { true } else { false }
    }

    /// Whether body bytes cannot be taken right now, so that the client's socket should rest.
    var refusesBody: Bool { !isRequestComplete && (bodyMode == .undecided || holdsMessages) }

    func parseHead(_ bytes: ByteView) -> HeadOutcome { request.parse(bytes, limits: worker.limits.head) }

    // MARK: Life

    /// Starts the exchange; its head was parsed and copied.
    func begin(for client: ExchangeClient) {
        self.client = client
        worker.started(self)
        mustCloseClient = client.mustCloseNext || !request.head.keepAlive
        switch request.head.framing {
        case .none, .untilClose: bodyProgress = .complete
        case .length(let length): bodyProgress = length == 0 ? .complete : .length(length)
        case .chunked:
            bodyProgress = .chunked
            chunks = ChunkedDecoder()
            requestTrailers.removeAll()
        }
        startedAt = worker.now
        request.begin(peer: client.peer, isSecure: client.isSecure)
        advance()
    }

    /// Runs the admission stages from where they stopped.
    func advance() {
        switch worker.admit(request) {
        case .proceed: dispatch()
        case .reject: respondProblem()
        case .wait(let reason): park(for: reason)
        }
    }

    /// What it was parked for is there, or cannot be had.
    func resume(_ generation: UInt32) {
        guard generation == self.generation else { return }
        worker.beginTurn()
        resume()
    }

    /// Goes on after a wait: body bytes that came meanwhile are still with the client's connection.
    func resume() {
        let client = client
        advance()
        client?.drive()
    }

    /// Ends the exchange after a complete answer.
    func finish() {
        let client = client
        let keepsClient = !mustCloseClient && isRequestComplete && !worker.isDraining
        // Before anything is flushed: a write that fails ends the connection at once, and it must not end this exchange again.
        client?.letGo()
        detachUpstream(reusable: isUpstreamReusable && isRequestComplete)
        retire(isAnswered: true)
        guard let client else { return }
        client.flush()
        if keepsClient { client.exchangeDone() } else { client.closeAfterAnswer() }
    }

    /// Ends the exchange without a complete answer: what the client has must not look complete.
    func abort() {
        let client = client
        client?.letGo()
        detachUpstream(reusable: false)
        worker.counters.aborted.add()
        retire(isAnswered: false)
        client?.abort()
    }

    /// The client's connection is gone.
    func clientLeft() {
        if !isAnswerStarted { worker.counters.clientLeft.add() }
        client = nil
        detachUpstream(reusable: false)
        retire(isAnswered: false)
    }

    private func detachUpstream(reusable: Bool) {
        if let connection = upstream {
            upstream = nil
            connection.exchange = nil
            connection.pool.release(connection, reusable: reusable)
        }
        if let call = grpcCall {
            grpcCall = nil
            grpcUpstream?.cancel(call)
        }
        if let list = batch {
            batch = nil
            list.cancel()
        }
    }

    private func retire(isAnswered: Bool) {
        record(isAnswered: isAnswered)
        // Whatever was not reported by now has shown nothing of the service.
        settleCall(.clientLeft)
        if request.explanation == nil { worker.countAnswer(status) }
        generation &+= 1
        client = nil
        httpUpstream = nil
        grpcUpstream = nil
        callGuard = nil
        stream = nil
        messages = nil
        attempt = 0
        retryAt = 0
        bodyMode = .undecided
        bodyBytesReceived = 0
        responseProgress = .none
        pendingResponse = nil
        answerHandling = .pass
        heldHead = nil
        isAnswerStarted = false
        isAnswerChunked = false
        isUpstreamReusable = false
        hasReplayed = false
        hasMessage = false
        deadline = 0
        status = 0
        body.removeAll(keepingAtMost: Self.retainedBodyBytes)
        responseBody.removeAll(keepingAtMost: Self.retainedBodyBytes)
        request.end()
        worker.ended(self)
    }

    /// Leaves the request's record. Nothing of what ends the answer has left by then: what a client saw answered is in the trail.
    func record(isAnswered: Bool) {
        worker.record(request, status: status, attempts: attempt, since: startedAt, isComplete: isAnswered)
    }

    /// Memory an idle exchange keeps in each of its body buffers.
    static let retainedBodyBytes = 64 * 1024

    // MARK: Waiting

    private func park(for reason: WaitReason) {
        let generation = generation
        switch reason {
        case .verifyBudget:
            worker.resumeNextTurn(self)
        case .tokens(let ask): ask.add(self, generation: generation)
        case .auditRoom: worker.resumeWhenRoom(self)
        case .fact(let read): read.waiting.add(self, generation: generation)
        case .key(let key):
            worker.requestKey(key) { [self] in if self.generation == generation { resume() } }
        }
    }

    /// Applies the time limits. Called several times a second.
    func tick(_ now: Int64) {
        if retryAt != 0 { return retryIfDue(now) }
        if let stream { tick(stream, now) }
        if let messages { tick(messages, now) }
        if awaitsBody { checkBodyRate(now) } else if deadline != 0, now >= deadline { upstreamTimedOut() }
    }

    // MARK: gRPC callbacks

    override func grpcInitialMetadata(_ fields: HeaderList, tag: Int) {
        guard let stream else { return }
        if stream.format == .frames { beginFrames(fields, stream) } else { streamBegan() }
    }

    override func grpcTrailers(_ fields: HeaderList, tag: Int) {
        if let stream, stream.format == .frames { keepTrailers(fields, stream) }
    }

    override func grpcMessage(_ message: ByteView, tag: Int) {
        if let stream { receive(message, in: stream) } else { receiveMessage(message) }
    }

    override func grpcWritable(tag: Int) { serviceTakesMore() }

    override func grpcFinished(_ outcome: GRPCOutcome, tag: Int) {
        grpcCall = nil
        finishCall(outcome)
    }
}
