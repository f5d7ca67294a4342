/// The outcome of a gRPC call (google/rpc/code.proto), with the HTTP answer that stands for it.
public enum GRPCStatus: UInt8, Sendable, CaseIterable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16

    /// The status of a `grpc-status` value; a number that is not one of the seventeen is `unknown`, as the gRPC protocol says.
    public init(code: Int) { self = UInt8(exactly: code).flatMap(GRPCStatus.init(rawValue:)) ?? .unknown }

    /// What a response without `grpc-status` means by its HTTP status (gRPC, "HTTP to gRPC Status Code Mapping").
    public init(httpStatus: Int) {
        switch httpStatus {
        case 400: self = .internal
        case 401: self = .unauthenticated
        case 403: self = .permissionDenied
        case 404: self = .unimplemented
        case 429, 502, 503, 504: self = .unavailable
        default: self = .unknown
        }
    }

    /// The HTTP status of google/rpc/code.proto.
    public var httpStatus: Int {
        switch self {
        case .ok: 200
        case .cancelled: 499
        case .invalidArgument, .failedPrecondition, .outOfRange: 400
        case .unauthenticated: 401
        case .permissionDenied: 403
        case .notFound: 404
        case .alreadyExists, .aborted: 409
        case .resourceExhausted: 429
        case .unknown, .internal, .dataLoss: 500
        case .unimplemented: 501
        case .unavailable: 503
        case .deadlineExceeded: 504
        }
    }

    /// The problem type of the answer; nil for `ok`.
    public var problemSlug: StaticString? {
        switch self {
        case .ok: nil
        case .cancelled: "client-closed-request"
        case .invalidArgument, .failedPrecondition, .outOfRange: "bad-request"
        case .unauthenticated: "unauthorized"
        case .permissionDenied: "forbidden"
        case .notFound: "not-found"
        case .alreadyExists, .aborted: "conflict"
        case .resourceExhausted: "rate-limit-exceeded"
        case .unknown, .internal, .dataLoss: "internal"
        case .unimplemented: "not-implemented"
        case .unavailable: "service-unavailable"
        case .deadlineExceeded: "gateway-timeout"
        }
    }

    /// Whether the upstream itself failed, as circuit breakers count it: never a client error.
    public var isUpstreamFailure: Bool {
        switch self {
        case .unavailable, .deadlineExceeded, .internal, .unknown, .dataLoss: true
        default: false
        }
    }

    /// The name of the code in google/rpc/code.proto.
    public var name: StaticString {
        switch self {
        case .ok: "OK"
        case .cancelled: "CANCELLED"
        case .unknown: "UNKNOWN"
        case .invalidArgument: "INVALID_ARGUMENT"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .permissionDenied: "PERMISSION_DENIED"
        case .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .failedPrecondition: "FAILED_PRECONDITION"
        case .aborted: "ABORTED"
        case .outOfRange: "OUT_OF_RANGE"
        case .unimplemented: "UNIMPLEMENTED"
        case .internal: "INTERNAL"
        case .unavailable: "UNAVAILABLE"
        case .dataLoss: "DATA_LOSS"
        case .unauthenticated: "UNAUTHENTICATED"
        }
    }
}
