/// When a call must be over: the smaller of our time-out and the client's.
///
/// Starts when the request is admitted, so time spent in queues and between attempts counts.
public struct CallDeadline: Hashable, Sendable {
    /// Our time-out when nothing else is configured: 5 s.
    public static let defaultMilliseconds: Int64 = 5_000
    /// A client's own deadline below this says nothing about the service: a caller who allows 1 ms must not be able to make
    /// it look broken.
    public static let leastJudgedMilliseconds: Int64 = 1_000

    /// The time of the clock at which the call is over.
    public let end: Int64
    /// Whether passing the deadline is the service's failure (`CallFailureClass.deadline`) and not the client's choice
    /// (`CallFailureClass.clientDeadline`).
    public let judgesService: Bool

    /// The deadline of a call that starts at `now`; `client` is the client's time-out, nil when it gave none. Not positive means over.
    public init(now: Int64, ours: Int64 = defaultMilliseconds, client: Int64?) {
        let isClients = client.map { $0 < ours } ?? false
        let milliseconds = max(0, isClients ? client ?? ours : ours)
        let (sum, overflow) = now.addingReportingOverflow(milliseconds)
        end = overflow ? .max : sum
        judgesService = !isClients || milliseconds >= Self.leastJudgedMilliseconds
    }

    /// Milliseconds left; 0 when it has passed. This is what goes upstream as `grpc-timeout`.
    public func remaining(at now: Int64) -> Int64 { now >= end ? 0 : end &- now }

    /// The class of a failure under this deadline: a `deadline` becomes the client's own where it chose too short a one.
    public func classify(_ failure: CallFailureClass) -> CallFailureClass {
        failure == .deadline && !judgesService ? .clientDeadline : failure
    }
}
