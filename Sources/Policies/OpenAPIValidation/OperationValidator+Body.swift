public import Bytes
public import JSON
import JSONSchema
public import ProblemDetails

extension OperationValidator {
    /// Names must be unique: which of two members counts is exactly what validator and upstream could disagree on.
    public static let bodyLimits = JSONLimits(rejectDuplicateNames: true)

    /// Whether the operation cannot do without a body.
    public var needsBody: Bool { draft.isBodyRequired }

    /// What is to be done with a request body of a media type.
    ///
    /// - Parameter contentType: the value of `Content-Type`; nil when there is none, which is read as
    ///   `application/octet-stream` (RFC 9110 section 8.3). Callers with two such lines pass an empty view, which is no type.
    public func bodyPlan(contentType: ByteView?) -> BodyPlan {
        draft.hasBody && draft.requestMessage < 0 ? plan(draft.body, contentType) : .unchecked
    }

    /// The plan for a body by the media types of a run.
    func plan(_ run: Run, _ contentType: ByteView?) -> BodyPlan {
        if let contentType, let rule = table.jsonRule(named: contentType, in: run) {
            return table.media[rule].entry >= 0 ? BodyPlan(kind: .json, media: rule) : .unchecked
        }
        guard let content = ContentType(contentType ?? ByteView("application/octet-stream")),
            let rule = table.rule(for: content, in: run)
        else { return .unsupported }
        let media = table.media[rule]
        guard media.entry >= 0 else { return .unchecked }
        if content.isJSON { return BodyPlan(kind: .json, media: rule) }
        if media.owner != 0 {
            if content.isForm { return BodyPlan(kind: .form, media: rule) }
            if content.isMultipartForm { return BodyPlan(kind: .multipart, media: rule) }
        }
        return media.checksText && content.isReadableText ? BodyPlan(kind: .text, media: rule) : .unchecked
    }

    /// Checks one message of a request that is a stream of them.
    public func checkRequestMessage(
        _ message: JSONTape, scratch: ValidationScratch, mostErrors: Int = OperationValidator.mostErrors
    ) -> [ProblemFieldError] {
        draft.requestMessage < 0 ? [] : check(message, draft.requestMessage, table.request, scratch, mostErrors)
    }

    /// Checks JSON against the schema of a media type.
    func check(
        _ tape: JSONTape, _ media: Int, _ program: SchemaProgram?, _ scratch: ValidationScratch, _ mostErrors: Int
    ) -> [ProblemFieldError] {
        let entry = Int(table.media[media].entry)
        guard let program, !program.isValid(tape, entry: entry, scratch: scratch.schema) else { return [] }
        var check = ValueCheck(table, scratch, program, mostErrors: mostErrors)
        check.addErrors(program.validate(tape, entry: entry, scratch: scratch.schema, maxErrors: mostErrors), "body")
        return check.errors
    }

    /// The fault of a request without a body; nil when it needs none.
    public func checkAbsentBody() -> ProblemFieldError? {
        draft.isBodyRequired ? Self.missingBody : nil
    }

    /// What is wrong where a body is needed and missing.
    public static let missingBody = ProblemFieldError(
        field: "body", pointer: "", code: "required", message: "The body is missing.")

    /// Checks a whole request body that is not empty.
    ///
    /// - Parameters:
    ///   - plan: what `bodyPlan` answered; nothing is checked unless it needs the whole body.
    ///   - contentType: the value that the plan was made from.
    ///   - tape: where a JSON body is parsed; it holds the body afterwards unless that is no JSON.
    public func checkBody(
        _ plan: BodyPlan, _ body: ByteView, contentType: ByteView, tape: JSONTape, scratch: ValidationScratch,
        mostErrors: Int = OperationValidator.mostErrors
    ) -> [ProblemFieldError] {
        check(plan, body, contentType: contentType, table.request, tape, scratch, mostErrors)
    }

    func check(
        _ plan: BodyPlan, _ body: ByteView, contentType: ByteView, _ program: SchemaProgram?, _ tape: JSONTape,
        _ scratch: ValidationScratch, _ mostErrors: Int
    ) -> [ProblemFieldError] {
        guard plan.needsWholeBody, let program else { return [] }
        let media = table.media[plan.media]
        switch plan.kind {
        case .unchecked, .unsupported: return []
        case .json:
            if let fault = tape.parse(body, limits: Self.bodyLimits) {
                return [
                    ProblemFieldError(
                        field: "body", pointer: "", code: "invalid-json",
                        message: "\(fault.code.rawValue) at byte \(fault.offset)")
                ]
            }
            return check(tape, plan.media, program, scratch, mostErrors)
        case .text:
            var check = FormCheck(table, scratch, program, media, mostErrors: mostErrors)
            check.text(body)
            return check.errors
        case .form:
            var check = FormCheck(table, scratch, program, media, mostErrors: mostErrors)
            check.form(body)
            return check.errors
        case .multipart:
            var check = FormCheck(table, scratch, program, media, mostErrors: mostErrors)
            check.multipart(body, boundary: ContentType(contentType)?.parameter(ByteView("boundary")) ?? .empty)
            return check.errors
        }
    }
}
