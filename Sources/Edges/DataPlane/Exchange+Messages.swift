import Bytes
import CircuitBreaking
import GatewayCore
import ProblemDetails
import Routing
import Transcoding

/// Client streaming: each line, array element or portion of bytes of the request becomes a message, sent as it comes.
///
/// Nothing of it is sent twice, so there is neither retry nor replay. While the service takes nothing the client's socket rests; the service's
/// time-out begins when it has the whole request.
extension Exchange {
    /// Begins the call of an admitted request whose body will bring messages.
    func streamMessages(_ operation: Operation) {
        let source: MessageStream.Source
        if request.isFramedCall {
            source = .frames(
                GRPCFrames(messageLimit: operation.maximumWholeBodyBytes, totalLimit: operation.maximumBodyBytes))
        } else if operation.call?.takesRawBody == true {
            source = .raw
        } else if let format = request.messageFormat {
            source = .json(JSONItems(format))
        } else if isRequestComplete {
            guard worker.pipeline.checkAbsentBody(request) else { return respondProblem() }
            source = .json(JSONItems(.lines))
        } else {
            return fail(.unsupportedMediaType, "a stream of messages is application/x-ndjson, or an array of application/json")
        }
        bodyMode = .messages
        messages = MessageStream(source, clientEnd: request.clientTimeoutMilliseconds.map { worker.now + $0 })
        forward()
    }

    /// Starts the call itself; its metadata is in `worker.metadata`.
    func call(_ operation: Operation, _ headers: GRPCMethodHeaders, _ upstream: GRPCUpstream, sending messages: MessageStream) {
        let isServerStreaming = operation.call?.isServerStreaming == true
        if isServerStreaming {
            guard let format = operation.call?.answersRawBody == true ? .bytes : request.streamFormat else {
                return fail(.notAcceptable, "a stream is application/json, application/x-ndjson or text/event-stream")
            }
            stream = StreamAnswer(format, now: worker.now)
        }
        grpcUpstream = upstream
        callStart = worker.now
        deadline = 0
        grpcCall = upstream.startStream(
            headers, metadata: worker.metadata, replies: isServerStreaming ? .many : .one,
            timeoutMilliseconds: messages.clientEnd.map { Int($0 - worker.now) } ?? .max,
            idleMilliseconds: Self.streamIdleMilliseconds,
            owner: self, tag: 0, nowMilliseconds: worker.now)
        if isRequestComplete { sendMessages() } else { sendContinue() }
    }

    /// Whether messages wait for the service.
    var holdsMessages: Bool { messages?.isHeld == true }

    /// Sends the messages that are whole, as many as the service takes, and the end after the last.
    func sendMessages() {
        guard let messages, let upstream = grpcUpstream, let call = grpcCall, !messages.isFinished else { return }
        if case .frames = messages.source { return sendFrames(messages, upstream, call) }
        var position = 0
        var isOver = false
        while !messages.isHeld, !isOver {
            guard let range = nextMessage(messages, &position, &isOver) else { break }
            guard encode(body.view[range], as: messages) else { return failMessages() }
            messages.count += 1
            messages.isHeld = !upstream.send(call, worker.message.view)
        }
        if request.problem != nil { return failMessages() }
        body.removeFirst(position)
        if messages.isHeld { return awaitService() }
        if isOver { finishMessages(messages, upstream, call) }
    }

    /// While the service takes nothing its time runs.
    func awaitService() { deadline = worker.now + worker.limits.upstreamIdleMilliseconds }

    /// The service was heard: what it does not take by now, it may take its time for.
    func serviceSpoke() { if holdsMessages { awaitService() } else { deadline = 0 } }

    func finishMessages(_ messages: MessageStream, _ upstream: GRPCUpstream, _ call: GRPCCallHandle) {
        messages.isFinished = true
        upstream.finishSending(call)
        awaitAnswer(messages)
    }

    /// Where the next message stands in `body`; nil when there is none yet, none any more (`isOver`), or the request holds a problem.
    private func nextMessage(_ messages: MessageStream, _ position: inout Int, _ isOver: inout Bool) -> ByteRange? {
        let limit = request.operation?.maximumWholeBodyBytes ?? 0
        switch messages.source {
        case .frames: return nil
        case .raw:
            // An empty body is a message too: the path may say all there is to say.
            let isFirst = messages.count == 0 && isRequestComplete
            isOver = isRequestComplete && position == body.count && !isFirst
            guard position < body.count || isFirst else { return nil }
            let range = ByteRange(position, min(position + MessageStream.rawBytes, body.count))
            position = range.end
            return range
        case .json(var items):
            defer { messages.source = .json(items) }
            switch items.next(body.view, from: position, isLast: isRequestComplete) {
            case .item(let range, let next):
                position = next
                if range.count <= limit { return range }
            case .needMore(let next):
                position = next
                if body.count - next <= limit { return nil }
            case .end:
                position = body.count
                isOver = true
                return nil
            case .invalid(let fault):
                request.reject(fault, inMessage: messages.count)
                return nil
            }
            request.reject(.payloadTooLarge, "a message of the request is larger than this operation accepts")
            return nil
        }
    }

    /// Translates one message into `worker.message`; false when the request holds a problem instead.
    private func encode(_ bytes: ByteView, as messages: MessageStream) -> Bool {
        let request = request
        let worker = worker
        guard let program = request.operation?.call else { return false }
        let message = worker.message
        message.removeAll()
        let fault: TranscodingFault?
        if case .raw = messages.source {
            fault = program.encodeRequest(
                rawBody: bytes, contentType: request.contentType, path: request.path, captures: { request.capture($0) },
                query: request.query,
                into: message, scratch: worker.transcoding)
        } else {
            guard worker.pipeline.validateMessage(request, bytes, index: messages.count) else { return false }
            fault = program.encodeRequest(
                body: worker.pipeline.tape, path: request.path, captures: { request.capture($0) }, query: request.query,
                into: message,
                scratch: worker.transcoding)
        }
        if let fault { request.reject(fault, inMessage: messages.count) }
        return fault == nil
    }

    /// The service has the whole request: from now on it can be too slow.
    private func awaitAnswer(_ messages: MessageStream) {
        deadline = 0
        if let stream, stream.count > 0 || stream.headersAt > 0 { return }
        callDeadline = CallDeadline(
            now: worker.now, ours: request.operation?.timeoutMilliseconds ?? CallDeadline.defaultMilliseconds,
            client: messages.clientEnd.map { $0 - worker.now })
        deadline = callDeadline.end
    }

    /// The service takes messages again.
    func serviceTakesMore() {
        guard let messages, messages.isHeld else { return }
        messages.isHeld = false
        deadline = 0
        sendMessages()
        client?.drive()
    }

    /// Ends a request with the problem it holds; the service is not to blame.
    func failMessages() {
        settleCall(.notSent)
        endWithProblem()
    }

    /// The time of a call was up while the client was still to send: its own time-out, or it sent nothing for too long.
    func endSilence(_ messages: MessageStream) {
        settleCall(.clientLeft)
        if let end = messages.clientEnd, worker.now >= end {
            request.reject(.gatewayTimeout, "the time-out of the client has passed before its request was complete")
        } else {
            request.rejectSlowBody()
        }
        endWithProblem()
    }

    /// A service that waits for its client to read cannot be asked to take more.
    func tick(_ messages: MessageStream, _ now: Int64) {
        if messages.isHeld, stream?.isPaused == true { awaitService() }
    }
}
