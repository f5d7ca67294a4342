public import NIOCore

/// What a client did since its start.
public struct ValkeyCounters: Equatable, Sendable {
    /// Commands handed to `send`.
    public var commands = 0
    /// Replies that were no errors.
    public var replies = 0
    /// Errors of servers, those that were tried again too.
    public var errors = 0
    /// Commands that had no answer in time.
    public var timeouts = 0
    /// Commands refused because too much waited or nobody could be asked.
    public var refused = 0
    /// Commands sent again after `MOVED` or `ASK`.
    public var redirects = 0
    /// Times a script was not known to the server.
    public var missingScripts = 0
    /// Attempts to connect.
    public var attempts = 0
    /// Connections closed for what the server said.
    public var violations = 0
    /// Looks at who is primary of what.
    public var refreshes = 0
}

/// A client of one Valkey, a single server, one with replicas or a cluster, on one event loop.
///
/// Confined to its loop (hence the unchecked conformance): every method is called there. It finds out by itself what it talks to.
/// Commands are written in the order they are sent and leave in one write a turn, at `flush`; the steady state allocates nothing.
/// Nothing is sent twice unless the server said that it did not carry it out.
public final class ValkeyClient: @unchecked Sendable {
    /// What a scheduled flush knows of its client.
    private final class Flusher: @unchecked Sendable {
        /// Nil once the client is gone, which says so itself.
        unowned(unsafe) var client: ValkeyClient?

        func flush() {
            guard let client else { return }
            client.isFlushScheduled = false
            client.flush()
        }
    }

    struct Shard {
        var primary: ValkeySession
        var replicas: [ValkeySession]
    }

    let loop: any EventLoop
    let endpoint: ValkeyEndpoint
    let security: ValkeySecurity?
    let limits: ValkeyLimits
    let tracking: ValkeyTracking?
    let name: String
    let readsFromReplicas: Bool

    /// Milliseconds of a monotonic clock: the time of the last `tick` or `send`.
    private(set) var now: Int64
    /// The last `tick`.
    private var ticked: Int64
    var backoff: ValkeyBackoff
    /// What was done since the start.
    public internal(set) var counters = ValkeyCounters()
    /// Why a server last refused a connection or the map of its cluster: wrong credentials, another protocol. Nil once one was taken.
    public internal(set) var problem: ValkeyError?

    /// `other` until a server has told.
    var mode = ValkeyHandshake.Mode.other
    /// For commands: of a single server all addresses of the endpoint, of a cluster the members that are asked.
    var sessions: [ValkeySession] = []
    /// For tracking, one for each primary.
    var trackers: [ValkeySession] = []
    /// Sessions that finish what they began.
    var retired: [ValkeySession] = []
    /// Of a single server: the session that takes writes.
    var primary: ValkeySession?
    /// Of a cluster: its shards, and the index of each slot's.
    var shards: [Shard] = []
    var owners: [UInt16] = []
    var nextRefresh: Int64
    var lastRefresh: Int64
    /// Who was asked for the map of the cluster and has not answered.
    var asked: ValkeySession?
    /// Where the next choice among equals begins.
    var turn = 0
    /// Whether every change of a tracked key is told at present.
    public internal(set) var isTracking = false

    var calls: [ValkeyCall] = []
    var firstFree = -1
    /// Commands that wait until it is known whom to ask.
    var parked: ValkeySlotQueue
    /// Calls whose owners are told why they were refused.
    var due: [ValkeyCallHandle] = []
    var telling: [ValkeyCallHandle] = []

    var isShutDown = false
    private var isFlushScheduled = false
    private let flusher = Flusher()
    private let flushTask: @Sendable () -> Void

    /// A client without connections; `tick` opens them.
    ///
    /// `name` is shown by `CLIENT LIST`. Reads go to replicas only with `readsFromReplicas`, and then may be behind writes.
    /// `seed` draws delays. Throws `.security` unless `security` is there exactly when the endpoint uses TLS. A client lives until
    /// its `shutdown`.
    public init(
        loop: any EventLoop, endpoint: ValkeyEndpoint, security: ValkeySecurity? = nil, limits: ValkeyLimits = ValkeyLimits(),
        tracking: ValkeyTracking? = nil, readsFromReplicas: Bool = false, name: String = "septem-gateway", seed: UInt64,
        nowMilliseconds: Int64
    ) throws(ValkeyEndpointError) {
        guard endpoint.usesTLS == (security != nil) else { throw .security }
        self.loop = loop
        self.endpoint = endpoint
        self.security = security
        self.limits = limits.tenable
        self.tracking = tracking
        self.readsFromReplicas = readsFromReplicas
        // HELLO refuses names with blanks and line ends.
        self.name = String(name.unicodeScalars.map { $0.value > 0x20 && $0.value < 0x7f ? Character($0) : "-" })
        now = nowMilliseconds
        ticked = nowMilliseconds
        nextRefresh = nowMilliseconds
        lastRefresh = nowMilliseconds - limits.refreshDistance
        backoff = ValkeyBackoff(seed: seed)
        parked = ValkeySlotQueue(capacity: self.limits.commandsWaiting)
        flushTask = { [flusher] in flusher.flush() }
        flusher.client = self
        for address in endpoint.addresses where !sessions.contains(where: { $0.address == address }) {
            sessions.append(ValkeySession(address, .commands, client: self))
        }
    }

    deinit { flusher.client = nil }

    /// Whether a command sent now goes to a server at once.
    public var isUsable: Bool {
        switch mode {
        case .standalone: primary?.isReady ?? false
        case .cluster: shards.contains { $0.primary.isReady }
        case .other: false
        }
    }

    /// Enforces timeouts, and does all that comes with time; some twenty times a second.
    public func tick(nowMilliseconds: Int64) {
        guard !isShutDown else { return }
        observe(nowMilliseconds)
        if now - ticked > min(limits.silence, limits.trackingSilence) / 2 {
            for session in sessions + trackers { session.excuseSilence() }
        }
        ticked = now
        expireCalls()
        for session in sessions { session.tick() }
        for session in trackers { session.tick() }
        if !retired.isEmpty {
            for session in retired { session.tick() }
            retired.removeAll { $0.isOver }
        }
        if nextRefresh <= now { refresh() }
        flush()
    }

    /// Ends the turn: sends what was written, and tells owners of commands that were refused.
    public func flush() {
        if !due.isEmpty { tellDue() }
        for session in sessions { session.flush() }
        if !trackers.isEmpty { for session in trackers { session.flush() } }
        if !retired.isEmpty { for session in retired { session.flush() } }
    }

    /// Fails every command as not connected and closes every connection; the client is of no more use.
    public func shutdown() {
        guard !isShutDown else { return }
        isShutDown = true
        for call in calls where call.state == .open || call.state == .delayed { finish(call, .notConnected) }
        tellDue()
        let all = sessions + trackers + retired
        primary = nil
        shards = []
        owners = []
        asked = nil
        sessions = []
        trackers = []
        retired = []
        updateTracking()
        for session in all { session.close() }
    }

    func observe(_ nowMilliseconds: Int64) { now = max(now, nowMilliseconds) }

    func drawBackoff(failures: Int) -> Int64 {
        backoff.delay(base: limits.backoff, failures: failures, longest: limits.longestBackoff)
    }

    func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.execute(flushTask)
    }
}
