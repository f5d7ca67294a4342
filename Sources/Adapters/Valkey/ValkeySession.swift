import Bytes
import NIOCore
import NIOPosix
import RESP

/// A connection to one server that is made again whenever it is lost, and the commands that wait for it.
final class ValkeySession {
    enum Purpose {
        case commands
        case tracking
    }

    enum Acceptance {
        case taken
        case full
        case unreachable
    }

    /// What one read takes from a socket at most.
    private static let readBytes = 64 << 10
    /// How long a retired session waits for the answers to what it sent.
    private static let retirement: Int64 = 5000

    let address: ValkeyAddress
    let purpose: Purpose
    /// Whether it reads from a replica of a cluster.
    let isReplica: Bool
    /// From the last handshake, then from ROLE.
    var isPrimary = false

    private let client: ValkeyClient
    private(set) var connection: ValkeyConnection?
    /// Connections that ended before they were stable, in a row.
    private var losses = 0
    /// Whether the last attempt failed, or the last connection hung or spoke no RESP3.
    private var isDoubtful = false
    private var nextAttempt: Int64
    private var retiredAt: Int64?
    private var waiting: ValkeySlotQueue
    private var waitingBytes = 0

    init(_ address: ValkeyAddress, _ purpose: Purpose, isReplica: Bool = false, client: ValkeyClient) {
        self.address = address
        self.purpose = purpose
        self.isReplica = isReplica
        self.client = client
        nextAttempt = client.now
        waiting = ValkeySlotQueue(capacity: purpose == .commands ? client.limits.commandsWaiting : 1)
    }

    var now: Int64 { client.now }

    var isReady: Bool { connection?.state == .ready && retiredAt == nil }

    /// Whether it will probably be ready soon: it was never tried, or a good connection was lost. That is worth waiting for once.
    var isPromising: Bool { !isReady && !isDoubtful && retiredAt == nil }

    // MARK: Commands

    func accept(_ call: ValkeyCall) -> Acceptance {
        guard isReady || isPromising else { return .unreachable }
        if let connection, waiting.isEmpty, connection.hasRoom {
            connection.send(call)
            return .taken
        }
        guard !waiting.isFull, waitingBytes + call.bytes.count <= client.limits.waitingBytes else { return .full }
        waiting.append(call.queueSlot)
        waitingBytes += call.bytes.count
        return .taken
    }

    /// Sends what waited, as far as there is room.
    private func drain() {
        while let connection, connection.hasRoom, let slot = waiting.popFirst() {
            waitingBytes -= Int(slot.bytes)
            if let call = client.call(slot) { connection.send(call) }
        }
    }

    func flush() {
        if !waiting.isEmpty { drain() }
        connection?.flush()
    }

    func turnEnded() { client.flush() }

    func replied(_ value: RESPValue, _ slot: ValkeySlot) { client.replied(value, slot, self) }

    func pushed(_ value: RESPValue) { if purpose == .tracking && retiredAt == nil { client.pushed(value) } }

    // MARK: Connection

    func tick() {
        if let connection { return check(connection) }
        if retiredAt == nil && nextAttempt <= now { attempt() }
    }

    private func check(_ connection: ValkeyConnection) {
        let limits = client.limits
        guard connection.state == .ready else {
            if connection.startedAt + limits.handshake <= now { connection.close(.silent) }
            return
        }
        if let retiredAt, connection.inFlight.isEmpty || retiredAt + Self.retirement <= now { return connection.close(.closed) }
        let isTracking = purpose == .tracking
        if !connection.inFlight.isEmpty {
            let silence = isTracking ? limits.trackingSilence : limits.silence
            if connection.silentSince + silence <= now { connection.close(.silent) }
        } else if connection.silentSince + (isTracking ? limits.trackingKeepAlive : limits.keepAlive) <= now {
            connection.ask("*1\r\n$4\r\nPING\r\n", .ignored)
        }
    }

    /// This loop itself stood still: the servers' silence is not theirs.
    func excuseSilence() { connection?.silentSince = now }

    private func attempt() {
        let handshake = ValkeyHandshake(
            endpoint: client.endpoint, name: client.name, readsFromReplica: isReplica,
            prefixes: purpose == .tracking ? client.tracking?.prefixes : nil)
        let connection = ValkeyConnection(session: self, handshake: handshake, limits: client.limits, now: now)
        self.connection = connection
        client.counters.attempts += 1
        let security = client.security
        let host = address.host
        ClientBootstrap(group: client.loop)
            .connectTimeout(.milliseconds(client.limits.handshake))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readBytes))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let security { try channel.pipeline.syncOperations.addHandler(security.handler(host: host)) }
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
            .connect(host: host, port: address.port)
            .whenFailure { _ in connection.close(.closed) }
    }

    func connectionReady(_ connection: ValkeyConnection, _ handshake: ValkeyHandshake) {
        isPrimary = handshake.isPrimary
        isDoubtful = false
        client.sessionReady(self, handshake.mode)
    }

    func handshakeRefused(_ error: ValkeyError) { client.problem = error }

    func connectionLost(_ lost: ValkeyConnection, _ loss: ValkeyConnection.Loss) {
        guard connection === lost else { return }
        connection = nil
        if lost.readyAt > 0 && lost.readyAt + client.limits.stable <= now { losses = 0 }
        nextAttempt = now + client.drawBackoff(failures: losses)
        losses += 1
        isDoubtful = lost.readyAt == 0 || loss != .closed
        if loss == .violation {
            client.counters.violations += 1
            client.problem = .protocolViolation
        }
        while let slot = lost.takeUnanswered() {
            client.lost(slot, loss == .violation ? .protocolViolation : .connectionLost)
        }
        client.sessionLost(self)
        abandonWaiting()
    }

    /// What was not sent may find another way.
    private func abandonWaiting() {
        var left = waiting.count
        waitingBytes = 0
        while left > 0, let slot = waiting.popFirst() {
            left -= 1
            client.unsent(slot)
        }
    }

    /// Takes no more commands; the connection is closed once what was sent is answered.
    func retire() {
        guard retiredAt == nil else { return }
        retiredAt = now
        abandonWaiting()
        if connection?.inFlight.isEmpty ?? true { connection?.close(.closed) }
    }

    var isRetired: Bool { retiredAt != nil }

    /// Closes the connection at once.
    func close() {
        retiredAt = now
        connection?.close(.closed)
    }

    /// Whether nothing is left of it.
    var isOver: Bool { retiredAt != nil && connection == nil }
}
