import Bytes
import CircuitBreaking
import HTTP2
import HTTPSemantics

extension GRPCUpstream {
    /// The five bytes before each message: a compression flag and the length.
    static let prefixBytes = 5
    /// A decompression buffer that held more than this is not kept.
    private static let keptBytes = 64 << 10

    /// Takes everything a connection's session has to say.
    func received(_ connection: GRPCConnection) {
        connection.lastInbound = now
        while let event = connection.session.nextEvent() {
            handle(event, connection)
            if connection.state == .closed { return }
        }
    }

    @inline(__always)
    private func handle(_ event: HTTP2Event, _ connection: GRPCConnection) {
        switch event {
        case .headers(_, let owner, let kind, let endStream):
            guard let call = openCall(owner, connection) else { return }
            switch kind {
            case .informational: return
            case .initial: initialHeaders(call, connection.session.fields, endStream)
            case .trailers: trailers(call, connection.session.fields, httpStatus: 200)
            }
        case .data(let stream, let owner, let bytes, let endStream):
            let call = openCall(owner, connection)
            if let call, call.deliversEach {
                return streamData(call, bytes, endStream, connection.session)
            }
            connection.session.consumed(stream, bytes.count)
            if let call { data(call, bytes, endStream) }
        case .streamReset(_, let owner, let code, let byPeer):
            guard let call = openCall(owner, connection) else { return }
            reset(call, code, byPeer)
        case .goAway(_, let code): drain(connection, code)
        case .settingsReceived: settingsReceived(connection)
        case .windowAvailable: sendHeld(connection)
        case .pingAcknowledged: connection.pingedAt = 0
        case .connectionFault: connection.close()
        }
    }

    private func openCall(_ index: Int, _ connection: GRPCConnection) -> GRPCCall? {
        guard index >= 0, index < calls.count else { return nil }
        let call = calls[index]
        return call.state == .open && call.connection === connection ? call : nil
    }

    private func settingsReceived(_ connection: GRPCConnection) {
        if connection.state == .connecting {
            connection.becomeReady(now: max(1, now))
            everReady = true
        }
        sendHeld(connection)
        scheduleFlush()
    }

    private func initialHeaders(_ call: GRPCCall, _ fields: HeaderList, _ endStream: Bool) {
        let status = httpStatus(fields)
        if endStream { return trailers(call, fields, httpStatus: status) }
        let isGRPC = fields.first("content-type").map(GRPCSyntax.isGRPC) ?? false
        if status != 200 || !isGRPC {
            let code = status == 200 ? GRPCStatus.unknown : GRPCStatus.ofHTTP(status)
            return violation(call, code)
        }
        if let encoding = fields.first("grpc-encoding") {
            call.isGzip = encoding == "gzip"
            call.hasUnknownEncoding = !call.isGzip && !(encoding == "identity")
        }
        call.owner?.grpcInitialMetadata(fields, tag: call.tag)
    }

    private func httpStatus(_ fields: HeaderList) -> Int {
        guard let text = fields.first(":status"), text.count == 3 else { return 0 }
        return Int(text[0] &- 48) * 100 + Int(text[1] &- 48) * 10 + Int(text[2] &- 48)
    }

    @inline(__always)
    private func data(_ call: GRPCCall, _ bytes: ByteView, _ endStream: Bool) {
        // Bounded before it is kept: the prefix says how long the message will be.
        if call.reply.count + bytes.count > limits.replyBytes + Self.prefixBytes { return tooLarge(call) }
        call.appendReply(bytes)
        let reply = call.reply.view
        if reply.count >= Self.prefixBytes {
            let length = messageLength(reply)
            if length > limits.replyBytes { return tooLarge(call) }
            // More than one message for a unary call.
            if reply.count > Self.prefixBytes + length { return violation(call, GRPCStatus.internal) }
        }
        if endStream { violation(call, GRPCStatus.internal) }
    }

    @inline(__always)
    func messageLength(_ reply: ByteView) -> Int {
        Int(reply[1]) << 24 | Int(reply[2]) << 16 | Int(reply[3]) << 8 | Int(reply[4])
    }

    func trailers(_ call: GRPCCall, _ fields: HeaderList, httpStatus: Int) {
        if call.replies != nil && holdTrailers(call, fields, httpStatus: httpStatus) { return }
        guard let text = fields.first("grpc-status") else {
            return violation(call, httpStatus == 200 ? GRPCStatus.unknown : GRPCStatus.ofHTTP(httpStatus))
        }
        guard let code = GRPCText.status(text) else { return violation(call, GRPCStatus.unknown) }
        if call.replies != nil {
            // The end of a message is missing.
            if code == GRPCStatus.ok && call.deliversEach && !call.undelivered.isEmpty {
                return violation(call, GRPCStatus.internal)
            }
            tell(call) { $0.grpcTrailers(fields, tag: call.tag) }
            guard call.state == .open else { return }
        }
        if code == GRPCStatus.ok { return succeed(call) }
        messageText.removeAll()
        if let message = fields.first("grpc-message") { GRPCText.appendPercentDecoded(message, to: messageText) }
        detailBytes.removeAll()
        if let details = fields.first("grpc-status-details-bin") { GRPCText.appendBase64Decoded(details, to: detailBytes) }
        finish(
            call,
            GRPCOutcome(
                code: code, message: messageText.view, details: detailBytes.view, origin: .upstream,
                pushback: RetryPushback(fields.first("grpc-retry-pushback-ms"))),
            resetting: true)
    }

    private func succeed(_ call: GRPCCall) {
        if call.deliversEach {
            return finish(call, GRPCOutcome(code: GRPCStatus.ok, origin: .upstream), resetting: true)
        }
        let reply = call.reply.view
        guard reply.count >= Self.prefixBytes, messageLength(reply) == reply.count - Self.prefixBytes else {
            return violation(call, GRPCStatus.internal)
        }
        let payload = reply[Self.prefixBytes, reply.count]
        guard let message = reply[0] == 0 ? payload : decompressed(call, flag: reply[0], payload) else { return }
        finish(call, GRPCOutcome(code: GRPCStatus.ok, origin: .upstream), resetting: true, message: message)
    }

    /// The message whose flag says that it is compressed, valid until the next one; nil when it cannot be had, which ends the call.
    func decompressed(_ call: GRPCCall, flag: UInt8, _ payload: ByteView) -> ByteView? {
        if flag == 1 && call.isGzip {
            if inflated.count > Self.keptBytes { inflated = ByteWriter() }
            inflated.removeAll()
            switch inflater.inflate(payload, into: inflated, limit: limits.replyBytes) {
            case .done: return inflated.view
            case .malformed: violation(call, GRPCStatus.internal)
            case .tooLarge: tooLarge(call)
            }
        } else {
            violation(call, call.hasUnknownEncoding && flag == 1 ? GRPCStatus.unimplemented : GRPCStatus.internal)
        }
        return nil
    }

    private func reset(_ call: GRPCCall, _ code: HTTP2ErrorCode, _ byPeer: Bool) {
        guard byPeer else { return violation(call, GRPCStatus.internal) }
        finish(
            call,
            GRPCOutcome(
                code: GRPCStatus.ofReset(code.rawValue), origin: .reset,
                neverSent: code == .refusedStream && !(call.deliversEach && call.streaming.hasDelivered)),
            resetting: false)
    }

    func tooLarge(_ call: GRPCCall) {
        finish(call, GRPCOutcome(code: GRPCStatus.resourceExhausted, origin: .protocolViolation), resetting: true)
    }

    func violation(_ call: GRPCCall, _ code: Int) {
        finish(call, GRPCOutcome(code: code, origin: .protocolViolation), resetting: true)
    }

    /// Ends a call: its stream is reset if it is still open, its owner told, its record freed.
    func finish(_ call: GRPCCall, _ outcome: GRPCOutcome, resetting: Bool, message: ByteView? = nil) {
        detach(call, code: resetting ? .cancel : nil)
        // From here on a `cancel` by the owner finds the handle stale, while the reply's bytes stay until the end.
        call.generation &+= 1
        call.state = .free
        let owner = call.owner.take()
        let tag = call.tag
        if let message { owner?.grpcMessage(message, tag: tag) }
        owner?.grpcFinished(outcome, tag: tag)
        release(call)
        scheduleFlush()
    }
}
