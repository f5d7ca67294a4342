public import Bytes
import HTTP2
import HTTPSemantics
public import NIOCore
import Transcoding

/// One call of a client: its messages in, its reply or replies out, and how it ends.
///
/// Owned by its connection and confined to that one's event loop. Those of unary calls are used again; one that a `StreamSession` was
/// given is not, so that whoever keeps it can do nothing to another call.
public final class ServerStream {
    /// What the call is.
    private enum Call {
        case none
        case unary(any UnaryMethod)
        case stream(any StreamSession)
    }

    /// Bytes of a status message that are sent; the rest of a longer one is cut off.
    private static let statusMessageBytes = 1024
    /// Memory that a stream out of use keeps in each direction.
    private static let keptBytes = 4 << 10

    /// While it is in use.
    private var connection: ControlConnection?
    /// The connection's number for it.
    let slot: Int
    /// Counts its uses.
    private(set) var generation: UInt32 = 0
    /// The stream's identifier; 0 while it is not in use.
    private(set) var id: UInt32 = 0
    private var call = Call.none
    private var messageLimit = 0
    private let inbound = ByteWriter(capacity: 64)
    private let unsent = ByteWriter(capacity: 64)
    /// Bytes that were taken while the stream was not writable: the client's window stays closed for them.
    private var owed = 0
    /// Bytes the connection has been told of a message that is not whole.
    private var reserved = 0
    /// Whether the client is done and the method does not know yet.
    private var isInputClosed = false
    private var hasSentHeaders = false
    private var isDelivering = false
    /// Whether `unsent` is so full that the session was to wait.
    private var isBlocked = false
    /// The status to send when `unsent` is empty.
    private var end: GRPCServerStatus?
    /// In the loop's milliseconds; 0 for none.
    private(set) var deadline: Int64 = 0
    /// When the client last took something of `unsent`.
    private var lastProgress: Int64 = 0

    init(slot: Int) { self.slot = slot }

    var isInUse: Bool { id != 0 }
    var isUnary: Bool { if case .unary = call { true } else { false } }

    // MARK: For whoever serves the stream

    /// Whether the stream takes messages and is not too far ahead of its client. `StreamSession.writable` says when it is again.
    public var isWritable: Bool { isInUse && end == nil && unsent.count < (connection?.loop.limits.writableBytes ?? 0) }

    /// Whether it has not ended.
    public var isOpen: Bool { isInUse && end == nil }

    /// The loop on which everything about the stream happens; nil once it is over.
    public var eventLoop: (any EventLoop)? { connection?.loop.loop }

    /// The client's address and port, for logs; empty once the stream is over.
    public var peer: String { connection?.peer ?? "" }

    /// Sends a message; what the client does not take yet is kept. Without effect on a stream that has ended.
    public func send(_ message: ByteView) {
        guard let connection, end == nil else { return }
        sendHeaders(connection)
        let prefix = connection.loop.prefix
        MessageFrame.write(message.count, to: prefix)
        var accepted = 0
        if unsent.count == 0 { accepted = connection.session.sendData(id, head: prefix.view, message, endStream: false) }
        connection.flushAtEndOfTurn()
        guard accepted < prefix.count + message.count else { return }
        guard unsent.count + message.count <= connection.loop.limits.unsentBytes else {
            return fail(GRPCServerStatus(.resourceExhausted, "the client takes too little of what it is sent"))
        }
        if unsent.count == 0 { lastProgress = connection.loop.now }
        if accepted < prefix.count { unsent.append(prefix.view[accepted, prefix.count]) }
        unsent.append(message[max(0, accepted - prefix.count), message.count])
        if unsent.count >= connection.loop.limits.writableBytes { isBlocked = true }
    }

    /// Ends the stream once the client has everything that was sent; messages after it are dropped. The first end counts.
    public func end(_ status: GRPCServerStatus) {
        guard let connection, end == nil else { return }
        end = status
        if unsent.count == 0 { finish(connection) }
    }

    // MARK: What the connection brings

    /// Begins the call whose headers `fields` are.
    func open(_ id: UInt32, on connection: ControlConnection, _ fields: HeaderList, endsInput: Bool) {
        self.connection = connection
        self.id = id
        isInputClosed = endsInput
        lastProgress = connection.loop.now
        guard let verb = fields.first(":method"), verb == "POST" else { return refuse(status: 405, connection) }
        guard let type = fields.first("content-type"), GRPCSyntax.isGRPC(contentType: type) else {
            return refuse(status: 415, connection)
        }
        if let encoding = fields.first("grpc-encoding"), !(encoding == "identity") {
            return fail(GRPCServerStatus(.unimplemented, "messages are taken as they are: grpc-encoding identity"))
        }
        if let text = fields.first("grpc-timeout") {
            guard let milliseconds = GRPCText.timeoutMilliseconds(text) else {
                return fail(GRPCServerStatus(.internal, "malformed grpc-timeout"))
            }
            deadline = connection.loop.now + max(1, milliseconds)
        }
        guard let path = fields.first(":path"), let method = connection.loop.methods.find(path) else {
            return fail(GRPCServerStatus(.unimplemented, "unknown method"))
        }
        switch method {
        case .unary(let method):
            call = .unary(method)
            messageLimit = method.messageLimit
            if endsInput { fail(GRPCServerStatus(.internal, "a unary call without a message")) }
        case .stream(let method):
            messageLimit = method.messageLimit
            let session = method.open(self)
            // It may have ended the stream at once; then nobody else tells it.
            guard isInUse else { return session.closed() }
            call = .stream(session)
            deliver(session)
        }
    }

    /// Takes bytes of messages.
    func receive(_ bytes: ByteView, ends: Bool) {
        guard let connection else { return }
        switch call {
        case .none: connection.session.consumed(id, bytes.count)
        case .unary(let method):
            connection.session.consumed(id, bytes.count)
            isInputClosed = ends
            takeUnary(bytes, method, connection)
        case .stream(let session):
            owed += bytes.count
            inbound.append(bytes)
            if ends { isInputClosed = true }
            deliver(session)
        }
    }

    /// The call's only message, once nothing can follow it.
    private func takeUnary(_ bytes: ByteView, _ method: any UnaryMethod, _ connection: ControlConnection) {
        // Nearly every request comes in one piece, and is read where it is.
        if inbound.count == 0, isInputClosed { return serve(bytes, method, connection) }
        inbound.append(bytes)
        if isInputClosed { return serve(inbound.view, method, connection) }
        switch MessageFrame(inbound.view, limit: messageLimit) {
        case .none: break
        case .message(let length):
            guard inbound.count <= MessageFrame.prefixBytes + length else { return failUnaryMessages() }
            reserve(length, connection)
        case .refused(let status): fail(status)
        }
    }

    private func serve(_ bytes: ByteView, _ method: any UnaryMethod, _ connection: ControlConnection) {
        switch MessageFrame(bytes, limit: messageLimit) {
        case .refused(let status): return fail(status)
        case .message(let length) where bytes.count == MessageFrame.prefixBytes + length: break
        case .none, .message: return failUnaryMessages()
        }
        release(connection)
        let reply = connection.loop.reply
        reply.removeAll()
        let handle = CallHandle(stream: self, generation: generation)
        connection.loop.counters.calls.add()
        switch method.call(bytes[MessageFrame.prefixBytes, bytes.count], reply: reply, handle: handle) {
        case .done(let status): answer(status, reply.view)
        case .parked: break
        }
    }

    private func failUnaryMessages() { fail(GRPCServerStatus(.internal, "a unary call has exactly one message")) }

    /// Ends a unary call.
    func answer(_ status: GRPCServerStatus, _ reply: ByteView) {
        if status.isOK { send(reply) }
        end(status)
    }

    /// Hands whole messages over, as long as the stream keeps up with its own answers.
    private func deliver(_ session: any StreamSession) {
        guard !isDelivering, let connection else { return }
        isDelivering = true
        var taken = 0
        loop: while isInUse, end == nil, !isBlocked {
            let rest = inbound.view[taken, inbound.count]
            switch MessageFrame(rest, limit: messageLimit) {
            case .none: break loop
            case .refused(let status):
                fail(status)
                break loop
            case .message(let length):
                guard rest.count >= MessageFrame.prefixBytes + length else {
                    reserve(length, connection)
                    break loop
                }
                release(connection)
                taken += MessageFrame.prefixBytes + length
                session.receive(rest[MessageFrame.prefixBytes, MessageFrame.prefixBytes + length])
            }
        }
        isDelivering = false
        guard isInUse else { return }
        inbound.removeFirst(taken)
        if inbound.count == 0 { inbound.removeAll(keepingAtMost: Self.keptBytes) }
        guard !isBlocked else { return }
        connection.session.consumed(id, owed)
        owed = 0
        guard isInputClosed, end == nil else { return }
        guard inbound.count == 0 else { return fail(GRPCServerStatus(.internal, "the last message is not whole")) }
        isInputClosed = false
        session.inputEnded()
    }

    private func reserve(_ length: Int, _ connection: ControlConnection) {
        guard reserved == 0, length > 0 else { return }
        guard connection.partialBytes + length <= connection.loop.limits.partialBytes else {
            return fail(GRPCServerStatus(.resourceExhausted, "too many messages under way on the connection"))
        }
        reserved = length
        connection.partialBytes += length
    }

    private func release(_ connection: ControlConnection) {
        connection.partialBytes -= reserved
        reserved = 0
    }

    /// The client reset the stream, or its connection is gone.
    func clientLeft() { leave() }

    /// Sends what waited, as far as the windows allow now.
    func sendWaiting() {
        guard let connection, unsent.count > 0 else { return }
        let accepted = connection.session.sendData(id, unsent.view, endStream: false)
        guard accepted > 0 else { return }
        lastProgress = connection.loop.now
        unsent.removeFirst(accepted)
        if unsent.count == 0 {
            // A route table may have waited here; there are many streams and few changes.
            unsent.removeAll(keepingAtMost: Self.keptBytes)
            if end != nil { return finish(connection) }
        }
        // Half of it, so that the session is not told for every window of its client.
        guard isBlocked, unsent.count <= connection.loop.limits.writableBytes / 2 else { return }
        isBlocked = false
        guard case .stream(let session) = call else { return }
        session.writable()
        deliver(session)
    }

    /// Whether the client has taken nothing for too long of what waits for it.
    func isStalled(_ now: Int64) -> Bool {
        unsent.count > 0 && now - lastProgress > (connection?.loop.limits.stalledMilliseconds ?? 0)
    }

    // MARK: Ending

    /// Ends the call at once, without what was not sent.
    func fail(_ status: GRPCServerStatus) {
        guard let connection else { return }
        if unsent.count > 0 {
            // A message may be cut in two: what follows it would be read as its rest.
            connection.session.reset(id, .cancel)
            connection.flushAtEndOfTurn()
            return leave()
        }
        end = status
        finish(connection)
    }

    /// An answer that is HTTP and no gRPC.
    private func refuse(status: Int, _ connection: ControlConnection) {
        let list = connection.loop.fields
        list.removeAll()
        list.append(name: ":status", decimal: status)
        if status == 405 { list.append(name: "allow", value: ByteView("POST")) }
        _ = connection.session.sendHeaders(id, list: list, endStream: true)
        close(connection)
    }

    private func sendHeaders(_ connection: ControlConnection) {
        guard !hasSentHeaders else { return }
        hasSentHeaders = true
        _ = connection.session.sendHeaders(id, template: ControlLoop.headers, endStream: false)
    }

    /// Sends the status, with the headers when there were none.
    private func finish(_ connection: ControlConnection) {
        let status = end ?? .ok
        if status.isOK, status.message.isEmpty, hasSentHeaders {
            _ = connection.session.sendHeaders(id, template: ControlLoop.trailers, endStream: true)
        } else {
            let list = connection.loop.fields
            list.removeAll()
            if !hasSentHeaders, status.code == .unimplemented {
                list.append(name: "grpc-accept-encoding", value: ByteView("identity"))
            }
            list.append(name: "grpc-status", decimal: Int(status.code.rawValue))
            if !status.message.isEmpty {
                let text = connection.loop.text
                text.removeAll()
                status.message.withByteView {
                    GRPCSyntax.appendPercentEncoded($0[0, min($0.count, Self.statusMessageBytes)], to: text)
                }
                list.append(name: "grpc-message", value: text.view)
            }
            let template = hasSentHeaders ? nil : ControlLoop.headers
            _ = connection.session.sendHeaders(id, template: template, list: list, endStream: true)
        }
        close(connection)
    }

    private func close(_ connection: ControlConnection) {
        // The rest of the request is not needed; nothing happens to a stream that has none.
        connection.session.reset(id, .noError)
        connection.flushAtEndOfTurn()
        leave()
    }

    private func leave() {
        guard let connection, isInUse else { return }
        release(connection)
        // Bytes of a stream that is gone are still owed to the connection.
        connection.session.consumed(id, owed)
        let ended = call
        id = 0
        generation &+= 1
        call = .none
        (owed, deadline) = (0, 0)
        (isInputClosed, hasSentHeaders, isBlocked) = (false, false, false)
        end = nil
        // While a message of it is being read it stays where it is.
        if !isDelivering { inbound.removeAll(keepingAtMost: Self.keptBytes) }
        unsent.removeAll(keepingAtMost: Self.keptBytes)
        self.connection = nil
        if case .stream(let session) = ended {
            connection.left(self, isReusable: false)
            session.closed()
        } else {
            connection.left(self, isReusable: true)
        }
    }
}
