import Bytes
import HTTP2
import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Everything one event loop owns of the control plane: connections, methods, scratch memory.
///
/// Confined to its loop, which is what makes the unchecked conformance sound.
final class ControlLoop: @unchecked Sendable {
    /// How often calls are checked for their deadlines; one is late by at most this.
    static let tickMilliseconds: Int64 = 50
    /// Ticks between checks of what changes slowly.
    static let slowTickInterval = 20
    /// How every answer begins, and how one that is OK ends.
    static let headers = HeaderTemplate([(":status", "200"), ("content-type", "application/grpc")])
    static let trailers = HeaderTemplate([("grpc-status", "0")])

    let loop: any EventLoop
    let limits: ControlLimits
    let methods: MethodTable
    let counters: ControlCounters
    private let shared: SharedControl
    /// The prefix of a message, a reply, a status message, and fields that are being put together.
    let prefix = ByteWriter(capacity: 64)
    let reply = ByteWriter(capacity: 1024)
    let text = ByteWriter(capacity: 64)
    let fields = HeaderList(capacity: 256)
    private(set) var now: Int64
    private var connections: [ControlConnection] = []
    private var answering: [ControlConnection] = []
    private lazy var flushAnswers: @Sendable () -> Void = { [unowned self] in sendAnswers() }
    private var ticks = 0
    private var ticker: RepeatedTask?
    private var isDraining = false
    private var drained: (@Sendable () -> Void)?

    init(loop: any EventLoop, limits: ControlLimits, methods: MethodTable, shared: SharedControl) {
        self.loop = loop
        self.limits = limits
        self.methods = methods
        self.shared = shared
        counters = shared.counters
        now = Self.milliseconds()
    }

    // MARK: Time

    private static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }

    func beginTurn() { now = Self.milliseconds() }

    func start() {
        let interval = TimeAmount.milliseconds(Self.tickMilliseconds)
        ticker = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in self.tick() }
    }

    private func tick() {
        beginTurn()
        ticks += 1
        let isSlow = ticks % Self.slowTickInterval == 0
        // Backwards: a connection that ends here is replaced by the last one, which was seen already.
        for index in stride(from: connections.count - 1, through: 0, by: -1) where index < connections.count {
            let connection = connections[index]
            connection.tick(now)
            if isSlow { connection.slowTick(now) }
        }
    }

    // MARK: Connections

    /// Admits a connection; false when the process has as many as it may have, or is ending.
    func add(_ connection: ControlConnection) -> Bool {
        connection.position = connections.count
        connections.append(connection)
        return shared.connectionOpened(limit: limits.connections) && !isDraining
    }

    func remove(_ connection: ControlConnection) {
        let position = connection.position
        guard position < connections.count, connections[position] === connection else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[position] = last
            last.position = position
        }
        shared.connectionClosed()
        finishDrainIfIdle()
    }

    func flushAtEndOfTurn(_ connection: ControlConnection) {
        answering.append(connection)
        if answering.count == 1 { loop.execute(flushAnswers) }
    }

    private func sendAnswers() {
        var index = 0
        while index < answering.count {
            answering[index].flush()
            index += 1
        }
        answering.removeAll(keepingCapacity: true)
    }

    // MARK: Ending

    func drain(_ done: @escaping @Sendable () -> Void) {
        beginTurn()
        isDraining = true
        drained = done
        for index in stride(from: connections.count - 1, through: 0, by: -1) where index < connections.count {
            connections[index].drain()
        }
        finishDrainIfIdle()
    }

    func abortAll() {
        for index in stride(from: connections.count - 1, through: 0, by: -1) where index < connections.count {
            connections[index].abort()
        }
    }

    private func finishDrainIfIdle() {
        guard isDraining, connections.isEmpty, let done = drained.take() else { return }
        ticker?.cancel()
        ticker = nil
        done()
    }
}

/// What the loops of the control plane share.
final class SharedControl: Sendable {
    let counters = ControlCounters()

    func connectionOpened(limit: Int) -> Bool { counters.connections.wrappingAdd(1, ordering: .relaxed).oldValue < limit }

    func connectionClosed() { counters.connections.wrappingSubtract(1, ordering: .relaxed) }
}
