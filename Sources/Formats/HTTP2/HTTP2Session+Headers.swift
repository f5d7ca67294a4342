import Bytes

extension HTTP2Session {
    // RFC 9113 section 6.2.
    func headers(_ frame: FrameHeader, _ payload: ByteView) -> HTTP2Event? {
        guard frame.stream != 0 else { return fail(.protocolError, "HEADERS on stream 0") }
        guard var fragment = unpadded(frame, payload) else { return fail(.protocolError, "padding larger than the frame") }
        if frame.flags & FrameFlag.priority != 0 {
            guard fragment.count >= 5 else { return fail(.frameSizeError, "HEADERS too short for its priority") }
            fragment = fragment[5, fragment.count]
        }
        let ends = frame.flags & FrameFlag.endStream != 0
        if frame.flags & FrameFlag.endHeaders != 0 { return headerBlock(frame.stream, fragment, ends) }
        blockStream = frame.stream
        blockEndsStream = ends
        blockFrames = 0
        block.removeAll()
        block.append(fragment)
        return nil
    }

    // RFC 9113 section 6.10.
    func continuation(_ frame: FrameHeader, _ payload: ByteView) -> HTTP2Event? {
        guard blockStream != 0 else { return fail(.protocolError, "CONTINUATION without HEADERS") }
        blockFrames += 1
        if blockFrames > limits.continuationFrames || block.count + payload.count > limits.headerBlockBytes {
            return fail(.enhanceYourCalm, "header block too large")
        }
        block.append(payload)
        guard frame.flags & FrameFlag.endHeaders != 0 else { return nil }
        blockStream = 0
        return headerBlock(frame.stream, block.view, blockEndsStream)
    }

    private func headerBlock(_ stream: UInt32, _ fragment: ByteView, _ ends: Bool) -> HTTP2Event? {
        // Even a block nobody wants must be decoded: it changes the table.
        guard decoder.decode(fragment, into: fields, maximumListSize: limits.headerListBytes) else {
            return decoder.isExcessive
                ? fail(.enhanceYourCalm, "header list far too large") : fail(.compressionError, "header block cannot be decoded")
        }
        let slot = table.slot(stream)
        if slot >= 0 { return section(stream, slot, ends) }
        if !isIdle(stream) {
            if skipped.contains(where: { $0.contains(stream) }) {
                return fail(.protocolError, "a stream identifier below one that was used")
            }
            return isForgiven(stream) ? nil : fail(.streamClosed, "HEADERS on a closed stream")
        }
        guard role == .server && !isLocal(stream) else { return fail(.protocolError, "HEADERS on an idle stream") }
        return request(stream, ends)
    }

    /// A request that opens a stream; servers only.
    private func request(_ stream: UInt32, _ ends: Bool) -> HTTP2Event? {
        if stream > lastPeerStream &+ 2 { skip(upTo: stream) }
        lastPeerStream = stream
        if hasSentGoAway || table.count >= limits.concurrentStreams { return failStream(stream, -1, .refusedStream) }
        if fields.isTruncated { return failStream(stream, -1, .enhanceYourCalm) }
        guard let facts = HeaderRules.request(fields), !(ends && facts.contentLength > 0) else {
            return failStream(stream, -1, .protocolError)
        }
        var state = StreamState(
            id: stream, owner: -1, sendWindow: peer.initialWindow, receiveWindow: limits.streamWindow)
        state.hasHeaders = true
        state.expectedBody = facts.contentLength
        state.isRemoteClosed = ends
        _ = table.insert(state)
        return .headers(stream: stream, owner: -1, kind: .initial, endStream: ends)
    }

    /// Remembers the identifiers that the peer did not use: they are closed, and yet nobody ever was there (RFC 9113 section 5.1.1).
    private func skip(upTo stream: UInt32) {
        if skipped.count == Self.rememberedSkips { skipped.removeFirst() }
        skipped.append(lastPeerStream &+ 1...stream &- 1)
    }

    /// Response headers or trailers of an open stream.
    private func section(_ stream: UInt32, _ slot: Int, _ ends: Bool) -> HTTP2Event? {
        if table[slot].isRemoteClosed { return failStream(stream, slot, .streamClosed) }
        if fields.isTruncated { return failStream(stream, slot, .enhanceYourCalm) }
        let owner = table[slot].owner
        if table[slot].hasHeaders {
            guard ends, HeaderRules.trailers(fields), table[slot].expectedBody <= 0 else {
                return failStream(stream, slot, .protocolError)
            }
            closeRemote(slot)
            return .headers(stream: stream, owner: owner, kind: .trailers, endStream: true)
        }
        guard let facts = HeaderRules.response(fields), facts.status != 101 else {
            return failStream(stream, slot, .protocolError)
        }
        if facts.status < 200 {
            if ends { return failStream(stream, slot, .protocolError) }
            if let flood = countInformational() { return flood }
            return .headers(stream: stream, owner: owner, kind: .informational, endStream: false)
        }
        table[slot].hasHeaders = true
        if ends {
            closeRemote(slot)
        } else {
            table[slot].expectedBody = facts.contentLength
        }
        return .headers(stream: stream, owner: owner, kind: .initial, endStream: ends)
    }

    /// 1xx responses may repeat without end.
    private func countInformational() -> HTTP2Event? {
        controlAllowance &-= 1
        return controlAllowance < 0 ? fail(.enhanceYourCalm, "too many informational responses") : nil
    }
}
