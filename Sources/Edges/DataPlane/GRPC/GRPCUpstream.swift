import Bytes
import HTTP2
import NIOCore

/// One service's gRPC connections on one event loop: one for each address, calls multiplexed over them.
///
/// Confined to its loop (hence the unchecked conformance): every method is called there. Calls only add to the sessions' output;
/// `flush`, which the data plane calls at the end of its turn and which is scheduled anyway, sends each connection's share
/// in one write. The steady state allocates nothing.
final class GRPCUpstream: @unchecked Sendable {
    struct Endpoint {
        var address: GRPCAddress
        /// The connection that takes calls, or will.
        var connection: GRPCConnection?
        /// Attempts that failed in a row.
        var failures = 0
        var lastAttempt = Int64.min / 2
        var nextAttempt: Int64 = 0
        /// Grows when the service complains of too many PINGs.
        var keepAlive: Int64
    }

    /// What a scheduled flush knows of its upstream. A weak reference would make every counted one slow.
    private final class Flusher: @unchecked Sendable {
        /// Nil once the upstream is gone, which says so itself.
        unowned(unsafe) var upstream: GRPCUpstream?

        func flush() {
            guard let upstream else { return }
            upstream.isFlushScheduled = false
            upstream.flush()
        }
    }

    /// Beyond this a deadline is none; it keeps sums far from overflow. About 34 years.
    private static let longestTimeout: Int64 = 1 << 40
    /// Beyond this a deadline is not sent: what `grpc-timeout` can say in seconds, about three years.
    private static let longestAnnouncement: Int64 = 99_999_999_000

    let loop: any EventLoop
    let service: String
    let security: GRPCTransportSecurity?
    let limits: GRPCUpstreamLimits

    var endpoints: [Endpoint]
    /// Connections that finish their calls and take no new ones.
    var draining: [GRPCConnection] = []
    /// Where the next choice among equally loaded connections begins.
    var turn = 0

    var calls: [GRPCCall] = []
    private var firstFree = -1
    private var firstQueued = -1
    private var lastQueued = -1
    /// Calls that wait for a connection or a free stream.
    private(set) var queuedCalls = 0
    /// Calls that have not ended.
    private(set) var openCalls = 0
    /// Calls whose owners are told something at the end of the turn.
    var due: [GRPCCallHandle] = []
    private var telling: [GRPCCallHandle] = []

    /// The time of the last `tick` or `start`.
    private(set) var now: Int64
    private var lastReplenishment: Int64 = 0
    private var jitter: ReconnectJitter
    private(set) var isShutDown = false
    /// Whether any connection was ever usable.
    var everReady = false
    private var isFlushScheduled = false
    private let flusher = Flusher()
    private let flushTask: @Sendable () -> Void

    let prefix = ByteWriter(capacity: 64)
    private let timeoutText = ByteWriter(capacity: 64)
    var inflated = ByteWriter(capacity: 64)
    let messageText = ByteWriter(capacity: 64)
    let detailBytes = ByteWriter(capacity: 64)
    lazy var inflater = GRPCInflater()

    /// An upstream without connections; `connect` opens them. `seed` draws the jitter of reconnects.
    init(
        loop: any EventLoop, service: String, addresses: [GRPCAddress], security: GRPCTransportSecurity? = nil,
        limits: GRPCUpstreamLimits = GRPCUpstreamLimits(), seed: UInt64, nowMilliseconds: Int64
    ) {
        self.loop = loop
        self.service = service
        self.security = security
        self.limits = limits
        endpoints = addresses.map { Endpoint(address: $0, keepAlive: limits.keepAlive) }
        now = nowMilliseconds
        jitter = ReconnectJitter(seed: seed)
        flushTask = { [flusher] in flusher.flush() }
        flusher.upstream = self
    }

    deinit { flusher.upstream = nil }

    /// Whether some connection is usable now.
    var isReady: Bool { endpoints.contains { $0.connection?.state == .ready } }

    /// Whether no call is open.
    var isIdle: Bool { openCalls == 0 }

    /// Connects every address that has no connection and is not backing off.
    func connect() {
        for index in endpoints.indices where endpoints[index].connection == nil && endpoints[index].nextAttempt <= now {
            attempt(index)
        }
    }

    /// Starts a unary call.
    ///
    /// `metadata` holds further header fields of this call (lowercase names, secrets marked sensitive); it and `message`, the
    /// serialized request, are borrowed for this call only. The owner is told the end exactly once, never from inside
    /// `start`. `timeoutMilliseconds` is sent as `grpc-timeout` and enforced by `tick`.
    func start(
        _ headers: GRPCMethodHeaders, metadata: HeaderList, message: ByteView, timeoutMilliseconds: Int, owner: GRPCCallOwner,
        tag: Int, nowMilliseconds: Int64
    ) -> GRPCCallHandle {
        observe(nowMilliseconds)
        return begin(takeCall(), headers, metadata, message, timeoutMilliseconds, owner, tag)
    }

    @inline(__always)
    func begin(
        _ call: GRPCCall, _ headers: GRPCMethodHeaders, _ metadata: HeaderList, _ message: ByteView, _ timeoutMilliseconds: Int,
        _ owner: GRPCCallOwner, _ tag: Int
    ) -> GRPCCallHandle {
        call.owner = owner
        call.tag = tag
        call.deadline = now + min(Int64(timeoutMilliseconds), Self.longestTimeout)
        scheduleFlush()
        if isShutDown {
            refuse(call, GRPCOutcome(code: GRPCStatus.unavailable, origin: .cancelled, neverSent: true))
        } else if timeoutMilliseconds <= 0 {
            refuse(call, GRPCOutcome(code: GRPCStatus.deadlineExceeded, origin: .deadline, neverSent: true))
        } else if queuedCalls == 0, let connection = chooseConnection() {
            send(call, on: connection, headers, metadata, message)
        } else if queuedCalls >= limits.queuedCalls {
            refuse(call, GRPCOutcome(code: GRPCStatus.resourceExhausted, origin: .queueFull, neverSent: true))
        } else {
            call.keep(headers, metadata, message)
            enqueue(call)
            connectOnDemand()
        }
        return call.handle
    }

    /// Gives a call up: its owner hears nothing more. Stale handles do nothing.
    func cancel(_ handle: GRPCCallHandle) {
        guard let call = call(handle) else { return }
        detach(call, code: .cancel)
        release(call)
        scheduleFlush()
    }

    /// Milliseconds of a monotonic clock: enforces deadlines, waits, keep-alive and reconnects; a few times a second.
    func tick(nowMilliseconds: Int64) {
        now = max(now, nowMilliseconds)
        var index = 0
        while index < calls.count {
            expire(calls[index])
            index += 1
        }
        if now - lastReplenishment >= 1000 {
            lastReplenishment = now
            for endpoint in endpoints { endpoint.connection?.session.replenishAllowances() }
            for connection in draining { connection.session.replenishAllowances() }
        }
        tickConnections()
        flush()
    }

    /// Ends the turn: tells owners what is due, sends what waits if it can now, and writes each connection's output once.
    func flush() {
        if !due.isEmpty { tellDue() }
        if queuedCalls > 0 { sendQueued() }
        for index in endpoints.indices { endpoints[index].connection?.flush() }
        if !draining.isEmpty { for connection in draining { connection.flush() } }
        if isShutDown || !draining.isEmpty { closeIdleConnections() }
    }

    /// Refuses new calls and closes each connection as soon as it has no calls.
    func shutdown() {
        isShutDown = true
        closeIdleConnections()
    }

    /// Ends every call as cancelled and closes every connection.
    func abort() {
        isShutDown = true
        for call in calls where call.state == .queued || call.state == .open {
            finish(call, GRPCOutcome(code: GRPCStatus.unavailable, origin: .cancelled), resetting: true)
        }
        tellDue()
        closeIdleConnections()
    }

    /// A delay within a fifth of `delay`.
    func jittered(_ delay: Int64) -> Int64 { delay - delay / 5 + Int64(jitter.next() % UInt64(max(1, delay * 2 / 5))) }

    @inline(__always)
    func observe(_ nowMilliseconds: Int64) { now = max(now, nowMilliseconds) }

    func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.execute(flushTask)
    }

    private func expire(_ call: GRPCCall) {
        guard call.state == .queued || call.state == .open else { return }
        if call.deadline <= now {
            let neverSent = call.state == .queued
            finish(
                call, GRPCOutcome(code: GRPCStatus.deadlineExceeded, origin: .deadline, neverSent: neverSent), resetting: true)
        } else if call.state == .queued && call.queuedAt + limits.connectWait <= now && !isReady {
            finish(call, GRPCOutcome(code: GRPCStatus.unavailable, origin: .connect, neverSent: true), resetting: true)
        } else if call.state == .open && call.replies != nil && call.streaming.isIdle(now: now) {
            finish(call, GRPCOutcome(code: GRPCStatus.deadlineExceeded, origin: .deadline), resetting: true)
        }
    }

    /// What becomes due meanwhile, by owners that try again at once, is told at the end of the next turn.
    private func tellDue() {
        swap(&due, &telling)
        for handle in telling {
            guard let call = call(handle) else { continue }
            guard call.state == .refused else {
                tellStream(call)
                continue
            }
            let owner = call.owner
            let tag = call.tag
            let outcome = call.refusal
            release(call)
            owner?.grpcFinished(outcome, tag: tag)
        }
        telling.removeAll(keepingCapacity: true)
    }

    func refuse(_ call: GRPCCall, _ outcome: GRPCOutcome) {
        call.state = .refused
        call.refusal = outcome
        due.append(call.handle)
        scheduleFlush()
    }

    private func send(
        _ call: GRPCCall, on connection: GRPCConnection, _ headers: GRPCMethodHeaders, _ metadata: HeaderList, _ message: ByteView
    ) {
        let session = connection.session
        if call.replies != nil && call.streaming.isEndless && !connection.hasRoomForEndlessCall {
            return refuse(call, GRPCOutcome(code: GRPCStatus.resourceExhausted, origin: .queueFull, neverSent: true))
        }
        guard let stream = session.openStream(owner: call.index), session.beginHeaders(stream) else {
            return refuse(call, GRPCOutcome(code: GRPCStatus.unavailable, origin: .connect, neverSent: true))
        }
        call.state = .open
        call.connection = connection
        call.stream = stream
        call.flushes = connection.flushes
        // Silence counts from the moment somebody waits for an answer.
        if session.openStreams == 1 { connection.lastInbound = now }
        session.addFields(headers.template)
        let left = max(1, call.deadline - now)
        if left <= Self.longestAnnouncement {
            timeoutText.removeAll()
            GRPCText.appendTimeout(milliseconds: left, to: timeoutText)
            session.addField("grpc-timeout", timeoutText.view)
        }
        session.addFields(metadata)
        session.finishHeaders(stream, endStream: false)
        if call.replies != nil { return opened(call, on: connection) }
        writePrefix(message)
        let accepted = session.sendData(stream, head: prefix.view, message, endStream: true)
        if accepted < prefix.count + message.count {
            if accepted < prefix.count { call.keepRest(prefix.view[accepted, prefix.count]) }
            let sent = max(0, accepted - prefix.count)
            call.keepRest(message[sent, message.count])
            connection.blocked.append(call.index)
        }
    }

    /// Makes `prefix` that of `message`.
    @inline(__always)
    func writePrefix(_ message: ByteView) {
        prefix.removeAll()
        prefix.append(0)
        prefix.append(bigEndian: UInt32(truncatingIfNeeded: message.count))
    }

    /// Sends what the windows held up, as far as they allow now.
    func sendHeld(_ connection: GRPCConnection) {
        var kept = 0
        for position in 0..<connection.blocked.count {
            let index = connection.blocked[position]
            let call = calls[index]
            guard call.state == .open, call.connection === connection else { continue }
            sendRest(call, connection.session)
            if call.unsentRest.isEmpty { continue }
            connection.blocked[kept] = index
            kept += 1
        }
        connection.blocked.removeLast(connection.blocked.count - kept)
    }

    func sendRest(_ call: GRPCCall, _ session: HTTP2Session) {
        let isLast = call.replies == nil || call.streaming.isRequestComplete
        let sent = session.sendData(call.stream, call.unsentRest, endStream: isLast)
        call.restSent += sent
        if call.replies != nil { drained(call, sent) }
    }

    private func sendQueued() {
        while firstQueued >= 0, let connection = chooseConnection() {
            let call = calls[firstQueued]
            dequeueFirst()
            guard let headers = call.headers else { continue }
            send(call, on: connection, headers, call.metadata, call.message.view)
        }
    }

    func takeCall() -> GRPCCall {
        openCalls += 1
        if firstFree >= 0 {
            let call = calls[firstFree]
            firstFree = call.next
            call.next = -1
            return call
        }
        let call = GRPCCall(index: calls.count)
        calls.append(call)
        return call
    }

    /// Frees the record of a call that ended; while its owner is being told something, `tell` does once that is over.
    @inline(__always)
    func release(_ call: GRPCCall) {
        if call.isTelling { return call.leave() }
        call.clear()
        call.next = firstFree
        firstFree = call.index
        openCalls -= 1
    }

    func call(_ handle: GRPCCallHandle) -> GRPCCall? {
        guard handle.index >= 0, Int(handle.index) < calls.count else { return nil }
        let call = calls[Int(handle.index)]
        return call.generation == handle.generation && call.state != .free ? call : nil
    }

    /// Takes a call off its queue or its stream.
    @inline(__always)
    func detach(_ call: GRPCCall, code: HTTP2ErrorCode?) {
        if call.state == .queued { dequeue(call) }
        guard let connection = call.connection.take() else { return }
        if call.replies != nil { closed(call, on: connection) }
        if let code { connection.reset(call.stream, code) }
    }

    private func enqueue(_ call: GRPCCall) {
        call.state = .queued
        call.queuedAt = now
        call.next = -1
        if lastQueued >= 0 { calls[lastQueued].next = call.index } else { firstQueued = call.index }
        lastQueued = call.index
        queuedCalls += 1
    }

    private func dequeueFirst() {
        let call = calls[firstQueued]
        firstQueued = call.next
        if firstQueued < 0 { lastQueued = -1 }
        call.next = -1
        queuedCalls -= 1
    }

    /// Takes a call out of the middle of the queue; rare, hence the walk.
    private func dequeue(_ call: GRPCCall) {
        if firstQueued == call.index { return dequeueFirst() }
        var before = firstQueued
        while before >= 0 && calls[before].next != call.index { before = calls[before].next }
        guard before >= 0 else { return }
        calls[before].next = call.next
        if lastQueued == call.index { lastQueued = before }
        call.next = -1
        queuedCalls -= 1
    }
}
