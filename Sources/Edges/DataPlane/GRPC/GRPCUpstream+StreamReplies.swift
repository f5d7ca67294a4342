import Bytes
import HTTP2

/// What the services of stream calls say.
extension GRPCUpstream {
    /// Delivers the messages that `bytes` completes, straight from the connection's buffer where nothing was left before them.
    @inline(never)
    func streamData(_ call: GRPCCall, _ bytes: ByteView, _ endStream: Bool, _ session: HTTP2Session) {
        session.consumedOnConnection(bytes.count)
        call.streaming.uncredited += bytes.count
        call.streaming.lastActivity = now
        if call.undelivered.isEmpty {
            let taken = deliver(call, bytes)
            guard call.state == .open else { return }
            if taken < bytes.count { call.appendReply(bytes[taken, bytes.count]) }
        } else {
            call.appendReply(bytes)
            deliverKept(call)
            guard call.state == .open else { return }
        }
        creditStream(call)
        if endStream { violation(call, GRPCStatus.internal) }
    }

    /// The end of the turn, for a stream call that has something due.
    func tellStream(_ call: GRPCCall) {
        call.streaming.isDue = false
        if call.streaming.isWritable {
            call.streaming.isWritable = false
            tell(call) { $0.grpcWritable(tag: call.tag) }
        }
        guard call.state == .open, call.deliversEach else { return }
        deliverKept(call)
        guard call.state == .open else { return }
        creditStream(call)
        if let status = call.streaming.heldStatus { trailers(call, call.metadata, httpStatus: status) }
    }

    /// Keeps the trailers of a call whose owner has not taken all messages before them; false when there is none.
    @inline(never)
    func holdTrailers(_ call: GRPCCall, _ fields: HeaderList, httpStatus: Int) -> Bool {
        guard call.deliversEach, hasMessage(call.undelivered) else { return false }
        if call.streaming.heldStatus == nil { call.keepTrailers(fields, httpStatus: httpStatus) }
        detach(call, code: .cancel)
        call.connection = nil
        return true
    }

    /// Lets the owner be told something; afterwards the call's state is `free` when the owner ended it meanwhile.
    func tell(_ call: GRPCCall, _ body: (GRPCCallOwner) -> Void) {
        guard let owner = call.owner else { return }
        call.isTelling = true
        body(owner)
        call.isTelling = false
        if call.state == .free { release(call) }
    }

    private func deliverKept(_ call: GRPCCall) {
        let taken = deliver(call, call.undelivered)
        if call.state == .open && taken > 0 { call.skip(taken) }
    }

    /// Hands over the complete messages at the front of `bytes` until the owner pauses or ends the call; answers how many bytes it took.
    private func deliver(_ call: GRPCCall, _ bytes: ByteView) -> Int {
        var taken = 0
        tell(call) { owner in
            while call.state == .open, !call.streaming.isPaused, bytes.count - taken >= Self.prefixBytes {
                let length = messageLength(bytes[taken, bytes.count])
                if length > limits.replyBytes { return tooLarge(call) }
                let end = taken + Self.prefixBytes + length
                guard end <= bytes.count else { return }
                deliver(call, framed: bytes[taken, end], to: owner)
                taken = end
            }
        }
        return taken
    }

    private func deliver(_ call: GRPCCall, framed: ByteView, to owner: GRPCCallOwner) {
        let payload = framed[Self.prefixBytes, framed.count]
        // A flag that gRPC does not know may be one that gRPC-Web does: its trailers.
        if call.replies == .framed && framed[0] <= 1 {
            call.streaming.hasDelivered = true
            owner.grpcMessage(framed, tag: call.tag)
        } else if let message = framed[0] == 0 ? payload : decompressed(call, flag: framed[0], payload) {
            call.streaming.hasDelivered = true
            owner.grpcMessage(message, tag: call.tag)
        }
    }

    private func hasMessage(_ bytes: ByteView) -> Bool {
        guard bytes.count >= Self.prefixBytes else { return false }
        let length = messageLength(bytes)
        return length > limits.replyBytes || bytes.count - Self.prefixBytes >= length
    }

    /// Gives the stream's window back what was received; while the owner pauses, only what it has taken.
    private func creditStream(_ call: GRPCCall) {
        guard let connection = call.connection else { return }
        let kept = call.streaming.isPaused ? call.undelivered.count : 0
        let owed = call.streaming.uncredited - kept
        guard owed > 0 else { return }
        connection.session.consumedOnStream(call.stream, owed)
        call.streaming.uncredited = kept
    }
}
