public import Bytes
import HTTP1
import HTTPSemantics
import JSON
import JSONSchema
import ProblemDetails
import Transcoding

/// The request body against what the operation says of it; runs when the body is whole.
extension Pipeline {
    /// Faults listed in one problem document: enough to mend a form, too few to be an attack on ourselves.
    static let maximumReportedErrors = 32
    /// A body's names must be unique: which of two members counts is exactly what validator and upstream could disagree on.
    private static let bodyLimits: JSONLimits = {
        var limits = JSONLimits.default
        limits.rejectDuplicateNames = true
        return limits
    }()

    /// Checks media type, JSON and schema. False when the request is refused.
    ///
    /// The parsed body stays in `tape` until the loop's next request, for the transcoder to read.
    public func validateBody(_ request: RequestContext, body: ByteView) -> Bool {
        guard let operation = request.operation, operation.needsWholeBody else { return true }
        let mode = operation.kind == .grpc ? ValidationMode.enforce : operation.validation
        if body.isEmpty { return checkAbsentBody(request, operation, mode) }
        if operation.call?.takesRawBody == true { return true }
        guard isJSON(request) else {
            return settle(request, mode) { $0.reject(.unsupportedMediaType, "the request body must be JSON") }
        }
        if let fault = tape.parse(body, limits: Self.bodyLimits) {
            return settle(request, mode) { $0.reject(fault) }
        }
        request.hasJSONBody = true
        guard operation.validation != .off else { return true }
        let errors = operation.bodySchema?.validate(tape, scratch: schemaScratch, maxErrors: Self.maximumReportedErrors)
        guard let errors, !errors.isEmpty else { return true }
        return settle(request, operation.validation) { $0.reject(errors) }
    }

    private func checkAbsentBody(_ request: RequestContext, _ operation: Operation, _ mode: ValidationMode) -> Bool {
        guard operation.isBodyRequired else { return true }
        return settle(request, mode) { $0.rejectMissingBody() }
    }

    /// In `report` mode a fault is not the client's problem: it is noted, and the request goes on.
    private func settle(_ request: RequestContext, _ mode: ValidationMode, _ refuse: (RequestContext) -> Void) -> Bool {
        guard mode != .off else { return true }
        refuse(request)
        guard mode == .report else { return false }
        if let problem = request.forgive() { note(problem, of: request) }
        return true
    }

    private func note(_ problem: Problem, of request: RequestContext) {
        guard let operation = request.operation else { return }
        func record(_ field: String, _ pointer: String, _ code: String) {
            let difference = Difference(
                operation: operation.name, direction: .request, field: field, pointer: pointer, code: code)
            drift.record(difference, at: unixSeconds)
        }
        if problem.errors.isEmpty { return record("body", "", "\(problem.slug.text)") }
        for error in problem.errors { record(error.field, error.pointer, error.code) }
    }

    private func isJSON(_ request: RequestContext) -> Bool {
        // Two types: the service might believe the other one.
        let fields = request.fields
        guard let line = fields.first(.contentType), !fields.isRepeated(.contentType) else { return false }
        return request.headBytes.view[line.value].isJSONType
    }
}
