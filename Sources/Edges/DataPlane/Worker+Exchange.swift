import Bytes
import CircuitBreaking
import GatewayCore
import HTTP1
import HTTPSemantics
import NIOCore
import ProblemDetails
import Transcoding

/// What exchanges do with what their worker owns.
///
/// Here and not with the exchange, because only what `self` holds directly is used without being counted: each reference reached
/// through another one costs two locked instructions.
extension Worker {
    /// Runs the admission stages from where they stopped.
    func admit(_ request: RequestContext) -> Verdict { pipeline.run(request) }

    func planBody(_ request: RequestContext) -> Bool { pipeline.planBody(request) }

    func skipBodyCheck(_ request: RequestContext) -> Bool { pipeline.skipBodyCheck(request) }

    func validateBody(_ request: RequestContext, _ body: ByteView) -> Bool { pipeline.validateBody(request, body: body) }

    func planAnswer(_ request: RequestContext, _ head: ResponseHead, _ bytes: ByteView) -> AnswerHandling {
        pipeline.planAnswer(request, head, bytes)
    }

    func validateAnswer(_ request: RequestContext, _ body: ByteView, status: Int) -> Bool {
        pipeline.validateAnswer(request, body, status: status)
    }

    func refuseLargeAnswer(_ request: RequestContext, status: Int) { pipeline.refuseLargeAnswer(request, status: status) }

    func validateTranslation(_ request: RequestContext, _ body: ByteView, _ contentType: ByteView) -> Bool {
        pipeline.validateTranslation(request, body, status: 200, contentType: contentType)
    }

    func validateAnswerMessage(_ request: RequestContext, _ message: ByteView) -> Bool {
        pipeline.validateAnswerMessage(request, message)
    }

    func callGuard(_ service: Service) -> CallGuard? { upstreams.callGuard(service) }

    func countAnswer(_ status: Int) { counters.answered(status: status) }

    /// Leaves the request's record in the audit trail, unless it is there already.
    func record(_ request: RequestContext, status: Int, attempts: Int, since start: Int64, isComplete: Bool) {
        audit?.record(
            request, status: status, attempts: attempts, isComplete: isComplete, unixMilliseconds: unixMilliseconds,
            durationMs: now &- start)
    }

    /// Puts the request's message into `message`.
    func translate(_ request: RequestContext, _ body: ByteView, of operation: Operation) -> TranscodingFault? {
        message.removeAll()
        if body.count > 0, operation.call?.takesRawBody == true {
            return operation.call?.encodeRequest(
                rawBody: body, contentType: request.contentType, path: request.path, captures: { request.capture($0) },
                query: request.query, into: message, scratch: transcoding)
        }
        return operation.call?.encodeRequest(
            body: body.isEmpty ? nil : pipeline.tape, path: request.path, captures: { request.capture($0) },
            query: request.query, into: message, scratch: transcoding)
    }

    /// Puts what the service is told of the request into `metadata`.
    func writeMetadata(_ request: RequestContext, _ service: Service) {
        CallMetadata.write(request, service: service, to: metadata)
    }

    /// Starts the call of `message` and `metadata`.
    func startCall(
        _ headers: GRPCMethodHeaders, on upstream: GRPCUpstream, deadline: CallDeadline, owner: GRPCCallOwner
    ) -> GRPCCallHandle {
        upstream.start(
            headers, metadata: metadata, message: message.view, timeoutMilliseconds: Int(deadline.remaining(at: now)),
            owner: owner, tag: 0, nowMilliseconds: now)
    }

    /// Writes the JSON that answers a call to `out`; the answer's status, or nil when the service's message is none.
    func translate(
        _ message: ByteView, of program: CallProgram, for request: RequestContext, into out: ByteWriter
    ) -> Result<Int, TranscodingFault> {
        request.writeAnswer(message, of: program, into: out, scratch: transcoding)
    }

    /// An answer of the gateway's making as the buffer to write.
    func answer(
        _ status: Int, _ contentType: ByteView, _ body: ByteView, to request: RequestContext, problem: Problem?, closes: Bool
    ) -> ByteBuffer {
        scratch.removeAll()
        ClientResponseHead.writeOwn(
            status: status, contentType: contentType, bodyCount: body.count, request: request, problem: problem, closes: closes,
            date: date, to: scratch)
        if request.head.method != .head { scratch.append(body) }
        return fill(scratch)
    }

    func preflightAnswer(to request: RequestContext, closes: Bool) -> ByteBuffer {
        scratch.removeAll()
        ClientResponseHead.writePreflight(request: request, closes: closes, date: date, to: scratch)
        return fill(scratch)
    }
}
