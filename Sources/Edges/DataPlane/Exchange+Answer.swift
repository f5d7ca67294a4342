import Bytes
import CircuitBreaking
import GatewayCore
import HTTP1
import HTTPSemantics
import NIOCore
import ProblemDetails

/// The answer of an HTTP/1.1 upstream: its head, then its body in whatever framing, on its way to the client.
extension Exchange {
    /// Reads the answer's head, once all of it is there, and what follows it.
    func readResponseHead(_ arrived: ByteBuffer) {
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
        responseTrailers.removeAll()
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

    /// Passes a part of the answer's body on, or keeps it.
    func relay(_ bytes: ByteBuffer) {
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

    /// The answer has come to its end.
    func answerEnded() {
        responseProgress = .complete
        if answerHandling != .pass, !settleAnswer() { return respondProblem() }
        // An answer that came before the request was whole ends both: nobody wants the rest of the body.
        if !isRequestComplete {
            mustCloseClient = true
            isUpstreamReusable = false
        }
        finish()
    }
}
