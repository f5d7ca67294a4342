import Bytes
import GatewayCore
import HTTP1
import NIOCore
import ProblemDetails

/// Answers of HTTP services that are held to their description: copied while they pass, or held back until they are known to be right.
extension Exchange {
    /// Checks a body that came whole with its head; false when the answer is refused.
    func isFit(_ body: ByteView) -> Bool {
        answerHandling = .pass
        return worker.validateAnswer(request, body, status: status)
    }

    /// Begins to keep a body that is still to come; true when the answer is held back with it.
    func beginKeeping(_ head: ByteView) -> Bool {
        responseBody.removeAll()
        guard answerHandling == .hold else { return false }
        var copy = ByteBuffer()
        head.withUnsafeBytes { _ = copy.writeBytes($0) }
        heldHead = copy
        return true
    }

    /// Takes a part of the body as it is to be handled.
    func passPart(_ data: ByteView, to scratch: ByteWriter) {
        if answerHandling != .pass { keep(data) }
        if answerHandling != .hold { writePart(data, to: scratch) }
    }

    /// Keeps a part of the body for the look at the whole of it.
    func keep(_ data: ByteView) {
        guard responseBody.count + data.count > Pipeline.maximumAnswerBytes else { return responseBody.append(data) }
        if answerHandling == .hold {
            worker.refuseLargeAnswer(request, status: status)
        } else {
            answerHandling = .pass
        }
    }

    /// Checks the body that was kept and sends what was held back; false when the answer is refused.
    func settleAnswer() -> Bool {
        let isHeld = answerHandling == .hold
        answerHandling = .pass
        guard worker.validateAnswer(request, responseBody.view, status: status) else { return false }
        guard isHeld, let head = heldHead.take() else { return true }
        isAnswerStarted = true
        let scratch = worker.scratch
        scratch.removeAll()
        head.withUnsafeReadableBytes {
            ClientResponseHead.write(
                responseHead, bytes: ByteView($0), request: request, isChunked: isAnswerChunked, closes: mustCloseClient,
                date: worker.date, to: scratch)
        }
        writePart(responseBody.view, to: scratch)
        writeEnd(to: scratch)
        client?.write(worker.fill(scratch))
        return true
    }

    /// Answers with the problem instead of what the service said; whatever it still says is not read.
    func refuseAnswer() {
        answerHandling = .pass
        if let upstream, !isAnswerWhole { detach(upstream) }
        respondProblem()
    }

    private var isAnswerWhole: Bool {
        if case .complete = responseProgress { true } else { false }
    }
}
