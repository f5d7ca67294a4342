import Bytes
public import HTTP1
import HTTPSemantics
public import JSON
public import ProblemDetails
public import Transcoding

/// Why a connection's bytes were refused before they were a request.
public enum HeadRefusal: Sendable {
    case fault(HTTP1Fault)
    /// The head did not arrive in time.
    case headTimeout
    /// The process has as many connections as it may have.
    case tooManyConnections
}

/// Every way a request is refused, as the one problem document it becomes.
extension RequestContext {
    public func reject(_ refusal: HeadRefusal) {
        switch refusal {
        case .fault(let fault): reject(fault)
        case .headTimeout: reject(Problem(.badRequest, "the request head did not arrive in time", status: 408))
        case .tooManyConnections:
            reject(Problem(.serviceUnavailable, "the gateway has too many connections", retryAfterSeconds: 1))
        }
    }

    public func reject(_ fault: HTTP1Fault) {
        var problem = Problem(Self.slug(of: fault), detail: .literal(fault.code), status: fault.status)
        problem.extras = [ProblemMember(name: "code", value: fault.code.description)]
        isMalformed = true
        reject(problem)
    }

    /// The audit trail has no room, and nothing may be served without a record.
    func rejectWithoutRecord() {
        reject(Problem(.serviceUnavailable, "the audit trail cannot take more at present", retryAfterSeconds: 1))
    }

    /// The version is no longer served.
    func rejectSunset(_ notice: VersionNotice) {
        var problem = Problem(
            .versionSunset, "this version of the API is no longer served; its documents are at /api-docs, with the other versions"
        )
        problem.extras = [
            ProblemMember(name: "version", value: notice.version.text),
            ProblemMember(name: "sunset", value: UTCTime(unixSeconds: notice.sunset).text),
        ]
        reject(problem)
    }

    public func rejectSlowBody() {
        reject(Problem(.badRequest, "the request body arrived too slowly", status: 408))
    }

    /// A JSON body that is not JSON.
    /// - Parameter index: Position of the message in a stream of them; pointers then begin with it, as in an array. Nil for a whole body.
    public func reject(_ fault: JSONFault, inMessage index: Int? = nil) {
        reject(
            Problem(
                .validationFailed, detail: .literal("the request body is not valid JSON"),
                errors: [
                    ProblemFieldError(
                        field: "body", pointer: Self.pointer(to: index), code: "invalid-json",
                        message: "\(fault.code.rawValue) at byte \(fault.offset)")
                ]))
    }

    /// A request that is not what its description says.
    public func reject(_ errors: [ProblemFieldError], _ detail: StaticString, inMessage index: Int? = nil) {
        let placed = index.map { index in
            errors.map {
                ProblemFieldError(
                    field: $0.field, pointer: Self.pointer(to: index) + $0.pointer, code: $0.code, message: $0.message,
                    subject: $0.subject)
            }
        }
        reject(Problem(.validationFailed, detail: .literal(detail), errors: placed ?? errors))
    }

    /// A body that is no stream of messages after its first `index` ones.
    public func reject(_ fault: JSONItems.Fault, inMessage index: Int) {
        reject(
            Problem(
                .validationFailed, detail: .literal("the request body is not a stream of JSON values"),
                errors: [
                    ProblemFieldError(
                        field: "body", pointer: fault == .notAnArray ? "" : Self.pointer(to: index), code: fault.rawValue,
                        message: "Must be the elements of one array.")
                ]))
    }

    private static func pointer(to index: Int?) -> String { index.map { "/\($0)" } ?? "" }

    /// A body or parameter that does not fit the gRPC method.
    public func reject(_ fault: TranscodingFault, inMessage index: Int? = nil) {
        reject(
            Problem(
                .validationFailed, detail: .literal("the request does not fit the operation"),
                errors: [
                    ProblemFieldError(
                        field: fault.field, pointer: (fault.place == .body ? Self.pointer(to: index) : "") + fault.pointer,
                        code: fault.code.rawValue, message: fault.message)
                ]))
    }

    /// An answer of the upstream that cannot be translated; nothing of it is shown.
    public func rejectUpstreamAnswer() {
        reject(.upstreamResponseInvalid, "the service's answer does not fit its description")
    }

    private static func slug(of fault: HTTP1Fault) -> ProblemSlug {
        switch fault.status {
        case 414: .uriTooLong
        case 431: .headerFieldsTooLarge
        case 501: .notImplemented
        default: .badRequest
        }
    }
}
