import Bytes
import CircuitBreaking
import GatewayCore
import HTTP1
import HTTP2
import ProblemDetails
import Transcoding

/// Clients that speak gRPC or gRPC-Web themselves: messages pass as they are, under the rules of the method's operation.
///
/// A request of one message is collected and goes through the same steps as a translated one; several pass as they come
/// (`Exchange+Messages`). The answer is a stream of frames with a status at its end.
extension Exchange {
    /// Bytes that a collected request may have: a message with its prefix, or its base64.
    func framedBodyLimit(_ operation: Operation) -> Int {
        // Of several messages each is measured by itself.
        if operation.isClientStreaming { return .max }
        let framed = operation.maximumBodyBytes + GRPCUpstream.prefixBytes
        return request.grpcForm == .webText ? (framed + 2) / 3 * 4 : framed
    }

    /// Starts the call; its metadata but for the client's is in `worker.metadata`.
    func callFramed(_ operation: Operation, _ headers: GRPCMethodHeaders, _ upstream: GRPCUpstream) {
        let worker = worker
        if messages == nil, !takeFrame(operation) { return respondProblem() }
        GRPCFields.appendMetadata(of: request, to: worker.metadata)
        stream = StreamAnswer(.frames, now: worker.now)
        grpcUpstream = upstream
        callStart = worker.now
        let clientTimeout = request.clientTimeoutMilliseconds.map { Int($0) }
        let isUnary = messages == nil && operation.call?.isServerStreaming != true
        deadline = isUnary || messages != nil ? 0 : callDeadline.end
        let call = upstream.startStream(
            headers, metadata: worker.metadata, replies: .framed,
            timeoutMilliseconds: isUnary ? Int(callDeadline.remaining(at: worker.now)) : clientTimeout ?? .max,
            idleMilliseconds: Self.streamIdleMilliseconds, owner: self, tag: 0, nowMilliseconds: worker.now)
        grpcCall = call
        guard messages == nil else { return isRequestComplete ? sendMessages() : sendContinue() }
        upstream.send(call, request.grpcForm == .webText ? worker.message.view : body.view, isLast: true)
    }

    /// Checks that the collected body is one message; base64 leaves it in `worker.message`.
    private func takeFrame(_ operation: Operation) -> Bool {
        var framed = body.view
        if request.grpcForm == .webText {
            worker.message.removeAll()
            guard GRPCText.appendBase64Quads(framed, to: worker.message) == framed.count else {
                request.reject(.badRequest, "the request is not base64")
                return false
            }
            framed = worker.message.view
        }
        let limit = operation.maximumWholeBodyBytes
        var frames = GRPCFrames(messageLimit: limit, totalLimit: limit)
        do {
            let taken = try frames.take(framed)
            if taken == framed.count, frames.isWhole, frames.count == 1 { return true }
            request.reject(.badRequest, "the request is not one whole gRPC message")
        } catch {
            reject(error)
        }
        return false
    }

    private func reject(_ fault: GRPCFrames.Fault) {
        switch fault {
        case .malformed: request.reject(.badRequest, "the request is not framed as gRPC messages are")
        case .tooLarge: request.reject(.payloadTooLarge, "a message of the request is larger than this operation accepts")
        }
    }

    /// Passes on what has come of a request of several messages, and its end.
    func sendFrames(_ messages: MessageStream, _ upstream: GRPCUpstream, _ call: GRPCCallHandle) {
        guard case .frames(var frames) = messages.source else { return }
        var buffer = body
        if request.grpcForm == .webText {
            buffer = messages.decoded
            guard let taken = GRPCText.appendBase64Quads(body.view, to: buffer) else {
                request.reject(.badRequest, "the request is not base64")
                return failMessages()
            }
            body.removeFirst(taken)
        }
        do {
            let taken = try frames.take(buffer.view)
            messages.source = .frames(frames)
            if taken > 0 { messages.isHeld = !upstream.send(call, buffer.view[0, taken]) }
            buffer.removeFirst(taken)
        } catch {
            reject(error)
            return failMessages()
        }
        if messages.isHeld { return awaitService() }
        guard isRequestComplete else { return }
        guard frames.isWhole, buffer.count == 0, body.count == 0 else {
            request.reject(.badRequest, "the request ends inside a message")
            return failMessages()
        }
        finishMessages(messages, upstream, call)
    }

    // MARK: The answer

    /// The service's headers: the client has them even when no message follows for long.
    func beginFrames(_ fields: HeaderList, _ stream: StreamAnswer) {
        serviceSpoke()
        stream.headersAt = worker.now
        beginAnswer(stream)
        let lines = worker.scratch
        lines.removeAll()
        GRPCFields.appendHeaders(fields, for: request, to: lines)
        responseBody.removeAll()
        ClientResponseHead.writeGRPC(
            fields: lines.view, hasBody: true, request: request, problem: nil, closes: mustCloseClient, date: worker.date,
            to: responseBody)
        worker.flushAtEndOfTurn(self, stream)
    }

    /// A message with its prefix.
    func receiveFrame(_ message: ByteView, in stream: StreamAnswer) {
        serviceSpoke()
        // The one message of a call that answers once may still be followed by a failure.
        if request.operation?.call?.isServerStreaming == true { settleCall(.answered) }
        stream.append { $0.append(message) }
        worker.flushAtEndOfTurn(self, stream)
    }

    /// Appends what is pending, the head before it the first time.
    func writeFrames(_ stream: StreamAnswer, to scratch: ByteWriter) {
        scratch.append(responseBody.view)
        responseBody.removeAll()
        if request.grpcForm == .webText {
            let text = worker.message
            text.removeAll()
            text.append(base64Encoded: stream.pending.view)
            writePart(text.view, to: scratch)
        } else {
            writePart(stream.pending.view, to: scratch)
        }
    }

    /// The service's status, kept until the call is over, which is at once.
    func keepTrailers(_ fields: HeaderList, _ stream: StreamAnswer) {
        responseTrailers.removeAll()
        GRPCFields.appendTrailers(fields, for: request, to: responseTrailers)
        stream.hasStatus = true
    }

    /// The call is over: with the status the service said, or one that stands for what went wrong.
    func finishFrames(_ outcome: GRPCOutcome, _ stream: StreamAnswer) {
        if let messages, !isRequestComplete, outcome.origin == .deadline { return endSilence(messages) }
        if !stream.isCommitted, repeatsCall(outcome) { return forward() }
        settleCall(outcome.code == 0 ? .answered : CallFailureClass(outcome))
        if stream.hasStatus {
            status = Transcoding.GRPCStatus(code: outcome.code).httpStatus
            return endFrames(stream, problem: nil)
        }
        if outcome.origin == .protocolViolation {
            request.reject(.upstreamResponseInvalid, "the service's answer is not valid gRPC")
        } else {
            request.reject(CallFailure(outcome))
        }
        respondProblem()
    }

    /// Answers with the problem as a status; after messages it is their end.
    func respondStatus(_ problem: Problem) {
        let isBegun = stream?.isCommitted == true
        guard isBegun || !isAnswerStarted else { return abort() }
        responseTrailers.removeAll()
        problem.writeGRPCFields(trace: request.trace, to: responseTrailers)
        status = problem.status
        endFrames(isBegun ? stream : nil, problem: problem)
    }

    /// Writes the rest of the answer, `responseTrailers` at its end, or a head that is all of it.
    private func endFrames(_ stream: StreamAnswer?, problem: Problem?) {
        let scratch = worker.scratch
        scratch.removeAll()
        if let stream, stream.isCommitted {
            if request.grpcForm != .native { appendTrailerFrame(to: stream.pending) }
            writeFrames(stream, to: scratch)
            writeEnd(to: scratch)
        } else {
            if !isRequestComplete { mustCloseClient = true }
            isAnswerStarted = true
            ClientResponseHead.writeGRPC(
                fields: responseTrailers.view, hasBody: false, request: request, problem: problem, closes: mustCloseClient,
                date: worker.date, to: scratch)
        }
        client?.write(worker.fill(scratch))
        responseProgress = .complete
        finish()
    }

    /// The trailers as gRPC-Web has them: lines in a last frame.
    private func appendTrailerFrame(to out: ByteWriter) {
        out.append(UInt8(0x80))
        out.append(bigEndian: UInt32(truncatingIfNeeded: responseTrailers.count))
        out.append(responseTrailers.view)
        responseTrailers.removeAll()
    }
}
