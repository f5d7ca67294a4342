import Bytes
import CircuitBreaking
import GatewayCore
import HTTP1
import HTTPSemantics
import NIOCore
import ProblemDetails

/// The HTTP/1.1 upstream: sending the request, and every way request or answer can end early. `Exchange+Answer` reads the answer.
extension Exchange {
    /// Sends the admitted request, its body collected or about to stream.
    func forward() {
        guard let operation = request.operation else { return fail(.internal, "the request has no operation") }
        if bodyMode == .collect, !worker.validateBody(request, body.view) { return refuseBody() }
        if let explanation = request.explanation { return explainCall(operation, explanation) }
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

    func upstreamMisbehaved() {
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
