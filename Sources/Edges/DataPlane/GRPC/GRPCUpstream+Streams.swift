import Bytes
import HTTP2

/// Stream calls as their owners use them. Stale handles do nothing.
extension GRPCUpstream {
    /// Starts a call whose request is what `send` is given, and whose replies come as `replies` says.
    ///
    /// As with `start`, `metadata` is borrowed and the owner is never told anything from inside. `timeoutMilliseconds` bounds the whole
    /// call; `Int.max` is none, and none is announced: such calls may take half of a connection's streams, those beyond are refused
    /// as RESOURCE_EXHAUSTED. `idleMilliseconds` bounds the time in which nothing moves in either direction
    /// and the owner has not paused; `Int.max` is none.
    func startStream(
        _ headers: GRPCMethodHeaders, metadata: HeaderList, replies: GRPCReplies, timeoutMilliseconds: Int,
        idleMilliseconds: Int = .max, owner: GRPCCallOwner, tag: Int, nowMilliseconds: Int64
    ) -> GRPCCallHandle {
        observe(nowMilliseconds)
        let call = takeCall()
        call.stream(replies, idleMilliseconds: Int64(idleMilliseconds), now: now)
        call.streaming.isEndless = timeoutMilliseconds == .max
        return begin(call, headers, metadata, .empty, timeoutMilliseconds, owner, tag)
    }

    /// Sends a request message, which is borrowed; `isLast` saves `finishSending`. For `GRPCReplies.framed`, any portion of the
    /// framed messages.
    ///
    /// What the service does not take yet is held. False means that more than `GRPCUpstreamLimits.heldRequestBytes` are: the caller
    /// waits for `grpcWritable`. One that sends all the same has its call ended as RESOURCE_EXHAUSTED. Also false, and without
    /// effect, when the call takes nothing any more.
    @discardableResult
    func send(_ handle: GRPCCallHandle, _ message: ByteView, isLast: Bool = false) -> Bool {
        guard let call = sendingCall(handle) else { return false }
        if call.streaming.awaitsWritable {
            detach(call, code: .cancel)
            call.connection = nil
            refuse(call, GRPCOutcome(code: GRPCStatus.resourceExhausted, origin: .queueFull))
            return false
        }
        call.streaming.lastActivity = now
        call.streaming.isRequestComplete = isLast
        if call.replies == .framed { prefix.removeAll() } else { writePrefix(message) }
        if let connection = call.connection, call.unsentRest.isEmpty {
            let accepted = connection.session.sendData(call.stream, head: prefix.view, message, endStream: isLast)
            hold(call, message, after: accepted)
            if !call.unsentRest.isEmpty { connection.blocked.append(call.index) }
            scheduleFlush()
        } else {
            hold(call, message, after: 0)
        }
        guard call.unsentRest.count > limits.heldRequestBytes else { return true }
        call.streaming.awaitsWritable = true
        // What was to be told is not true any more.
        call.streaming.isWritable = false
        return false
    }

    /// Ends the request: no message follows.
    func finishSending(_ handle: GRPCCallHandle) {
        guard let call = sendingCall(handle) else { return }
        call.streaming.isRequestComplete = true
        guard let connection = call.connection, call.unsentRest.isEmpty else { return }
        _ = connection.session.sendData(call.stream, .empty, endStream: true)
        scheduleFlush()
    }

    /// Lets no more messages come. The service may go on until the stream's window is full; other calls are not held up.
    func pause(_ handle: GRPCCallHandle) {
        guard let call = call(handle), call.deliversEach else { return }
        call.streaming.isPaused = true
    }

    /// Ends a pause: messages come again from the end of the turn on.
    func resume(_ handle: GRPCCallHandle) {
        guard let call = call(handle), call.deliversEach, call.streaming.isPaused else { return }
        call.streaming.isPaused = false
        call.streaming.lastActivity = now
        becomeDue(call)
    }

    /// A stream call whose request may go on, or nil.
    private func sendingCall(_ handle: GRPCCallHandle) -> GRPCCall? {
        guard let call = call(handle), call.replies != nil, !call.streaming.isRequestComplete else { return nil }
        return call.state == .queued || call.connection != nil ? call : nil
    }

    /// Keeps what of `prefix` and `message` follows the first `sent` bytes.
    private func hold(_ call: GRPCCall, _ message: ByteView, after sent: Int) {
        let head = prefix.count
        if sent < head { call.keepRest(prefix.view[sent, head]) }
        if sent < head + message.count { call.keepRest(message[max(0, sent - head), message.count]) }
    }

    /// The call has got its stream: what was sent meanwhile follows.
    @inline(never)
    func opened(_ call: GRPCCall, on connection: GRPCConnection) {
        connection.streamCalls += 1
        if call.streaming.isEndless { connection.endlessCalls += 1 }
        sendRest(call, connection.session)
        if !call.unsentRest.isEmpty { connection.blocked.append(call.index) }
    }

    /// The call loses its stream.
    @inline(never)
    func closed(_ call: GRPCCall, on connection: GRPCConnection) {
        connection.streamCalls -= 1
        if call.streaming.isEndless { connection.endlessCalls -= 1 }
    }

    /// `sent` bytes of what was held have been sent.
    func drained(_ call: GRPCCall, _ sent: Int) {
        guard sent > 0 else { return }
        call.streaming.lastActivity = now
        call.trimRest()
        guard call.streaming.awaitsWritable, call.unsentRest.count <= limits.heldRequestBytes / 2 else { return }
        call.streaming.awaitsWritable = false
        call.streaming.isWritable = true
        becomeDue(call)
    }

    private func becomeDue(_ call: GRPCCall) {
        guard !call.streaming.isDue else { return }
        call.streaming.isDue = true
        due.append(call.handle)
        scheduleFlush()
    }
}
