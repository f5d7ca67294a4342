import Bytes
import CircuitBreaking
import GatewayCore
import HTTP1
import NIOCore
import ProblemDetails
import Transcoding

/// Server streaming: each message of the service becomes an element of an array, a line or an event.
///
/// The real status is the client's as long as nothing was sent: a failure before the first message is an ordinary problem document, and so
/// is one of an array that is still held back (207, with what had come). Later the document is the last element.
extension Exchange {
    /// How long a stream may be silent, as far as the gateway is concerned.
    static let streamIdleMilliseconds = 5 * 60 * 1000

    /// Starts the call of a server-streaming method; its request message is encoded.
    func callStream(_ operation: Operation, _ headers: GRPCMethodHeaders, _ upstream: GRPCUpstream) {
        let isRaw = operation.call?.answersRawBody == true
        guard let format = isRaw ? .bytes : request.streamFormat else {
            return fail(.notAcceptable, "a stream is application/json, application/x-ndjson or text/event-stream")
        }
        stream = StreamAnswer(format, now: worker.now)
        grpcUpstream = upstream
        callStart = worker.now
        deadline = callDeadline.end
        let call = upstream.startStream(
            headers, metadata: worker.metadata, replies: .many, timeoutMilliseconds: .max,
            idleMilliseconds: Self.streamIdleMilliseconds, owner: self, tag: 0, nowMilliseconds: worker.now)
        grpcCall = call
        upstream.send(call, worker.message.view, isLast: true)
    }

    /// The service has accepted the call: from here on it has all the time it wants.
    func streamBegan() {
        serviceSpoke()
        stream?.headersAt = worker.now
    }

    func receive(_ message: ByteView, in stream: StreamAnswer) {
        guard let program = request.operation?.call else { return }
        if stream.format == .frames { return receiveFrame(message, in: stream) }
        settleCall(.answered)
        serviceSpoke()
        if stream.count == 0 { stream.lastChange = worker.now }
        if stream.format == .bytes { return receiveRaw(message, program, in: stream) }
        let isFit = stream.append { [worker, request] out -> Bool? in
            let start = out.count
            let isFit =
                program.decodeResponse(message, into: out, scratch: worker.transcoding) == nil
                && worker.validateAnswerMessage(request, out.view[start, out.count])
            return isFit ? nil : false
        }
        if isFit != nil {
            request.rejectUpstreamAnswer()
            return endWithProblem()
        }
        if !stream.isHeldBack { worker.flushAtEndOfTurn(self, stream) }
    }

    private func receiveRaw(_ message: ByteView, _ program: CallProgram, in stream: StreamAnswer) {
        guard let raw = program.rawBody(message) else {
            request.rejectUpstreamAnswer()
            return endWithProblem()
        }
        if stream.count == 0 {
            rawType.removeAll()
            rawType.append(raw.contentType.isEmpty ? ByteView(stream.format.contentType) : message[raw.contentType])
        }
        stream.append { $0.append(message[raw.data]) }
        worker.flushAtEndOfTurn(self, stream)
    }

    /// Sends what is pending, with the head before it the first time.
    func sendStream(_ stream: StreamAnswer) {
        guard let client, self.stream === stream else { return }
        let scratch = worker.scratch
        scratch.removeAll()
        if stream.format == .frames {
            writeFrames(stream, to: scratch)
        } else {
            commit(stream, to: scratch)
            writePart(stream.pending.view, to: scratch)
        }
        stream.sent()
        stream.lastChange = worker.now
        client.write(worker.fill(scratch))
        client.flush()
        // Writing may have shown that the client is gone.
        guard self.stream === stream, !client.isWritable, let call = grpcCall else { return }
        stream.isPaused = true
        grpcUpstream?.pause(call)
    }

    /// Settles that the answer is a stream: its status is 200 and its end is told by chunks, or by the connection's.
    func beginAnswer(_ stream: StreamAnswer) {
        stream.isCommitted = true
        isAnswerStarted = true
        status = 200
        isAnswerChunked = request.head.minorVersion >= 1
        if !isAnswerChunked { mustCloseClient = true }
        responseProgress = .chunked
        responseTrailers.removeAll()
    }

    private func commit(_ stream: StreamAnswer, to scratch: ByteWriter) {
        guard !stream.isCommitted else { return }
        beginAnswer(stream)
        ClientResponseHead.writeStream(
            contentType: stream.format == .bytes && stream.count > 0 ? rawType.view : ByteView(stream.format.contentType),
            request: request, isChunked: isAnswerChunked, closes: mustCloseClient,
            date: worker.date, to: scratch)
        if stream.format == .array { writePart(ByteView("["), to: scratch) }
    }

    /// Ends the answer: well, or with the problem that the request holds.
    func endStream(_ stream: StreamAnswer) {
        guard client != nil else { return }
        if stream.format == .frames { return respondProblem() }
        if !stream.isCommitted {
            if let problem = request.problem {
                if stream.count == 0 { return respondProblem() }
                if stream.isHeldBack { return respondItems(stream, problem) }
            } else if stream.isHeldBack {
                responseBody.removeAll()
                responseBody.append("[")
                responseBody.append(stream.pending.view)
                responseBody.append("]")
                return respondJSON(status: 200)
            }
        }
        if let problem = request.problem {
            worker.counters.problem(problem.slug)
            // Bytes have no room for a problem: they break off, so that nobody takes them for the whole.
            if stream.format == .bytes { return abort() }
            responseBody.removeAll()
            request.writeProblem(problem, to: responseBody)
            stream.append(problem: responseBody.view)
        }
        let scratch = worker.scratch
        scratch.removeAll()
        commit(stream, to: scratch)
        if stream.format == .array { stream.pending.append("]") }
        writePart(stream.pending.view, to: scratch)
        writeEnd(to: scratch)
        client?.write(worker.fill(scratch))
        responseProgress = .complete
        finish()
    }

    private func respondItems(_ stream: StreamAnswer, _ problem: Problem) {
        worker.counters.problem(problem.slug)
        let document = worker.message
        document.removeAll()
        request.writeProblem(problem, to: document)
        responseBody.removeAll()
        stream.writeItems(failure: document.view, status: problem.status, to: responseBody)
        respondJSON(status: 207)
    }

    /// The client takes more: so may the service send.
    func resumeStream() {
        guard let stream, stream.isPaused, let call = grpcCall else { return }
        stream.isPaused = false
        grpcUpstream?.resume(call)
    }

    /// Sends what was held back long enough, and signs of life.
    func tick(_ stream: StreamAnswer, _ now: Int64) {
        let age = now - max(stream.lastChange, stream.headersAt)
        if !stream.isCommitted, stream.count > 0 {
            if age >= StreamAnswer.collectMilliseconds { sendStream(stream) }
        } else if age >= StreamAnswer.heartbeatMilliseconds, stream.format.heartbeat.utf8CodeUnitCount > 0,
            stream.isCommitted || stream.headersAt > 0,
            !stream.isPaused
        {
            stream.pending.append(stream.format.heartbeat)
            sendStream(stream)
        }
    }

    /// Gives the call up and answers with the problem that the request holds, be it as the last element of a stream.
    func endWithProblem() {
        if let call = grpcCall {
            grpcCall = nil
            grpcUpstream?.cancel(call)
        }
        if let stream { endStream(stream) } else { respondProblem() }
    }
}

extension Worker {
    /// Sends the stream's messages when all that arrived in this turn is translated: one chunk and one write for all of them.
    func flushAtEndOfTurn(_ exchange: Exchange, _ stream: StreamAnswer) {
        guard !stream.isFlushScheduled else { return }
        stream.isFlushScheduled = true
        streaming.append((exchange, stream))
        if streaming.count == 1 { loop.execute(flushStreams) }
    }

    /// Sends the pending messages of all streams.
    func sendStreams() {
        var index = 0
        while index < streaming.count {
            let (exchange, stream) = streaming[index]
            stream.isFlushScheduled = false
            exchange.sendStream(stream)
            index += 1
        }
        streaming.removeAll(keepingCapacity: true)
    }
}
