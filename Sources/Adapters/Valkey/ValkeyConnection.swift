import Bytes
import NIOCore
import RESP

/// One connection from the attempt to its end: a channel handler that pairs replies with what asked for them.
///
/// Confined to the loop of its channel, hence the unchecked conformance. A lost connection is not revived: its session
/// makes another.
final class ValkeyConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum State {
        case connecting
        /// From the first byte to the last answer of the handshake.
        case handshaking
        case ready
        case closed
    }

    /// Why a connection ended.
    enum Loss: Equatable {
        /// The network, the peer, or ourselves.
        case closed
        /// No answer in time.
        case silent
        case violation
        /// The server refuses the handshake.
        case refused
    }

    /// Places for what the client asks on its own account.
    private static let ownCommands = 64
    /// Memory that the buffers keep when they are empty.
    private static let keptBytes = 256 << 10

    let startedAt: Int64
    private(set) var readyAt: Int64 = 0
    private(set) var state = State.connecting
    /// When bytes last arrived, or when the first of the commands that wait for answers was sent.
    var silentSince: Int64
    /// Commands sent so far, and after how many of them each script was loaded.
    private(set) var sent: UInt64 = 0
    private var loads: [ObjectIdentifier: UInt64] = [:]
    private(set) var isWritable = true

    private var session: ValkeySession?
    private let limits: ValkeyLimits
    private var context: ChannelHandlerContext?
    private let parser: RESPParser
    /// The beginning of a reply whose rest is missing.
    private let held = ByteWriter(capacity: 64)
    private let output = ByteWriter(capacity: 1024)
    private var buffer = ByteBuffer()
    private(set) var inFlight: ValkeySlotQueue
    private var handshake: ValkeyHandshake

    init(session: ValkeySession, handshake: ValkeyHandshake, limits: ValkeyLimits, now: Int64) {
        self.session = session
        self.handshake = handshake
        self.limits = limits
        parser = RESPParser(limits: limits.replies)
        inFlight = ValkeySlotQueue(capacity: limits.commandsInFlight + Self.ownCommands)
        startedAt = now
        silentSince = now
    }

    /// Whether a command can be sent now; two places are for it and what must go before it.
    var hasRoom: Bool {
        state == .ready && isWritable && inFlight.count + 2 <= limits.commandsInFlight && output.count < limits.waitingBytes
    }

    /// Adds a command to what the next flush sends.
    func send(_ call: ValkeyCall) {
        if call.needsAsking {
            call.needsAsking = false
            ask("*1\r\n$6\r\nASKING\r\n", .ignored)
        }
        add(call.bytes.view, call.queueSlot)
        call.sentAt = sent
    }

    /// Adds a command of the client's own; false when too many of them are unanswered.
    @discardableResult
    func ask(_ command: StaticString, _ slot: ValkeySlot) -> Bool {
        guard state == .ready, !inFlight.isFull else { return false }
        add(ByteView(command), slot)
        return true
    }

    /// Makes sure that the server has been sent the script before what is sent next, and after `count` commands.
    func load(_ script: ValkeyScript, after count: UInt64) {
        if let loaded = loads[ObjectIdentifier(script)], loaded > count { return }
        guard state == .ready, !inFlight.isFull else { return }
        noteUnanswered()
        output.beginRESPCommand(parts: 3)
        output.appendRESP("SCRIPT")
        output.appendRESP("LOAD")
        output.appendRESP(utf8: script.text)
        inFlight.append(.ignored)
        sent += 1
        loads[ObjectIdentifier(script)] = sent
    }

    private func add(_ bytes: ByteView, _ slot: ValkeySlot) {
        noteUnanswered()
        output.append(bytes)
        inFlight.append(slot)
        sent += 1
    }

    private func noteUnanswered() {
        if inFlight.isEmpty, let session { silentSince = session.now }
    }

    /// Hands everything that was said to the channel in one write.
    func flush() {
        guard let context, isWritable, output.count > 0, state != .connecting, state != .closed else { return }
        let bytes = output.view
        if buffer.capacity > Self.keptBytes && bytes.count <= Self.keptBytes { buffer = ByteBuffer() }
        buffer.clear()
        buffer.writeBytes(UnsafeRawBufferPointer(start: bytes.base, count: bytes.count))
        output.removeAll(keepingAtMost: Self.keptBytes)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Takes the slots of commands that will have no answer now.
    func takeUnanswered() -> ValkeySlot? { inFlight.popFirst() }

    /// Ends the connection; the session is told, unless it let go of it before.
    func close(_ loss: Loss) {
        guard state != .closed else { return }
        state = .closed
        context?.close(promise: nil)
        let session = session
        self.session = nil
        session?.connectionLost(self, loss)
    }

    // MARK: Replies

    private func receive(_ bytes: ByteView) {
        guard let session else { return }
        silentSince = session.now
        if held.count == 0 {
            let read = consume(bytes)
            if state != .closed { held.append(bytes[read, bytes.count]) }
        } else {
            held.append(bytes)
            let read = consume(held.view)
            if read == held.count { held.removeAll(keepingAtMost: Self.keptBytes) } else { held.removeFirst(read) }
        }
    }

    /// Reads every whole reply; answers how many bytes they took.
    private func consume(_ bytes: ByteView) -> Int {
        var start = 0
        while start < bytes.count, state != .closed {
            let rest = bytes[start, bytes.count]
            switch parser.parse(rest) {
            case .incomplete: return start
            case .fault: close(.violation)
            case .complete(let length):
                if let value = parser.value(in: rest) { deliver(value) }
                start += length
            }
        }
        return start
    }

    private func deliver(_ value: RESPValue) {
        guard let session else { return }
        if value.kind == .push { return session.pushed(value) }
        if state == .handshaking { return proceed(value, session) }
        guard let slot = inFlight.popFirst() else { return close(.violation) }
        session.replied(value, slot)
    }

    private func proceed(_ value: RESPValue, _ session: ValkeySession) {
        switch handshake.receive(value) {
        case .waiting: break
        case .refused(let error):
            session.handshakeRefused(error)
            close(.refused)
        case .done:
            state = .ready
            readyAt = max(1, session.now)
            session.connectionReady(self, handshake)
        }
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if state == .closed { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        close(.closed)
    }

    func channelActive(context: ChannelHandlerContext) {
        if state == .connecting {
            state = .handshaking
            handshake.write(to: output)
            flush()
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard state != .closed else { return }
        bytes.withUnsafeReadableBytes { receive(ByteView($0)) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        session?.turnEnded()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable { session?.turnEnded() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close(.closed) }
}
