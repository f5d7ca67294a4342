public import Bytes
public import HTTPSemantics
public import JSON
import OpenAPI
public import ProblemDetails

extension OperationValidator {
    /// What is to be done with an answer, known from its head.
    public struct ResponsePlan {
        /// What is wrong with status, headers and media type.
        public let errors: [ProblemFieldError]
        /// What is to be done with the body.
        public let body: BodyPlan
    }

    /// Whether messages of a streamed answer are checked.
    public var checksResponseMessages: Bool { draft.responseMessage >= 0 }

    /// Checks one message of an answer that is a stream of them.
    public func checkResponseMessage(
        _ message: JSONTape, scratch: ValidationScratch, mostErrors: Int = OperationValidator.mostErrors
    ) -> [ProblemFieldError] {
        draft.responseMessage < 0 ? [] : check(message, draft.responseMessage, table.response, scratch, mostErrors)
    }

    /// Checks status, headers and media type of an answer.
    ///
    /// Answers to HEAD and those with 1xx, 204 and 304 have no body (RFC 9110 section 6.4.1): nothing is asked of one. Nor is the
    /// part of a representation that 206 carries (section 15.3.7) held to the schema of the whole.
    /// - Parameters:
    ///   - isHead: whether the request's method is HEAD.
    ///   - hasBody: whether a body follows that is not empty; where nobody knows yet, true.
    ///   - fields: the header lines; nil when the answer is made by the gateway and has none that a document could name.
    ///   - head: the bytes that the lines are ranges of.
    ///   - contentType: the value of `Content-Type`; nil without one.
    public func checkResponse(
        status: Int, isHead: Bool, hasBody: Bool, fields: FieldTable?, head: ByteView, contentType: ByteView?,
        scratch: ValidationScratch, mostErrors: Int = OperationValidator.mostErrors
    ) -> ResponsePlan {
        guard draft.checksResponses, status >= 200 else { return ResponsePlan(errors: [], body: .unchecked) }
        guard let rule = response(status) else { return ResponsePlan(errors: [Self.undeclaredStatus], body: .unchecked) }
        var errors: [ProblemFieldError] = []
        if let fields, rule.headers.count > 0 {
            var check = ValueCheck(table, scratch, table.response, mostErrors: mostErrors)
            for index in rule.headers.indices where !check.isFull { check.header(table.rules[index], fields, head) }
            errors = check.errors
        }
        let isBodiless = isHead || status == 204 || status == 304
        guard rule.hasContent, hasBody, !isBodiless else { return ResponsePlan(errors: errors, body: .unchecked) }
        let plan = plan(rule.content, contentType)
        if plan.kind == .unsupported {
            return ResponsePlan(errors: errors + [Self.undeclaredBody(contentType)], body: .unchecked)
        }
        return ResponsePlan(errors: errors, body: status == 206 ? .unchecked : plan)
    }

    private static let undeclaredStatus = ProblemFieldError(
        field: "status", pointer: "", code: "undeclared", message: "The description has no answer of this status.")
    private static func undeclaredBody(_ contentType: ByteView?) -> ProblemFieldError {
        ProblemFieldError(
            field: "header.Content-Type", pointer: "", code: "undeclared",
            message: "The description has no body of this media type.", subject: contentType.flatMap { ContentType($0)?.name })
    }

    /// Checks the whole body of an answer by what `checkResponse` answered; it is not empty.
    ///
    /// - Parameter tape: where a JSON body is parsed; another one than the request's if that is still needed.
    public func checkResponseBody(
        _ plan: BodyPlan, _ body: ByteView, tape: JSONTape, scratch: ValidationScratch,
        mostErrors: Int = OperationValidator.mostErrors
    ) -> [ProblemFieldError] {
        check(plan, body, contentType: .empty, table.response, tape, scratch, mostErrors)
    }

    /// What is said of a status: by its code, else by its hundred, else by default.
    private func response(_ status: Int) -> ResponseRule? {
        var found: ResponseRule?
        var best = 0
        for rule in draft.responses {
            let rank =
                switch rule.status {
                case .code(let code): code == status ? 3 : 0
                case .range(let hundred): hundred == status / 100 ? 2 : 0
                case .default: 1
                }
            if rank > best { (best, found) = (rank, rule) }
        }
        return found
    }
}
