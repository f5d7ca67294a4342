import Bytes
import CircuitBreaking
import GatewayCore
import ProblemDetails
import Routing
import Transcoding

/// The gRPC upstream: translating the request, starting the call, translating the answer or its failure.
extension Exchange {
    /// Starts the call an operation maps to; the body is collected and valid.
    func call(_ operation: Operation, of service: Service) {
        guard operation.call != nil, let headers = worker.callHeaders(operation) else {
            return fail(.serviceUnavailable, "the operation is not configured any more")
        }
        guard let upstream = worker.grpcUpstream(service) else {
            return fail(.serviceUnavailable, "the service is not configured any more")
        }
        worker.writeMetadata(request, service)
        if request.isFramedCall {
            guard let framed = headers.framed else {
                return fail(.serviceUnavailable, "the method takes no gRPC clients any more")
            }
            return callFramed(operation, framed, upstream)
        }
        if let messages { return call(operation, headers, upstream, sending: messages) }
        if let fault = worker.translate(request, body.view, of: operation) {
            request.reject(fault)
            return respondProblem()
        }
        if operation.call?.isServerStreaming == true { return callStream(operation, headers, upstream) }
        grpcUpstream = upstream
        callStart = worker.now
        grpcCall = worker.startCall(headers, on: upstream, deadline: callDeadline, owner: self)
    }

    /// The single message of a unary answer; kept until the status that follows it.
    func receiveMessage(_ message: ByteView) {
        guard let program = request.operation?.call else { return }
        responseBody.removeAll()
        hasMessage = true
        if program.answersRawBody { return receiveRaw(message, program) }
        switch worker.translate(message, of: program, for: request, into: responseBody) {
        case .success(let status):
            answerStatus = status
            // A list of statuses is the gateway's own.
            if status == 200 { _ = worker.validateTranslation(request, responseBody.view, ByteView("application/json")) }
        case .failure: request.rejectUpstreamAnswer()
        }
    }

    private func receiveRaw(_ message: ByteView, _ program: CallProgram) {
        guard let raw = program.rawBody(message) else { return request.rejectUpstreamAnswer() }
        rawType.removeAll()
        rawType.append(raw.contentType.isEmpty ? ByteView("application/octet-stream") : message[raw.contentType])
        responseBody.append(message[raw.data])
        _ = worker.validateTranslation(request, responseBody.view, rawType.view)
    }

    /// The call's outcome decides the answer.
    func finishCall(_ outcome: GRPCOutcome) {
        guard client != nil else { return }
        if let stream, stream.format == .frames { return finishFrames(outcome, stream) }
        if outcome.code == 0 {
            settleCall(.answered)
            if let stream { return endStream(stream) }
            if request.problem != nil { return respondProblem() }
            guard hasMessage else { return fail(.badGateway, "the service ended the call without an answer") }
            if request.operation?.call?.answersRawBody == true { return respondRaw() }
            return respondJSON(status: answerStatus)
        }
        if let messages, !isRequestComplete, outcome.origin == .deadline { return endSilence(messages) }
        if repeatsCall(outcome) { return forward() }
        let isUntouched = stream.map { $0.count == 0 && !$0.isCommitted } ?? true
        if isUntouched, retriesCall(after: CallFailureClass(outcome), pushback: outcome.pushback) { return }
        settleCall(CallFailureClass(outcome))
        request.reject(CallFailure(outcome))
        if let stream { endStream(stream) } else { respondProblem() }
    }

    /// A call the service has not seen goes out once more when its connection ended under it (GOAWAY, refused stream); not when
    /// it has waited already, because then there is no connection to be had.
    func repeatsCall(_ outcome: GRPCOutcome) -> Bool {
        guard outcome.neverSent, bodyMode == .collect, !hasReplayed, worker.now - callStart < Self.repeatWindowMilliseconds,
            outcome.origin == .connect || outcome.origin == .reset
        else { return false }
        hasReplayed = true
        worker.counters.replays.add()
        return true
    }

    /// How long after its start a call may be repeated: far below the wait for a connection, so that nobody waits twice.
    private static var repeatWindowMilliseconds: Int64 { 500 }
}

extension CallFailureClass {
    init(_ outcome: GRPCOutcome) {
        switch outcome.origin {
        case .upstream: self.init(grpcCode: outcome.code)
        case .connect, .reset, .protocolViolation: self = .connection
        case .deadline: self = .deadline
        case .queueFull, .cancelled: self = .notSent
        }
    }
}

extension CallFailure {
    init(_ outcome: GRPCOutcome) {
        let origin: Origin =
            switch outcome.origin {
            case .upstream: .service
            case .connect: .connect
            case .reset: .reset
            case .protocolViolation: .protocolViolation
            case .deadline: .deadline
            case .queueFull: .overloaded
            case .cancelled: .cancelled
            }
        self.init(
            status: Transcoding.GRPCStatus(code: outcome.code), message: outcome.message, details: outcome.details, origin: origin
        )
    }
}
