public import Bytes

extension HTTP2Session {
    /// Takes bytes the transport read; pull `nextEvent` until it answers nil before the next call.
    public func receive(_ bytes: ByteView) {
        guard !isOver else { return }
        discardTaken()
        inbound.append(bytes)
    }

    /// The next thing that happened, or nil when more bytes are needed.
    public func nextEvent() -> HTTP2Event? {
        if sweep >= 0, let event = sweepBeyondGoAway() { return event }
        while !isOver {
            if awaitsPreface {
                guard let isPreface = takePreface() else { break }
                if !isPreface { return fail(.protocolError, "not an HTTP/2 client preface") }
            }
            let bytes = inbound.view
            let rest = bytes.count &- taken
            guard rest >= FrameHeader.byteCount else { break }
            let frame = FrameHeader(bytes, at: taken)
            if let fault = fault(of: frame) { return fault }
            guard rest >= FrameHeader.byteCount &+ frame.length else { break }
            let start = taken &+ FrameHeader.byteCount
            taken = start &+ frame.length
            if let event = handle(frame, bytes[start, taken]) { return event }
        }
        discardTaken()
        return nil
    }

    /// Ends the session with GOAWAY (RFC 9113 section 5.4.1).
    func fail(_ code: HTTP2ErrorCode, _ reason: StaticString) -> HTTP2Event {
        writeGoAway(code)
        isOver = true
        sweep = -1
        return .connectionFault(code: code, reason: reason)
    }

    /// Ends one stream because the peer broke a rule (RFC 9113 section 5.4.2).
    func failStream(_ stream: UInt32, _ slot: Int, _ code: HTTP2ErrorCode) -> HTTP2Event? {
        writeReset(stream, code)
        if let flood = countReset() { return flood }
        guard slot >= 0 else { return nil }
        let owner = table[slot].owner
        table.remove(slot: slot)
        return .streamReset(stream: stream, owner: owner, code: code, byPeer: false)
    }

    /// Counts a stream that the peer ended early, or made us end.
    func countReset() -> HTTP2Event? {
        guard role == .server else { return nil }
        resetAllowance &-= 1
        return resetAllowance < 0 ? fail(.enhanceYourCalm, "too many streams reset") : nil
    }

    private func discardTaken() {
        if taken == inbound.count {
            inbound.removeAll()
        } else if taken > 0 {
            inbound.removeFirst(taken)
        }
        taken = 0
    }

    /// True when the preface was taken, nil when more bytes are needed.
    private func takePreface() -> Bool? {
        let preface = ByteView(Wire.clientPreface)
        let bytes = inbound.view
        let available = min(preface.count, bytes.count)
        guard bytes[0, available] == preface[0, available] else { return false }
        guard available == preface.count else { return nil }
        taken = preface.count
        awaitsPreface = false
        return true
    }

    /// What is wrong with a frame that its header alone shows.
    @inline(__always)
    private func fault(of frame: FrameHeader) -> HTTP2Event? {
        if !hasReceivedSettings
            && (frame.type != FrameType.settings || frame.flags & FrameFlag.acknowledgement != 0 || frame.stream != 0)
        {
            return fail(.protocolError, "the first frame is not SETTINGS")
        }
        if frame.length > Wire.smallestFrameLimit { return fail(.frameSizeError, "frame larger than announced") }
        if blockStream != 0 && (frame.type != FrameType.continuation || frame.stream != blockStream) {
            return fail(.protocolError, "header block interrupted")
        }
        return nil
    }

    @inline(__always)
    private func handle(_ frame: FrameHeader, _ payload: ByteView) -> HTTP2Event? {
        switch frame.type {
        case FrameType.data: return data(frame, payload)
        case FrameType.headers: return headers(frame, payload)
        case FrameType.continuation: return continuation(frame, payload)
        case FrameType.windowUpdate: return windowUpdate(frame, payload)
        case FrameType.resetStream: return reset(frame, payload)
        case FrameType.settings: return settings(frame, payload)
        case FrameType.ping: return ping(frame, payload)
        case FrameType.goAway: return goAway(frame, payload)
        case FrameType.priority: return priority(frame, payload)
        case FrameType.pushPromise: return fail(.protocolError, "PUSH_PROMISE although push is off")
        default: return countControl()
        }
    }

    /// Counts a frame that carries nothing for the application.
    private func countControl() -> HTTP2Event? {
        controlAllowance &-= 1
        return controlAllowance < 0 ? fail(.enhanceYourCalm, "too many control frames") : nil
    }

    // RFC 9113 section 6.1.
    private func data(_ frame: FrameHeader, _ payload: ByteView) -> HTTP2Event? {
        guard frame.stream != 0 else { return fail(.protocolError, "DATA on stream 0") }
        receiveWindow &-= frame.length
        if receiveWindow < 0 { return fail(.flowControlError, "connection window exceeded") }
        guard let body = unpadded(frame, payload) else { return fail(.protocolError, "padding larger than the frame") }
        let slot = table.slot(frame.stream)
        let ends = frame.flags & FrameFlag.endStream != 0
        guard slot >= 0 else {
            if isIdle(frame.stream) { return fail(.protocolError, "DATA on an idle stream") }
            if !isForgiven(frame.stream) { return fail(.streamClosed, "DATA on a closed stream") }
            credit(frame.length)
            return nil
        }
        table[slot].receiveWindow &-= frame.length
        if let code = dataFault(slot, body.count, ends) {
            credit(frame.length)
            return failStream(frame.stream, slot, code)
        }
        consumed(frame.stream, frame.length &- body.count)
        let owner = table[slot].owner
        if ends {
            closeRemote(slot)
        } else if body.isEmpty {
            return countControl()
        }
        return .data(stream: frame.stream, owner: owner, bytes: body, endStream: ends)
    }

    @inline(__always)
    private func dataFault(_ slot: Int, _ count: Int, _ ends: Bool) -> HTTP2ErrorCode? {
        if table[slot].isRemoteClosed { return .streamClosed }
        if table[slot].receiveWindow < 0 { return .flowControlError }
        if !table[slot].hasHeaders { return .protocolError }
        if table[slot].expectedBody >= 0 {
            table[slot].expectedBody &-= Int64(count)
            if table[slot].expectedBody < 0 || (ends && table[slot].expectedBody != 0) { return .protocolError }
        }
        return nil
    }

    func closeRemote(_ slot: Int) {
        table[slot].isRemoteClosed = true
        if table[slot].isLocalClosed { table.remove(slot: slot) }
    }

    /// The payload without its padding, or nil when there is more padding than payload.
    func unpadded(_ frame: FrameHeader, _ payload: ByteView) -> ByteView? {
        guard frame.flags & FrameFlag.padded != 0 else { return payload }
        guard payload.count > 0, Int(payload[0]) < payload.count else { return nil }
        return payload[1, payload.count - Int(payload[0])]
    }

    // RFC 9113 section 6.3; priorities themselves are deprecated and ignored.
    private func priority(_ frame: FrameHeader, _ payload: ByteView) -> HTTP2Event? {
        guard frame.stream != 0 else { return fail(.protocolError, "PRIORITY on stream 0") }
        if payload.count != 5 { return fail(.frameSizeError, "PRIORITY is not five bytes") }
        return countControl()
    }

    // RFC 9113 section 6.4.
    private func reset(_ frame: FrameHeader, _ payload: ByteView) -> HTTP2Event? {
        guard payload.count == 4 else { return fail(.frameSizeError, "RST_STREAM is not four bytes") }
        guard frame.stream != 0, !isIdle(frame.stream) else { return fail(.protocolError, "RST_STREAM on an idle stream") }
        if let flood = countReset() { return flood }
        let slot = table.slot(frame.stream)
        guard slot >= 0 else { return nil }
        let owner = table[slot].owner
        table.remove(slot: slot)
        let code = HTTP2ErrorCode(rawValue: payload.bigEndian32(at: 0))
        return .streamReset(stream: frame.stream, owner: owner, code: code, byPeer: true)
    }

    // RFC 9113 section 6.5.
    private func settings(_ frame: FrameHeader, _ payload: ByteView) -> HTTP2Event? {
        guard frame.stream == 0 else { return fail(.protocolError, "SETTINGS on a stream") }
        if let flood = countControl() { return flood }
        if frame.flags & FrameFlag.acknowledgement != 0 {
            guard payload.isEmpty else { return fail(.frameSizeError, "SETTINGS acknowledgement with a payload") }
            if unacknowledgedSettings > 0 {
                unacknowledgedSettings -= 1
                decoder.settingsAcknowledged()
            }
            return nil
        }
        guard payload.count % 6 == 0 else { return fail(.frameSizeError, "SETTINGS is not a multiple of six bytes") }
        if !hasReceivedSettings {
            hasReceivedSettings = true
            peer.maxConcurrentStreams = Int.max
        }
        let windowBefore = peer.initialWindow
        for at in stride(from: 0, to: payload.count, by: 6) {
            let identifier = UInt16(payload[at]) << 8 | UInt16(payload[at + 1])
            if let code = peer.apply(identifier, payload.bigEndian32(at: at + 2), peerIsServer: role == .client) {
                return fail(code, "illegal value in SETTINGS")
            }
        }
        encoder.setPeerLimit(peer.headerTableSize)
        let change = peer.initialWindow - windowBefore
        if change != 0 {
            for slot in 0..<table.count {
                table[slot].sendWindow += change
                if table[slot].sendWindow > Wire.largestWindow { return fail(.flowControlError, "window beyond 2^31-1") }
            }
        }
        output.appendFrame(length: 0, type: FrameType.settings, flags: FrameFlag.acknowledgement, stream: 0)
        return .settingsReceived
    }

    // RFC 9113 section 6.7.
    private func ping(_ frame: FrameHeader, _ payload: ByteView) -> HTTP2Event? {
        guard frame.stream == 0 else { return fail(.protocolError, "PING on a stream") }
        guard payload.count == 8 else { return fail(.frameSizeError, "PING is not eight bytes") }
        if let flood = countControl() { return flood }
        if frame.flags & FrameFlag.acknowledgement != 0 {
            return .pingAcknowledged(UInt64(payload.bigEndian32(at: 0)) << 32 | UInt64(payload.bigEndian32(at: 4)))
        }
        output.appendFrame(length: 8, type: FrameType.ping, flags: FrameFlag.acknowledgement, stream: 0)
        output.append(payload)
        return nil
    }

    // RFC 9113 section 6.8.
    private func goAway(_ frame: FrameHeader, _ payload: ByteView) -> HTTP2Event? {
        guard frame.stream == 0 else { return fail(.protocolError, "GOAWAY on a stream") }
        guard payload.count >= 8 else { return fail(.frameSizeError, "GOAWAY is shorter than eight bytes") }
        if let flood = countControl() { return flood }
        let last = payload.bigEndian32(at: 0) & 0x7fff_ffff
        if let before = goAwayLastStream, last > before { return fail(.protocolError, "GOAWAY raised its last stream") }
        goAwayLastStream = last
        sweep = 0
        return .goAway(lastStream: last, code: HTTP2ErrorCode(rawValue: payload.bigEndian32(at: 4)))
    }

    /// Reports, one a call, the streams of ours that the peer will not process.
    private func sweepBeyondGoAway() -> HTTP2Event? {
        let last = goAwayLastStream ?? Wire.largestStream
        while sweep < table.count {
            let stream = table[sweep].id
            if isLocal(stream) && stream > last {
                let owner = table[sweep].owner
                // The last stream takes this slot: look at the same slot again next time.
                table.remove(slot: sweep)
                resetMarks[Int(stream >> 1) & (Self.rememberedResets - 1)] = stream
                return .streamReset(stream: stream, owner: owner, code: .refusedStream, byPeer: true)
            }
            sweep += 1
        }
        sweep = -1
        return nil
    }

    // RFC 9113 section 6.9.
    private func windowUpdate(_ frame: FrameHeader, _ payload: ByteView) -> HTTP2Event? {
        guard payload.count == 4 else { return fail(.frameSizeError, "WINDOW_UPDATE is not four bytes") }
        let increment = Int(payload.bigEndian32(at: 0) & 0x7fff_ffff)
        if frame.stream == 0 {
            if increment == 0 { return fail(.protocolError, "WINDOW_UPDATE of 0") }
            sendWindow &+= increment
            if sendWindow > Wire.largestWindow { return fail(.flowControlError, "window beyond 2^31-1") }
            guard isWaitingForWindow && sendWindow > 0 else { return nil }
            isWaitingForWindow = false
            return .windowAvailable(stream: 0, owner: 0)
        }
        if isIdle(frame.stream) { return fail(.protocolError, "WINDOW_UPDATE on an idle stream") }
        let slot = table.slot(frame.stream)
        guard slot >= 0 else { return nil }
        if increment == 0 { return failStream(frame.stream, slot, .protocolError) }
        table[slot].sendWindow &+= increment
        if table[slot].sendWindow > Wire.largestWindow { return failStream(frame.stream, slot, .flowControlError) }
        guard table[slot].isWaitingForWindow && table[slot].sendWindow > 0 else { return nil }
        table[slot].isWaitingForWindow = false
        return .windowAvailable(stream: frame.stream, owner: table[slot].owner)
    }
}
