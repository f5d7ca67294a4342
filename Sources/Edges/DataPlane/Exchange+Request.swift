import Bytes
import GatewayCore
import HTTP1
import NIOCore
import ProblemDetails

/// The request body: collected, streamed on or dropped.
extension Exchange {
    /// Chooses what to do with an admitted request.
    func dispatch() {
        guard let operation = request.operation else { return fail(.internal, "the request has no operation") }
        guard worker.planBody(request) else { return refuseBody() }
        maximumBodyBytes = UInt64(bodyLimit(operation))
        bodyWindowStart = worker.now
        bodyWindowBytes = 0
        if case .length(let length) = bodyProgress, length > maximumBodyBytes {
            return fail(.payloadTooLarge, "the request body is larger than this operation accepts")
        }
        switch operation.kind {
        case .operational(let endpoint):
            discardBody()
            respondOperational(endpoint)
        case .documents:
            discardBody()
            respondDocuments()
        case .problemPages:
            discardBody()
            respondProblemPage()
        case .preflight:
            discardBody()
            respondPreflight()
        case .grpc where operation.isClientStreaming:
            if let explanation = request.explanation { return explainCall(operation, explanation) }
            streamMessages(operation)
        case .grpc, .batch:
            collectBody()
        case .http:
            if request.needsWholeBody || isBodySmall { collectBody() } else { streamBody() }
        }
    }

    /// Answers that the body is not what the operation takes.
    func refuseBody() {
        request.explanation?.note("body", .refused)
        respondProblem()
    }

    private func bodyLimit(_ operation: Operation) -> Int {
        if request.isFramedCall { return framedBodyLimit(operation) }
        return request.needsWholeBody ? operation.maximumWholeBodyBytes : operation.maximumBodyBytes
    }

    private var isBodySmall: Bool {
        switch bodyProgress {
        case .complete: true
        case .length(let length): length <= UInt64(Self.smallBodyBytes)
        case .chunked: false
        }
    }

    private func discardBody() { bodyMode = .discard }

    private func collectBody() {
        bodyMode = .collect
        if isRequestComplete {
            forward()
            return
        }
        sendContinue()
    }

    private func streamBody() {
        bodyMode = .undecided
        // An upgrade has no body of its own; everything else waits for the upstream's connection before it is read on.
        forward()
    }

    func sendContinue() {
        guard request.head.expectsContinue, bodyBytesReceived == 0 else { return }
        worker.out.clear()
        worker.out.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        client?.write(worker.out)
        client?.flush()
    }

    /// Takes body bytes out of `inbound`; false when none can be taken now.
    func receiveBody(_ inbound: inout ByteBuffer) -> Bool {
        let available = inbound.readableBytes
        guard !isRequestComplete, bodyMode != .undecided, available > 0 else { return false }
        if bodyMode == .stream, upstream?.isWritable != true { return false }
        if bodyMode == .messages, holdsMessages { return false }
        switch bodyProgress {
        case .complete: return false
        case .length(let remaining):
            let count = Int(min(UInt64(available), remaining))
            bodyProgress = remaining == UInt64(count) ? .complete : .length(remaining - UInt64(count))
            if bodyMode == .collect {
                collect(count, of: &inbound)
            } else if let part = inbound.readSlice(length: count) {
                take(part)
            }
        case .chunked:
            receiveChunks(&inbound)
        }
        return true
    }

    private func collect(_ count: Int, of inbound: inout ByteBuffer) {
        bodyBytesReceived += UInt64(count)
        inbound.withUnsafeReadableBytes { body.append(ByteView($0)[0, count]) }
        inbound.moveReaderIndex(forwardBy: count)
        if isRequestComplete { requestBodyEnded() }
    }

    private func take(_ part: ByteBuffer) {
        bodyBytesReceived += UInt64(part.readableBytes)
        if bodyMode == .messages {
            part.withUnsafeReadableBytes { body.append(ByteView($0)) }
            return sendMessages()
        }
        if bodyMode == .stream {
            upstream?.write(part)
            touchUpload()
        }
        if isRequestComplete { requestBodyEnded() }
    }

    private func receiveChunks(_ inbound: inout ByteBuffer) {
        let generation = generation
        let scratch = worker.scratch
        scratch.removeAll()
        var position = 0
        var fault: HTTP1Fault?
        var isTooLarge = false
        var isComplete = false
        var isUnchecked = false
        inbound.withUnsafeReadableBytes { raw in
            let view = ByteView(raw)
            while position < view.count, fault == nil, !isTooLarge, !isComplete {
                switch chunks.next(view, from: position, trailers: requestTrailers, limits: worker.limits.head) {
                case .data(let range, let next):
                    position = next
                    bodyBytesReceived += UInt64(range.count)
                    if bodyMode != .discard, bodyBytesReceived > maximumBodyBytes {
                        if passesUnchecked() { isUnchecked = true }
                        isTooLarge = bodyBytesReceived > maximumBodyBytes
                    }
                    takeChunk(view[range], into: scratch)
                case .needMore(let next):
                    position = next
                    return
                case .end(let next):
                    position = next
                    isComplete = true
                case .invalid(let reason):
                    fault = reason
                }
            }
        }
        if let fault { return requestBodyFailed { $0.reject(fault) } }
        if isTooLarge {
            return requestBodyFailed { $0.reject(.payloadTooLarge, "the request body is larger than this operation accepts") }
        }
        inbound.moveReaderIndex(forwardBy: position)
        if isComplete { bodyProgress = .complete }
        if bodyMode == .messages { return sendMessages() }
        if isUnchecked, !isComplete { return streamBody() }
        if bodyMode == .stream {
            if isComplete { HeadWriter.appendLastChunk(trailers: requestTrailers.view, to: scratch) }
            if scratch.count > 0 { upstream?.write(worker.fill(scratch)) }
            touchUpload()
        }
        guard self.generation == generation else { return }
        if isComplete { requestBodyEnded() }
    }

    /// A body that is only looked at, and turns out to be too large for that, passes as it comes.
    private func passesUnchecked() -> Bool {
        guard bodyMode == .collect, let operation = request.operation, worker.skipBodyCheck(request) else { return false }
        maximumBodyBytes = UInt64(operation.maximumBodyBytes)
        return true
    }

    private func takeChunk(_ data: ByteView, into scratch: ByteWriter) {
        switch bodyMode {
        case .undecided, .discard: break
        case .collect, .messages: if bodyBytesReceived <= maximumBodyBytes { body.append(data) }
        case .stream: HeadWriter.appendChunk(data, to: scratch)
        }
    }

    private func requestBodyEnded() {
        switch bodyMode {
        case .undecided, .discard, .messages: break
        case .collect: forward()
        case .stream:
            upstream?.flush()
            // Only now can the service know the whole request.
            if case .none = responseProgress, let operation = request.operation {
                deadline = worker.now + operation.timeoutMilliseconds
            }
        }
    }

    private func requestBodyFailed(_ reject: (RequestContext) -> Void) {
        mustCloseClient = true
        if bodyMode == .messages {
            reject(request)
            return failMessages()
        }
        if isAnswerStarted { return abort() }
        if let upstream { detach(upstream) }
        reject(request)
        respondProblem()
    }

    /// What was read in this turn goes to the upstream in one write.
    func clientReadComplete() {
        if bodyMode == .stream { upstream?.flush() }
    }

    func upstreamBecameWritable() {
        if case .tunnel = responseProgress {
            client?.resumeReading()
        } else {
            client?.drive()
            upstream?.flush()
        }
    }

    /// While a streamed body moves, the service has time: its answer may need all of it.
    func touchUpload() { deadline = worker.now + worker.limits.upstreamIdleMilliseconds }

    /// Whether the next byte is the client's to send.
    var awaitsBody: Bool {
        guard !isRequestComplete else { return false }
        return bodyMode == .collect || (bodyMode == .stream && upstream?.isWritable == true)
    }

    /// Refuses a body that arrives slower than the configured rate, measured over windows of the grace time: a slow sender must
    /// not hold an upstream, however fast it began.
    func checkBodyRate(_ now: Int64) {
        if bodyMode == .stream { touchUpload() }
        let elapsed = now - bodyWindowStart
        guard elapsed > worker.limits.bodyGraceMilliseconds else { return }
        let arrived = bodyBytesReceived &- bodyWindowBytes
        if arrived &* 1000 < UInt64(elapsed) &* UInt64(worker.limits.bodyMinimumBytesPerSecond) {
            return requestBodyFailed { $0.rejectSlowBody() }
        }
        bodyWindowStart = now
        bodyWindowBytes = bodyBytesReceived
    }
}
