public import Bytes
public import CircuitBreaking
public import GatewayCore
public import Health
public import NIOCore
public import RateLimiting
import Synchronization
public import TokenVerification

/// What the loops of the process share: atomics and immutable values only.
public final class SharedState: Sendable {
    /// Asks for a fresh look at an issuer's keys; the answer comes on any thread, nil when there is nothing new.
    public typealias KeyRequest = @Sendable (_ key: UnknownKey, _ completed: @escaping @Sendable (KeyRing?) -> Void) -> Void
    /// Makes what a loop knows of tenants and what it has beside itself for that; called on that loop.
    public typealias TenantFactory =
        @Sendable (_ loop: any EventLoop, _ snapshot: Snapshot) -> (directory: TenantDirectory, backend: any TenantBackend)
    /// Is told that a breaker of a service changed its state; comes on any loop, rarely.
    public typealias BreakerReport = @Sendable (_ service: String, _ tenant: String?, _ events: BreakerEvents) -> Void

    public let hash: KeyedHash
    public let buckets: LocalBucketTable
    /// How many gateways share the limits.
    public let instances = InstanceCount()
    /// Breakers of all services; they outlive reloads.
    public let breakers: BreakerRegistry
    /// By loop.
    public let counters: [WorkerCounters]
    /// Nil without an audit trail.
    public let audit: AuditTrail?
    /// Nil where nobody is told what the API offers.
    let documents: (any DocumentLibrary)?
    /// Why known callers were refused, by loop.
    public let denials: [DenialLog]
    let makeTenants: TenantFactory
    /// How messages differ from their documents, by loop.
    public let drift: [DriftLog]
    private let keyRequest: KeyRequest
    private let breakerReport: BreakerReport
    private let openConnections = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let readiness = Mutex(Readiness())
    private let components = Mutex(ComponentBoard(count: 0))
    private let witnesses = Mutex<[Witness]>([])
    private let version: String
    private let started: ContinuousClock.Instant

    /// Another part of the process that has a say in `/ready` and `/health`; asked on any thread, and must not block.
    public struct Witness: Sendable {
        let conditions: @Sendable () -> ReadinessConditions
        let component: @Sendable () -> ComponentStatus?

        public init(
            conditions: @escaping @Sendable () -> ReadinessConditions, component: @escaping @Sendable () -> ComponentStatus?
        ) {
            self.conditions = conditions
            self.component = component
        }
    }

    private struct Readiness {
        var connected: Set<String> = []
        var required: [String] = []
    }

    public init(
        loops: Int, version: String, hash: KeyedHash, buckets: LocalBucketTable, keyRequest: @escaping KeyRequest,
        breakerReport: @escaping BreakerReport = { _, _, _ in }, audit: AuditTrail? = nil,
        documents: (any DocumentLibrary)? = nil, makeTenants: @escaping TenantFactory
    ) {
        self.version = version
        self.started = .now
        self.hash = hash
        self.buckets = buckets
        self.counters = (0..<loops).map { _ in WorkerCounters() }
        self.drift = (0..<loops).map { _ in DriftLog() }
        self.denials = (0..<loops).map { _ in DenialLog() }
        self.makeTenants = makeTenants
        self.keyRequest = keyRequest
        self.audit = audit
        self.documents = documents
        self.breakerReport = breakerReport
        self.breakers = BreakerRegistry(loops: loops)
    }

    /// Connections open now, over all loops.
    public var connectionCount: Int { openConnections.load(ordering: .relaxed) }

    func connectionOpened(limit: Int) -> Bool {
        openConnections.wrappingAdd(1, ordering: .relaxed).oldValue < limit
    }

    func connectionClosed() { openConnections.wrappingSubtract(1, ordering: .relaxed) }

    func requestKey(_ key: UnknownKey, _ completed: @escaping @Sendable (KeyRing?) -> Void) { keyRequest(key, completed) }

    /// Passes on that a breaker changed its state; comes on any loop, rarely.
    func report(_ events: BreakerEvents, of service: Service, tenant: ByteView?) {
        breakerReport(service.name, tenant.map { String($0) }, events)
    }

    // MARK: Readiness

    /// Whether the process is shutting down.
    public var isDraining: Bool { draining.load(ordering: .relaxed) }

    public func startDraining() { draining.store(true, ordering: .relaxed) }

    func serviceConnected(_ name: String) { readiness.withLock { _ = $0.connected.insert(name) } }

    /// Sets the services whose first connection `/ready` waits for.
    public func require(_ services: [String]) { readiness.withLock { $0.required = services } }

    /// Whether every required gRPC service has had a usable connection since the start.
    public var areRequiredServicesConnected: Bool {
        readiness.withLock { state in state.required.allSatisfy { state.connected.contains($0) } }
    }

    public func add(_ witness: Witness) { witnesses.withLock { $0.append(witness) } }

    // MARK: Operational endpoints

    /// Forgets what was probed, and makes room for `count` components.
    public func setComponents(count: Int) { components.withLock { $0 = ComponentBoard(count: count) } }

    /// Takes what a probe of the component at `index` found.
    public func setComponent(_ status: ComponentStatus, at index: Int) {
        let now = MonotonicClock.unixMilliseconds()
        components.withLock { $0.record(status, at: index, now: now) }
    }

    /// What was probed, with the last changes of each component.
    public var componentBoard: ComponentBoard { components.withLock { $0 } }

    /// Answers `/live`, `/ready` or `/health` from what is known now; asks nobody.
    public func answer(_ endpoint: OperationalEndpoint) -> HealthAnswer {
        switch endpoint {
        case .live: liveness.answer
        case .ready: conditions.answer
        case .health:
            HealthReport(
                version: version, uptime: ContinuousClock.now - started, components: allComponents, breakers: breakerStatuses
            ).answer
        }
    }

    /// The breakers of every service that has some.
    public var breakerStatuses: [BreakerStatus] {
        let now = MonotonicClock.milliseconds()
        return breakers.all.map { service, breaker in
            let snapshot = breaker.snapshot(now: now)
            return BreakerStatus(
                service: service, state: snapshot.phase.rawValue, retryAfterMs: snapshot.retryAfterMilliseconds,
                openings: snapshot.openings, isolations: snapshot.isolations, isolatedTenants: snapshot.isolatedTenants,
                tenants: snapshot.tenants.map { BreakerStatus.Tenant(hash: $0.hash, retryAfterMs: $0.remainingMilliseconds) })
        }
    }

    /// What was probed, and what others know; of one component the worse of both.
    private var allComponents: [ComponentStatus] {
        var all = components.withLock { $0.statuses }
        for status in witnesses.withLock({ $0 }).compactMap({ $0.component() }) {
            if let index = all.firstIndex(where: { $0.name == status.name }) {
                all[index] = all[index].merged(with: status)
            } else {
                all.append(status)
            }
        }
        return all
    }

    private var liveness: Liveness {
        Liveness.judge(
            beats: counters.map { UInt64(max(0, $0.lastBeat.load(ordering: .relaxed))) &* 1_000_000 },
            now: UInt64(max(0, MonotonicClock.milliseconds())) &* 1_000_000)
    }

    private var conditions: ReadinessConditions {
        var conditions: ReadinessConditions = []
        if !areRequiredServicesConnected { conditions.insert(.grpcPoolNotEstablished) }
        if isDraining { conditions.insert(.draining) }
        for witness in witnesses.withLock({ $0 }) { conditions.formUnion(witness.conditions()) }
        return conditions
    }
}
