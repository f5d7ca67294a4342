public import GatewayCore
public import ProblemDetails
public import RateLimiting
public import Synchronization

/// What one loop counts: written by that loop alone, read by anyone.
public final class WorkerCounters: Sendable {
    /// A count with a single writer: a plain load and store, no locked instruction.
    public struct Counter: ~Copyable, Sendable {
        private let value = Atomic<UInt64>(0)

        /// Adds `amount`; only the owning loop may.
        func add(_ amount: UInt64 = 1) {
            value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
        }

        public var current: UInt64 { value.load(ordering: .relaxed) }
    }

    /// Connections accepted.
    public let connections = Counter()
    /// Answers by status class; index 0 is 1xx.
    public let informational = Counter()
    public let successful = Counter()
    public let redirection = Counter()
    public let clientError = Counter()
    public let serverError = Counter()
    /// Answers broken off after they began.
    public let aborted = Counter()
    /// Clients that left before an answer began.
    public let clientLeft = Counter()
    /// Requests sent a second time because a pooled connection was stale.
    public let replays = Counter()
    /// Reads whose call failed and was made again.
    public let retries = Counter()
    /// Requests refused because the service's breaker was open.
    public let breakerRefusals = Counter()
    /// Requests refused because their tenant's breaker was open.
    public let tenantRefusals = Counter()
    public let upstreamConnectFailures = Counter()
    /// Upstream answers that were not valid HTTP.
    public let upstreamFaults = Counter()
    /// What the loop knows of tenants and how its limits fare, as of the last second.
    public let tenancy = Mutex(TenancyFigures())
    /// When the loop last ran its tick, in monotonic milliseconds.
    public let lastBeat = Atomic<Int64>(0)
    private let problems: [ProblemCount]

    private final class ProblemCount: Sendable { let counter = Counter() }

    init() {
        lastBeat.store(MonotonicClock.milliseconds(), ordering: .relaxed)
        problems = ProblemSlug.allCases.map { _ in ProblemCount() }
    }

    func answered(status: Int) {
        switch status / 100 {
        case 1: informational.add()
        case 2: successful.add()
        case 3: redirection.add()
        case 4: clientError.add()
        case 5: serverError.add()
        default: break
        }
    }

    func problem(_ slug: ProblemSlug) { problems[slug.index].counter.add() }

    /// How many answers carried the problem.
    public func count(of slug: ProblemSlug) -> UInt64 { problems[slug.index].counter.current }

    func heartbeat(_ now: Int64) { lastBeat.store(now, ordering: .relaxed) }
}

/// What one loop tells of its tenants' facts and its limits.
public struct TenancyFigures: Sendable {
    public var facts = DirectoryCounters()
    public var limits = LimiterCounters()
    /// Tenants and users of whom copies are kept.
    public var tenants = 0
    public var users = 0
}

extension ProblemSlug {
    fileprivate var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
