public import Bytes
public import ProblemDetails
public import Transcoding

/// How a gRPC call failed, as far as the answer to the client depends on it.
public struct CallFailure {
    /// Who ended the call.
    public enum Origin: Sendable {
        /// The service, with a status of its own.
        case service
        /// Nobody: no connection could be made.
        case connect
        /// The connection or stream broke off.
        case reset
        /// The service's bytes were not gRPC.
        case protocolViolation
        /// Our deadline.
        case deadline
        /// Our queue: too many calls wait.
        case overloaded
        case cancelled
    }

    public let status: GRPCStatus
    /// `grpc-message`, percent-decoded; valid only while the call's outcome is.
    public let message: ByteView
    /// The serialized `google.rpc.Status`, empty when there was none; valid only while the call's outcome is.
    public let details: ByteView
    public let origin: Origin

    public init(status: GRPCStatus, message: ByteView, details: ByteView = .empty, origin: Origin) {
        self.status = status
        self.message = message
        self.details = details
        self.origin = origin
    }

    /// The problem document the failure becomes.
    /// - Parameter call: Says where in the request body a field stands that the service complains of; nil leaves that out.
    public func problem(of call: CallProgram?) -> Problem {
        switch origin {
        case .connect: Problem(.serviceUnavailable, "the service could not be reached")
        case .overloaded: Problem(.serviceUnavailable, "too many calls wait for this service", retryAfterSeconds: 1)
        case .deadline: Problem(.gatewayTimeout, "the service did not answer in time")
        case .reset: Problem(.badGateway, "the service broke off the call")
        case .protocolViolation: Problem(.badGateway, "the service's answer is not valid gRPC")
        case .cancelled: Problem(.serviceUnavailable, "the call was cancelled")
        case .service: serviceProblem(call)
        }
    }

    /// A status of the service itself. Texts and details of statuses that tell of its inside stay there, but for when to retry.
    private func serviceProblem(_ call: CallProgram?) -> Problem {
        let isInternal = status.isUpstreamFailure
        let details = StatusDetails(details, call: call)
        // A 429 always says when to come back; one second when the service does not.
        let retry = details.retrySeconds ?? (status == .resourceExhausted ? 1 : nil)
        guard !isInternal else {
            return Problem(slug, detail: .literal(status.name), status: status.httpStatus, retryAfterSeconds: retry)
        }
        let isValidation = status == .invalidArgument && !details.violations.isEmpty
        return Problem(
            isValidation ? .validationFailed : slug, detail: detail(details), status: status.httpStatus, retryAfterSeconds: retry,
            extras: details.members, errors: details.violations)
    }

    private var slug: ProblemSlug {
        let name = ByteView(status.problemSlug ?? "bad-gateway")
        return ProblemSlug.allCases.first { ByteView($0.text) == name } ?? .badGateway
    }

    /// The message for people before the one for developers; the status's name where there is neither.
    private func detail(_ details: StatusDetails) -> Problem.Detail {
        if !details.localizedMessage.isEmpty { return .bytes(Array(details.localizedMessage.utf8)) }
        return message.isEmpty ? .literal(status.name) : .bytes(Array(message))
    }
}

extension RequestContext {
    public func reject(_ failure: CallFailure) { reject(failure.problem(of: operation?.call)) }
}
