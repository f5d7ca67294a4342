import Bytes
import GatewayCore
import HTTP1
import HTTP2
import HTTPSemantics
import NIOCore
import NIOSSL
import ProblemDetails
import RateLimiting
import Synchronization
import TokenVerification
import Transcoding

/// Everything one event loop owns: connections, exchanges, upstream pools, gRPC sessions, token cache, scratch memory.
///
/// Confined to its loop, which is what makes the unchecked conformance sound: every method runs on `loop`, and what other threads see
/// (`counters`, `shared`) is atomic. There is no lock on any path.
final class Worker: @unchecked Sendable {
    /// How often exchanges are checked for time-outs; a deadline is late by at most this.
    static let tickMilliseconds: Int64 = 50
    /// Ticks between checks of what changes slowly: idle connections and pools.
    static let slowTickInterval = 20
    /// Exchanges kept for reuse; more are freed when a burst is over.
    static let maximumSpareExchanges = 256

    let loop: any EventLoop
    let index: Int
    let shared: SharedState
    let counters: WorkerCounters
    /// Where bytes are put together before they go to a socket.
    let scratch = ByteWriter(capacity: 8 * 1024)
    /// A gRPC request message.
    let message = ByteWriter(capacity: 4 * 1024)
    /// A call's metadata.
    let metadata = HeaderList()
    let transcoding = TranscodingScratch()
    /// The buffer handed to NIO; reused whenever the socket took everything at once.
    var out: ByteBuffer
    let pipeline: Pipeline
    let directory: TenantDirectory
    let limiter: SharedLimiter
    /// What is beside the loop for its tenants' facts.
    let tenants: any TenantBackend
    private(set) var now: Int64
    /// Milliseconds since 1970, as of this turn.
    private(set) var unixMilliseconds: Int64 = 0
    /// The loop's part of the audit trail; nil without one.
    let audit: AuditLog?
    var isDraining = false
    var limits: DataPlaneLimits
    var connections: [ClientConnection] = []
    var running: [Exchange] = []
    var spare: [Exchange] = []
    let upstreams = UpstreamRegistry()
    var callHeaders: [GRPCMethodHeaders?] = []
    var drained: (@Sendable () -> Void)?
    private var dateText = HTTPDate()
    private var ticks = 0
    /// Exchanges that wait for room in the audit trail, those that wait longest first.
    private var awaitingRoom: [(exchange: Exchange, generation: UInt32)] = []
    /// Exchanges that wait for the next turn's verifications.
    private var resuming: [(exchange: Exchange, generation: UInt32)] = []
    /// Whether calls were started in this turn and not flushed.
    var hasCalls = false
    /// Sends all calls started in a turn of the loop, of whatever connections, in one write an upstream. Runs as a task, which the
    /// loop takes up after the sockets of its turn; made once, so that scheduling it allocates nothing.
    private(set) lazy var flushCalls: @Sendable () -> Void = { [unowned self] in
        hasCalls = false
        upstreams.forEachGRPC { _, upstream in upstream.flush() }
    }

    /// Streams whose messages the end of the turn sends.
    var streaming: [(exchange: Exchange, stream: StreamAnswer)] = []
    private(set) lazy var flushStreams: @Sendable () -> Void = { [unowned self] in sendStreams() }
    /// HTTP/2 connections whose answers the end of the turn sends.
    var answering: [ClientConnection] = []
    private(set) lazy var flushAnswers: @Sendable () -> Void = { [unowned self] in sendAnswers() }

    init(loop: any EventLoop, index: Int, shared: SharedState, snapshot: DataPlaneSnapshot, ring: KeyRing) {
        self.loop = loop
        self.index = index
        self.shared = shared
        self.counters = shared.counters[index]
        self.out = ByteBufferAllocator().buffer(capacity: 8 * 1024)
        self.now = MonotonicClock.milliseconds()
        self.limits = snapshot.snapshot.limits
        (directory, tenants) = shared.makeTenants(loop, snapshot.snapshot)
        directory.source = tenants.facts
        limiter = SharedLimiter(
            source: tenants.limits, local: shared.buckets, instances: shared.instances, beats: index == 0,
            seed: .random(in: 1 ... .max))
        audit = shared.audit.map { AuditLog($0, loop: index) }
        self.pipeline = Pipeline(
            snapshot: snapshot.snapshot, ring: ring, limiter: limiter, hash: shared.hash, drift: shared.drift[index],
            denials: shared.denials[index], directory: directory, audit: audit)
        beginTurn()
        upstreams.adopt(snapshot, on: self)
        callHeaders = snapshot.callHeaders
    }
}

// MARK: Turns and time

extension Worker {
    /// Called before anything happens on a connection: one clock reading serves the whole turn.
    func beginTurn() {
        now = MonotonicClock.milliseconds()
        pipeline.now = MonotonicClock.nanoseconds()
        unixMilliseconds = MonotonicClock.unixMilliseconds()
        pipeline.unixSeconds = unixMilliseconds / 1000
    }

    /// Lets the exchange look again at the next tick for room in the audit trail.
    func resumeWhenRoom(_ exchange: Exchange) { awaitingRoom.append((exchange, exchange.generation)) }

    private func resumeForRoom() {
        guard !awaitingRoom.isEmpty else { return }
        let parked = awaitingRoom
        awaitingRoom = []
        for (exchange, generation) in parked where exchange.generation == generation { exchange.resume() }
    }

    /// Lets the exchange go on at the next turn, when new tokens may be verified again.
    func resumeNextTurn(_ exchange: Exchange) {
        resuming.append((exchange, exchange.generation))
        guard resuming.count == 1 else { return }
        loop.assumeIsolated().execute { self.resumeParked() }
    }

    /// One budget for all that wait: those it does not reach wait for another turn, and sockets are served in between.
    private func resumeParked() {
        let parked = resuming
        resuming = []
        pipeline.beginTurn()
        beginTurn()
        for (exchange, generation) in parked where exchange.generation == generation { exchange.resume() }
    }

    /// The current date for `Date`, formatted once a second.
    var date: ByteView { dateText.view(at: pipeline.unixSeconds) }

    /// Starts the loop's heartbeat.
    func start() {
        let interval = TimeAmount.milliseconds(Self.tickMilliseconds)
        loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in self.tick() }
    }

    private func tick() {
        beginTurn()
        pipeline.beginTurn()
        counters.heartbeat(now)
        // Backwards: an exchange that ends here is replaced by the last one, which was seen already.
        for index in stride(from: running.count - 1, through: 0, by: -1) where index < running.count { running[index].tick(now) }
        upstreams.forEachGRPC { [now] _, upstream in upstream.tick(nowMilliseconds: now) }
        upstreams.tickRetired(now)
        directory.advance(nowMilliseconds: now)
        tenants.tick(nowMilliseconds: now)
        limiter.tick(now: UInt64(max(0, pipeline.now)))
        resumeForRoom()
        ticks += 1
        if ticks % Self.slowTickInterval == 0 { slowTick() }
    }

    private func slowTick() {
        for index in stride(from: connections.count - 1, through: 0, by: -1) where index < connections.count {
            connections[index].tick(now)
        }
        upstreams.forEachHTTP { $0.tick() }
        reportReadiness()
        let (tenants, users) = directory.counts
        let figures = TenancyFigures(facts: directory.counters, limits: limiter.counters, tenants: tenants, users: users)
        counters.tenancy.withLock { $0 = figures }
        audit?.count()
        if spare.count > Self.maximumSpareExchanges { spare.removeLast(spare.count - Self.maximumSpareExchanges) }
    }
}

// MARK: Connections and exchanges

extension Worker {
    /// Admits a connection; false when the process has as many as it may have.
    func add(_ connection: ClientConnection) -> Bool {
        connection.position = connections.count
        connections.append(connection)
        counters.connections.add()
        return shared.connectionOpened(limit: limits.connections)
    }

    func remove(_ connection: ClientConnection) {
        let position = connection.position
        guard position < connections.count, connections[position] === connection else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[position] = last
            last.position = position
        }
        shared.connectionClosed()
        if isDraining { finishDrainIfIdle() }
    }

    func borrowExchange() -> Exchange { spare.popLast() ?? Exchange(worker: self) }

    func returnExchange(_ exchange: Exchange) { spare.append(exchange) }

    func started(_ exchange: Exchange) {
        exchange.position = running.count
        running.append(exchange)
    }

    func ended(_ exchange: Exchange) {
        let position = exchange.position
        guard position < running.count, running[position] === exchange else { return }
        let last = running.removeLast()
        if last !== exchange {
            running[position] = last
            last.position = position
        }
        spare.append(exchange)
    }

    /// `scratch` as the buffer to write. A body of unusual size leaves its memory behind only once.
    func fill(_ bytes: ByteWriter) -> ByteBuffer {
        out.clear(minimumCapacity: bytes.count)
        bytes.view.withUnsafeBytes { _ = out.writeBytes($0) }
        return out
    }
}

// MARK: Answers without an exchange

extension Worker {
    /// Answers a request whose head could not be taken, and ends the connection or the stream.
    func respond(to refusal: HeadRefusal, on client: ExchangeClient) {
        let exchange = borrowExchange()
        exchange.request.reject(refusal)
        if let problem = exchange.request.problem {
            counters.problem(problem.slug)
            let body = exchange.responseBody
            exchange.request.writeProblem(problem, to: body)
            scratch.removeAll()
            ClientResponseHead.writeOwn(
                status: problem.status, contentType: ByteView("application/problem+json"), bodyCount: body.count, request: nil,
                problem: problem, closes: true, date: date, to: scratch)
            scratch.append(body.view)
            client.write(fill(scratch))
            counters.answered(status: problem.status)
            body.removeAll()
        }
        exchange.request.end()
        returnExchange(exchange)
        client.closeAfterAnswer()
    }

    func respondOverloaded(_ connection: ClientConnection) { respond(to: .tooManyConnections, on: connection) }
}
