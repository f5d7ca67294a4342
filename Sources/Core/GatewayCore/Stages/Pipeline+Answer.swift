public import Bytes
public import HTTP1
import HTTPSemantics
import JSON
import OpenAPI
import OpenAPIValidation
import ProblemDetails

/// What becomes of an answer's body on its way to the client.
public enum AnswerHandling: Sendable {
    /// It passes as it comes.
    case pass
    /// It passes as it comes and is looked at when it is whole.
    case copy
    /// It is held back until it is whole and known to be right.
    case hold
    /// The answer is not what its description says; the request holds the problem.
    case refuse
}

/// Answers against what the operation says of them.
extension Pipeline {
    /// Bytes of an answer that are kept for a look at the whole of it. A larger one passes unseen in `report` mode and is refused in
    /// `enforce` mode.
    public static let maximumAnswerBytes = 4 << 20

    /// Decides by its head what is to be done with the answer of an HTTP service.
    public func planAnswer(_ request: RequestContext, _ head: ResponseHead, _ bytes: ByteView) -> AnswerHandling {
        guard let checks = request.operation?.checks, checks.answer != .off else { return .pass }
        let type = head.fields.first(.contentType).map { bytes[$0.value] }
        // The platform's own form of failure needs no description.
        if head.status >= 400, type?.mediaType.equalsIgnoringCase("application/problem+json") == true { return .pass }
        let plan = checks.validator.checkResponse(
            status: head.status, isHead: request.head.method == .head, hasBody: head.framing != .none, fields: head.fields,
            head: bytes,
            contentType: type, scratch: checking)
        guard settle(plan.errors, request, checks, status: head.status) else { return .refuse }
        request.answerPlan = plan.body
        guard plan.body.needsWholeBody else { return .pass }
        let isLarge = if case .length(let count) = head.framing { count > UInt64(Self.maximumAnswerBytes) } else { false }
        let isEncoded = head.fields.first(.contentEncoding).map { !bytes[$0.value].equalsIgnoringCase("identity") } ?? false
        guard isLarge || isEncoded else { return checks.answer == .report ? .copy : .hold }
        if checks.answer == .report { return .pass }
        return settle([isLarge ? .tooLarge : .encoded], request, checks, status: head.status) ? .pass : .refuse
    }

    /// Refuses an answer that turned out to be larger than what is held back.
    public func refuseLargeAnswer(_ request: RequestContext, status: Int) {
        if let checks = request.operation?.checks { _ = settle([.tooLarge], request, checks, status: status) }
    }

    /// Checks the whole body of an answer as planned. False when the answer is refused.
    public func validateAnswer(_ request: RequestContext, _ body: ByteView, status: Int) -> Bool {
        guard let checks = request.operation?.checks, request.answerPlan.needsWholeBody else { return true }
        guard !body.isEmpty else { return true }
        let errors = checks.validator.checkResponseBody(request.answerPlan, body, tape: tape, scratch: checking)
        return settle(errors, request, checks, status: status)
    }

    /// Checks the answer that a call's message was translated to. False when it is refused.
    public func validateTranslation(
        _ request: RequestContext, _ body: ByteView, status: Int, contentType: ByteView
    ) -> Bool {
        guard let checks = request.operation?.checks, checks.answer != .off else { return true }
        let plan = checks.validator.checkResponse(
            status: status, isHead: request.head.method == .head, hasBody: !body.isEmpty, fields: nil, head: .empty,
            contentType: contentType,
            scratch: checking)
        request.answerPlan = plan.body
        return settle(plan.errors, request, checks, status: status) && validateAnswer(request, body, status: status)
    }

    /// Checks one message of a streamed answer. False when it is refused.
    public func validateAnswerMessage(_ request: RequestContext, _ message: ByteView) -> Bool {
        guard let checks = request.operation?.checks, checks.answer != .off, checks.validator.checksResponseMessages,
            tape.parse(message) == nil
        else { return true }
        return settle(checks.validator.checkResponseMessage(tape, scratch: checking), request, checks, status: 200)
    }

    private func settle(_ errors: [ProblemFieldError], _ request: RequestContext, _ checks: MessageChecks, status: Int) -> Bool {
        if errors.isEmpty { return true }
        note(errors, of: request, .response, status: status)
        guard checks.answer == .enforce else { return true }
        request.rejectUpstreamAnswer()
        return false
    }
}

extension ProblemFieldError {
    fileprivate static let tooLarge = ProblemFieldError(
        field: "body", pointer: "", code: "too-large", message: "The body is too large to be checked.")
    fileprivate static let encoded = ProblemFieldError(
        field: "header.Content-Encoding", pointer: "", code: "undeclared",
        message: "The body is encoded and was not asked for so.")
}
