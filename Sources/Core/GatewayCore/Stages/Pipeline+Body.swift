public import Bytes
import HTTP1
import HTTPSemantics
import JSON
import OpenAPI
import OpenAPIValidation
import ProblemDetails
import Transcoding

/// The request against what the operation says of it: parameters with the other stages, the body when it is there.
extension Pipeline {
    func checkParameters(_ request: RequestContext) -> Verdict {
        guard let checks = request.operation?.checks, checks.parameters != .off, !request.isFramedCall else { return .proceed }
        let errors = checks.validator.checkParameters(
            path: request.path, capture: { request.capture($0) }, query: request.query, fields: request.fields,
            head: request.headBytes.view, scratch: checking)
        return settle(errors, request, checks.parameters, "the request's parameters do not match their description")
            ? .proceed : .reject
    }

    /// Decides by the head what is to be done with the body. False when the request is refused.
    public func planBody(_ request: RequestContext) -> Bool {
        guard let operation = request.operation, let checks = operation.checks, checks.body != .off,
            !operation.isClientStreaming, !request.isFramedCall
        else { return true }
        guard request.hasBody else { return checkAbsentBody(request) }
        // Two types: the service might believe the other one.
        let isAmbiguous = request.fields.isRepeated(.contentType)
        let type = isAmbiguous ? ByteView.empty : request.fields.first(.contentType).map { request.headBytes.view[$0.value] }
        let plan = checks.validator.bodyPlan(contentType: type)
        request.bodyPlan = plan.needsWholeBody && request.isEncoded ? .unsupported : plan
        if case .length(let count) = request.head.framing, count > UInt64(operation.maximumWholeBodyBytes) {
            skipBodyCheck(request)
        }
        // What comes in chunks may still be nothing at all.
        return request.head.framing == .chunked || checkType(request, checks)
    }

    /// Lets a body pass that is too large to be held until it is whole, where nothing would be refused. False where it may not.
    @discardableResult
    public func skipBodyCheck(_ request: RequestContext) -> Bool {
        guard request.operation?.kind == .http, request.operation?.checks?.body == .report else { return false }
        request.bodyPlan = .unchecked
        return true
    }

    /// Checks a whole body as planned, and leaves that of a call in `tape`. False when the request is refused.
    public func validateBody(_ request: RequestContext, body: ByteView) -> Bool {
        guard let operation = request.operation, !request.isFramedCall else { return true }
        if body.isEmpty {
            guard operation.kind != .batch else {
                return settle(
                    [OperationValidator.missingBody], request, .enforce, "this operation needs a request body")
            }
            return !request.hasBody || checkAbsentBody(request)
        }
        var isParsed = false
        if let checks = operation.checks, checks.body != .off, !request.isBodyChecked {
            request.isBodyChecked = true
            guard checkType(request, checks) else { return false }
            let errors = checks.validator.checkBody(
                request.bodyPlan, body, contentType: request.contentType, tape: tape, scratch: checking)
            guard settle(errors, request, checks.body, "the request body does not match its description") else { return false }
            isParsed = request.bodyPlan.kind == .json && errors.isEmpty
        }
        let isTranslated = operation.kind == .batch || operation.kind == .grpc && operation.call?.takesRawBody != true
        return !isTranslated || isParsed || parse(request, body)
    }

    /// Puts a body into `tape`.
    private func parse(_ request: RequestContext, _ body: ByteView) -> Bool {
        guard request.contentType.isJSONType, !request.fields.isRepeated(.contentType) else {
            request.reject(.unsupportedMediaType, "the request body must be JSON")
            return false
        }
        guard let fault = tape.parse(body, limits: OperationValidator.bodyLimits) else { return true }
        request.reject(fault)
        return false
    }

    /// Checks one message of a stream of them, the `index`th, and leaves it in `tape`. False when the request is refused.
    public func validateMessage(_ request: RequestContext, _ message: ByteView, index: Int) -> Bool {
        if let fault = tape.parse(message, limits: OperationValidator.bodyLimits) {
            request.reject(fault, inMessage: index)
            return false
        }
        guard let checks = request.operation?.checks, checks.body != .off else { return true }
        let errors = checks.validator.checkRequestMessage(tape, scratch: checking)
        return settle(errors, request, checks.body, "the request body does not match its description", inMessage: index)
    }

    /// Whether the request may be one without a body. False when it is refused.
    public func checkAbsentBody(_ request: RequestContext) -> Bool {
        guard let checks = request.operation?.checks, checks.body != .off, let fault = checks.validator.checkAbsentBody() else {
            return true
        }
        return settle([fault], request, checks.body, "this operation needs a request body")
    }

    private func checkType(_ request: RequestContext, _ checks: MessageChecks) -> Bool {
        guard request.bodyPlan.kind == .unsupported else { return true }
        guard checks.body == .report else {
            request.reject(.unsupportedMediaType, "the operation takes no body of this media type or coding")
            return false
        }
        request.bodyPlan = .unchecked
        let isOneType = !request.isEncoded && !request.fields.isRepeated(.contentType)
        let type = isOneType ? Difference.mediaType(request.contentType) : nil
        return settle([.undeclared(type)], request, .report, "")
    }

    /// In `report` mode a fault is not the client's problem: it is noted, and the request goes on.
    private func settle(
        _ errors: [ProblemFieldError], _ request: RequestContext, _ mode: ValidationMode, _ detail: StaticString,
        inMessage index: Int? = nil
    ) -> Bool {
        if errors.isEmpty { return true }
        guard mode == .report else {
            request.reject(errors, detail, inMessage: index)
            return false
        }
        // A fault of the schema's place, whichever message shows it.
        note(errors, of: request, .request)
        return true
    }

    func note(_ errors: [ProblemFieldError], of request: RequestContext, _ direction: Difference.Direction, status: Int = 0) {
        guard let operation = request.operation else { return }
        if let explanation = request.explanation { return explanation.differences += errors }
        for error in errors {
            let difference = Difference(
                operation: operation.name, direction: direction, status: status, field: error.field, pointer: error.pointer,
                code: error.code, subject: error.subject)
            drift.record(difference, at: unixSeconds)
        }
    }
}

extension ProblemFieldError {
    fileprivate static func undeclared(_ type: String?) -> ProblemFieldError {
        ProblemFieldError(
            field: "header.Content-Type", pointer: "", code: "undeclared", message: "The operation takes no such body.",
            subject: type)
    }
}
