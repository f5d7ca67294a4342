public import HTTP1

/// The limits the data plane enforces on clients and upstreams, all on by default.
public struct DataPlaneLimits: Sendable {
    /// Request heads.
    public var head: HTTP1Limits
    /// Upstreams' response heads: larger than requests', because cookies and link headers of services are.
    public var upstreamHead: HTTP1Limits
    /// Open client connections of the process.
    public var connections: Int
    /// Requests answered on one connection before it is closed, so that load spreads again after a scale-out.
    public var requestsPerConnection: Int
    /// From the first byte of a head to its last.
    public var headTimeoutMilliseconds: Int64
    /// Between requests.
    public var idleTimeoutMilliseconds: Int64
    /// Slowest acceptable request body after the grace time.
    public var bodyMinimumBytesPerSecond: Int
    /// How long a body may be slower than that at its start.
    public var bodyGraceMilliseconds: Int64
    /// Longest silence of an upstream inside a response body.
    public var upstreamIdleMilliseconds: Int64

    public init(
        head: HTTP1Limits, upstreamHead: HTTP1Limits, connections: Int, requestsPerConnection: Int,
        headTimeoutMilliseconds: Int64, idleTimeoutMilliseconds: Int64, bodyMinimumBytesPerSecond: Int,
        bodyGraceMilliseconds: Int64, upstreamIdleMilliseconds: Int64
    ) {
        self.head = head
        self.upstreamHead = upstreamHead
        self.connections = connections
        self.requestsPerConnection = requestsPerConnection
        self.headTimeoutMilliseconds = headTimeoutMilliseconds
        self.idleTimeoutMilliseconds = idleTimeoutMilliseconds
        self.bodyMinimumBytesPerSecond = bodyMinimumBytesPerSecond
        self.bodyGraceMilliseconds = bodyGraceMilliseconds
        self.upstreamIdleMilliseconds = upstreamIdleMilliseconds
    }
}
