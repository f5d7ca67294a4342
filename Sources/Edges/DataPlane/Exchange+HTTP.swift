import Bytes
import CircuitBreaking
import GatewayCore
import HTTP1
import HTTPSemantics
import NIOCore
import ProblemDetails

/// The HTTP/1.1 upstream: sending the request, reading the answer, and every way either can end early.
extension Exchange {
    /// Sends the admitted request, its body collected or about to stream.
    func forward() {
        guard let operation = request.operation else { return fail(.internal, "the request has no operation") }
        if bodyMode == .collect, !worker.validateBody(request, body.view) { return respondProblem() }
        if case .batch = operation.kind { return startBatch() }
        startDeadline(operation)
        guard let service = operation.service else { return fail(.internal, "the operation has no service") }
        guard admitCall(service) else { return }
        if operation.kind == .grpc { return call(operation, of: service) }
        guard let upstream = worker.httpUpstream(service) else {
            return fail(.serviceUnavailable, "the service is not configured any more")
        }
        httpUpstream = upstream
        deadline = callDeadline.end
        guard let connection = upstream.acquire(for: self) else { return }
        send(on: connection)
    }

    /// The pool found a connection for this exchange.
    func upstreamReady(_ connection: UpstreamConnection) { send(on: connection) }

    /// The pool found none.
    func upstreamUnavailable(_ failure: HTTPUpstream.Failure) {
        if failure != .overloaded, retriesCall(after: .connection) { return }
        switch failure {
        case .connectFailed: fail(.serviceUnavailable, "the service could not be reached")
        case .connectTimeout: fail(.serviceUnavailable, "the service did not accept a connection in time")
        case .overloaded:
            request.reject(Problem(.serviceUnavailable, "too many requests wait for this service", retryAfterSeconds: 1))
            respondProblem()
        }
    }

    private func send(on connection: UpstreamConnection) {
        upstream = connection
        let isCollected = bodyMode == .collect
        if !isCollected { bodyMode = .stream }
        let scratch = worker.scratch
        scratch.removeAll()
        UpstreamRequestHead.write(
            request, collectedBody: isCollected ? body.count : nil, service: connection.pool.service, to: scratch)
        if isCollected {
            scratch.append(body.view)
        } else if body.count > 0 {
            // What was collected before the body turned out to be too large for that.
            HeadWriter.appendChunk(body.view, to: scratch)
            body.removeAll(keepingAtMost: Self.retainedBodyBytes)
        }
        connection.writeAndFlush(worker.fill(scratch))
        guard bodyMode == .stream, !isRequestComplete else { return }
        touchUpload()
        client?.drive()
    }

    // MARK: The answer

    /// Bytes of the upstream's answer.
    func upstreamRead(_ bytes: ByteBuffer, from connection: UpstreamConnection) {
        switch responseProgress {
        case .none: readResponseHead(bytes)
        case .length, .chunked, .untilClose:
            deadline = worker.now + worker.limits.upstreamIdleMilliseconds
            relay(bytes)
        case .tunnel: tunnelFromUpstream(bytes)
        case .complete: isUpstreamReusable = false
        }
    }

    /// What was read in this turn goes to the client in one write; a client that reads slowly slows the upstream.
    func upstreamReadComplete() {
        client?.flush()
        if let client, !client.isWritable { upstream?.pauseReading() }
    }

    func clientBecameWritable() {
        upstream?.resumeReading()
        resumeStream()
    }

    private func readResponseHead(_ arrived: ByteBuffer) {
        var bytes = arrived
        if var pending = pendingResponse {
            pendingResponse = nil
            pending.writeBuffer(&bytes)
            bytes = pending
        }
        while true {
            switch parseResponseHead(bytes) {
            case .incomplete:
                guard bytes.readableBytes <= worker.limits.upstreamHead.headBytes else { return upstreamMisbehaved() }
                pendingResponse = bytes
                return
            case .invalid: return upstreamMisbehaved()
            case .interim(let length):
                bytes.moveReaderIndex(forwardBy: length)
                // Passing it on may have shown that the client is gone.
                if bytes.readableBytes == 0 || client == nil { return }
            case .tunnel(let length):
                bytes.moveReaderIndex(forwardBy: length)
                return becomeTunnel(bytes)
            case .complete: return answerEnded()
            case .refused:
                if let upstream { detach(upstream) }
                return
            case .unfit: return refuseAnswer()
            case .started(let length):
                bytes.moveReaderIndex(forwardBy: length)
                if bytes.readableBytes > 0 { relay(bytes) }
                return
            }
        }
    }

    private enum ParsedResponse {
        case incomplete
        case invalid
        /// A 1xx answer of so many bytes was passed on.
        case interim(Int)
        /// A 101 answer of so many bytes was passed on.
        case tunnel(Int)
        /// Head of so many bytes was written; the body follows.
        case started(Int)
        /// Head and whole body were written.
        case complete
        /// The service could not serve; the request waits for another attempt.
        case refused
        /// The answer is not what its description says; the request holds the problem.
        case unfit
    }

    private func parseResponseHead(_ bytes: ByteBuffer) -> ParsedResponse {
        bytes.withUnsafeReadableBytes { raw in
            let view = ByteView(raw)
            let head = responseHead
            switch head.parse(view, answering: request.head.method, limits: worker.limits.upstreamHead) {
            case .incomplete: return .incomplete
            case .invalid: return .invalid
            case .complete(let length):
                if head.status < 200 { return passInterim(view, length) }
                let foreign = adoptProblem(view, headBytes: length)
                if foreign == .incomplete { return .incomplete }
                let outcome = CallFailureClass(httpStatus: head.status)
                if outcome != .answered, retriesCall(after: outcome) { return .refused }
                settleCall(outcome)
                if foreign == .untouched { answerHandling = worker.planAnswer(request, head, view) }
                if answerHandling == .refuse { return .unfit }
                return passFinal(view, length, isRewritten: foreign == .rewritten)
            }
        }
    }

    private func passInterim(_ view: ByteView, _ length: Int) -> ParsedResponse {
        let scratch = worker.scratch
        scratch.removeAll()
        if responseHead.status == 101 {
            guard request.isUpgrade else { return .invalid }
            settleCall(.answered)
            ClientResponseHead.writeSwitching(responseHead, bytes: view, request: request, to: scratch)
            status = 101
            isAnswerStarted = true
            client?.write(worker.fill(scratch))
            return .tunnel(length)
        }
        // HTTP/1.0 clients do not know interim answers (RFC 9110 section 15.2).
        if request.head.minorVersion >= 1 {
            ClientResponseHead.writeInterim(responseHead, bytes: view, to: scratch)
            client?.write(worker.fill(scratch))
            client?.flush()
        }
        return .interim(length)
    }

    private func passFinal(_ view: ByteView, _ length: Int, isRewritten: Bool) -> ParsedResponse {
        status = responseHead.status
        isUpstreamReusable = responseHead.keepAlive
        deadline = worker.now + worker.limits.upstreamIdleMilliseconds
        let available = view.count - length
        var isWhole = false
        switch responseHead.framing {
        case .none:
            responseProgress = .complete
            isWhole = true
            if available > 0 { isUpstreamReusable = false }
        case .length(let declared):
            isWhole = UInt64(available) >= declared
            responseProgress = isWhole ? .complete : .length(declared)
            if UInt64(available) > declared { isUpstreamReusable = false }
        case .chunked:
            responseProgress = .chunked
            responseChunks = ChunkedDecoder()
            responseTrailers.removeAll()
        case .untilClose:
            responseProgress = .untilClose
            isUpstreamReusable = false
        }
        frameAnswer()
        if answerHandling != .pass {
            if isWhole {
                guard case .length(let declared) = responseHead.framing, isFit(view[length, length + Int(declared)]) else {
                    return .unfit
                }
            } else if beginKeeping(view[0, length]) {
                return .started(length)
            }
        }
        isAnswerStarted = true
        let scratch = worker.scratch
        scratch.removeAll()
        ClientResponseHead.write(
            responseHead, bytes: view, request: request, isChunked: isAnswerChunked,
            bodyCount: isRewritten ? responseBody.count : nil,
            closes: mustCloseClient, date: worker.date, to: scratch)
        if isRewritten {
            scratch.append(responseBody.view)
        } else if isWhole, case .length(let declared) = responseHead.framing {
            scratch.append(view[length, length + Int(declared)])
        }
        client?.write(worker.fill(scratch))
        return isWhole ? .complete : .started(length)
    }

    /// Decides how the client learns where the answer ends.
    private func frameAnswer() {
        switch responseProgress {
        case .chunked, .untilClose:
            if request.head.minorVersion >= 1 { isAnswerChunked = true } else { mustCloseClient = true }
        case .none, .length, .tunnel, .complete: break
        }
    }

    private func relay(_ bytes: ByteBuffer) {
        var bytes = bytes
        switch responseProgress {
        case .length(let remaining):
            let count = Int(min(UInt64(bytes.readableBytes), remaining))
            if bytes.readableBytes > count { isUpstreamReusable = false }
            if let part = bytes.readSlice(length: count) {
                if answerHandling != .pass { part.withUnsafeReadableBytes { keep(ByteView($0)) } }
                if answerHandling != .hold { client?.write(part) }
            }
            responseProgress = remaining == UInt64(count) ? .complete : .length(remaining - UInt64(count))
        case .chunked: relayChunks(bytes)
        case .untilClose:
            let scratch = worker.scratch
            scratch.removeAll()
            bytes.withUnsafeReadableBytes { passPart(ByteView($0), to: scratch) }
            if scratch.count > 0 { client?.write(worker.fill(scratch)) }
        case .none, .tunnel, .complete: return
        }
        if answerHandling == .hold, request.problem != nil { return refuseAnswer() }
        if case .complete = responseProgress { answerEnded() }
    }

    private func relayChunks(_ bytes: ByteBuffer) {
        let scratch = worker.scratch
        scratch.removeAll()
        var failed = false
        bytes.withUnsafeReadableBytes { raw in
            let view = ByteView(raw)
            var position = 0
            while position < view.count {
                switch responseChunks.next(view, from: position, trailers: responseTrailers, limits: worker.limits.upstreamHead) {
                case .data(let range, let next):
                    position = next
                    passPart(view[range], to: scratch)
                case .needMore: return
                case .end(let next):
                    if next < view.count { isUpstreamReusable = false }
                    if answerHandling != .hold { writeEnd(to: scratch) }
                    responseProgress = .complete
                    return
                case .invalid:
                    failed = true
                    return
                }
            }
        }
        if failed { return upstreamMisbehaved() }
        if scratch.count > 0 { client?.write(worker.fill(scratch)) }
    }

    /// Appends a part of the answer's body as the client is told where it ends.
    func writePart(_ data: ByteView, to scratch: ByteWriter) {
        if isAnswerChunked { HeadWriter.appendChunk(data, to: scratch) } else { scratch.append(data) }
    }

    /// Appends what ends the answer's body, with the trailers there are.
    func writeEnd(to scratch: ByteWriter) {
        if isAnswerChunked { HeadWriter.appendLastChunk(trailers: responseTrailers.view, to: scratch) }
    }

    private func answerEnded() {
        responseProgress = .complete
        if answerHandling != .pass, !settleAnswer() { return respondProblem() }
        // An answer that came before the request was whole ends both: nobody wants the rest of the body.
        if !isRequestComplete {
            mustCloseClient = true
            isUpstreamReusable = false
        }
        finish()
    }

    // MARK: Endings that are not the answer's

    /// The upstream ended the connection, or its direction of it.
    func upstreamEnded(_ connection: UpstreamConnection, isHalf: Bool) {
        switch responseProgress {
        case .none: upstreamDied(connection)
        case .untilClose:
            if isAnswerChunked, answerHandling != .hold {
                let scratch = worker.scratch
                scratch.removeAll()
                writeEnd(to: scratch)
                client?.write(worker.fill(scratch))
            }
            answerEnded()
        case .length, .chunked:
            if isAnswerStarted { return abort() }
            detach(connection)
            fail(.badGateway, "the service broke off its answer")
        case .tunnel: tunnelUpstreamEnded(isHalf: isHalf)
        case .complete: isUpstreamReusable = false
        }
    }

    /// A pooled connection may have been closed by the upstream at the moment it was chosen. If nothing was answered and sending
    /// twice is harmless, the request goes out once more on another connection.
    private func upstreamDied(_ connection: UpstreamConnection) {
        let isStale = connection.isReused && pendingResponse == nil
        detach(connection)
        if isStale, !hasReplayed, bodyMode == .collect, request.head.method.isSafe, let pool = httpUpstream {
            hasReplayed = true
            worker.counters.replays.add()
            guard let next = pool.acquire(for: self, isFresh: true) else { return }
            return send(on: next)
        }
        if retriesCall(after: .connection) { return }
        fail(.badGateway, "the service closed the connection without an answer")
    }

    private func upstreamMisbehaved() {
        worker.counters.upstreamFaults.add()
        if isAnswerStarted { return abort() }
        if let upstream { detach(upstream) }
        if case .none = responseProgress, retriesCall(after: .connection) { return }
        fail(.badGateway, "the service's answer is not valid HTTP")
    }

    /// The upstream said nothing for too long.
    func upstreamTimedOut() {
        if case .tunnel = responseProgress { return finish() }
        if isAnswerStarted, stream == nil { return abort() }
        if let upstream { detach(upstream) }
        settleCall(.deadline)
        request.reject(.gatewayTimeout, "the service did not answer in time")
        endWithProblem()
    }

    /// Gives up an upstream whose answer is not wanted or not to be had; the exchange goes on without it.
    func detach(_ connection: UpstreamConnection) {
        upstream = nil
        pendingResponse = nil
        heldHead = nil
        connection.exchange = nil
        connection.pool.release(connection, reusable: false)
    }
}
