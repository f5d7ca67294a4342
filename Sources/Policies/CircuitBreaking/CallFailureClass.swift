/// What the end of a call says about the service.
///
/// The table of the contract: connect errors, our deadline, gRPC UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN and DATA_LOSS, HTTP
/// 502, 503 and 504 are failures. Everything else the service said is a success: it works, whatever it thinks of the request.
public enum CallFailureClass: String, Sendable, CaseIterable {
    /// The service answered, be it with a client error.
    case answered
    /// No connection came about, or it broke before or while the answer came, or what came was not HTTP or gRPC.
    case connection
    /// Our deadline passed, or the service said that it had.
    case deadline
    /// The service said that it cannot serve now: UNAVAILABLE, 502, 503.
    case unavailable
    /// The service broke: INTERNAL, UNKNOWN, DATA_LOSS.
    case fault
    /// A deadline passed that the client had chosen too short to judge the service by (`CallDeadline.judgesService`).
    case clientDeadline
    /// The client went away.
    case clientLeft
    /// The call did not leave the gateway: queue full, body refused, configuration replaced.
    case notSent

    /// The class of a status the service itself sent, or that stands for what it did (gRPC status codes, 0 to 16; others are UNKNOWN).
    public init(grpcCode: Int) {
        switch grpcCode {
        case 4: self = .deadline
        case 14: self = .unavailable
        case 2, 13, 15: self = .fault
        case 0...16: self = .answered
        default: self = .fault
        }
    }

    /// The class of an HTTP service's answer.
    public init(httpStatus: Int) {
        switch httpStatus {
        case 502, 503: self = .unavailable
        case 504: self = .deadline
        default: self = .answered
        }
    }

    /// What the breakers are told.
    public var outcome: CallOutcome {
        switch self {
        case .answered: .success
        case .connection, .deadline, .unavailable, .fault: .failure
        case .clientDeadline, .clientLeft, .notSent: .ignored
        }
    }
}
