public import Bytes

/// One call as the audit trail keeps it; its texts are borrowed from whoever makes or reads the record.
///
/// Bodies, tokens and query values have no place here.
public struct AuditEntry {
    /// Most bytes of each text; what is longer is cut, and the record says so.
    public enum Limit {
        public static let tenant = 128
        public static let user = 256
        public static let method = 32
        public static let route = 256
        public static let path = 512
        public static let address = 48
        public static let userAgent = 256
        public static let requestID = 128
        public static let module = 64
        public static let service = 64
        public static let problem = 32
    }

    public var id: TimedID
    /// Milliseconds since 1970 when the request came.
    public var startedAt: Int64
    /// From the request's head to the end of the answer.
    public var durationMs: UInt32
    /// As the client was answered; 499 when it left before.
    public var status: UInt16
    /// How often the service was asked; at most 255 are counted.
    public var attempts: UInt8
    /// Whether all of the answer was given.
    public var isComplete: Bool
    public var traceHigh: UInt64
    public var traceLow: UInt64
    /// Empty texts are unknown ones.
    public var tenant: ByteView
    public var user: ByteView
    public var method: ByteView
    /// The route's template.
    public var route: ByteView
    /// Without the query.
    public var path: ByteView
    public var address: ByteView
    public var userAgent: ByteView
    public var requestID: ByteView
    public var module: ByteView
    public var service: ByteView
    /// The slug of the problem document the gateway answered with.
    public var problem: ByteView

    public init(
        id: TimedID, startedAt: Int64, durationMs: UInt32, status: UInt16, attempts: UInt8, isComplete: Bool,
        traceHigh: UInt64, traceLow: UInt64, tenant: ByteView = .empty, user: ByteView = .empty, method: ByteView = .empty,
        route: ByteView = .empty, path: ByteView = .empty, address: ByteView = .empty, userAgent: ByteView = .empty,
        requestID: ByteView = .empty, module: ByteView = .empty, service: ByteView = .empty, problem: ByteView = .empty
    ) {
        self.id = id
        self.startedAt = startedAt
        self.durationMs = durationMs
        self.status = status
        self.attempts = attempts
        self.isComplete = isComplete
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.tenant = tenant
        self.user = user
        self.method = method
        self.route = route
        self.path = path
        self.address = address
        self.userAgent = userAgent
        self.requestID = requestID
        self.module = module
        self.service = service
        self.problem = problem
    }
}
