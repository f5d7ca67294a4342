public import Bytes

extension HTTP2Session {
    /// Opens a stream of this side and gives it the owner's number; nil when `canOpenStream` is false.
    public func openStream(owner: Int) -> UInt32? {
        guard canOpenStream else { return nil }
        let stream = nextLocalStream
        nextLocalStream &+= 2
        _ = table.insert(
            StreamState(id: stream, owner: owner, sendWindow: peer.initialWindow, receiveWindow: limits.streamWindow))
        return stream
    }

    /// Begins a header section; follow with `addFields` and `finishHeaders` before anything else is called.
    ///
    /// False, and nothing to follow, when the stream is not open for sending.
    public func beginHeaders(_ stream: UInt32) -> Bool {
        let slot = table.slot(stream)
        guard !isOver, slot >= 0, !table[slot].isLocalClosed else { return false }
        writtenBlockStart = output.count
        output.appendFrame(length: 0, type: FrameType.headers, flags: FrameFlag.none, stream: stream)
        encoder.beginBlock(output)
        return true
    }

    /// Adds the template's fields to the section that was begun.
    public func addFields(_ template: HeaderTemplate) { encoder.encode(template, output) }

    /// Adds the list's fields to the section that was begun.
    public func addFields(_ list: HeaderList) {
        let bytes = list.storage.view
        for index in 0..<list.count {
            let field = list.line(index)
            encoder.encode(bytes[field.name], bytes[field.value], sensitive: field.isSensitive, isRepeated: false, output)
        }
    }

    /// Adds one field to the section that was begun; `name` must be lowercase.
    public func addField(_ name: StaticString, _ value: ByteView) {
        encoder.encode(ByteView(name), value, sensitive: false, isRepeated: false, output)
    }

    /// Ends the section that was begun, in as many frames as the peer's limit asks for.
    public func finishHeaders(_ stream: UInt32, endStream: Bool) {
        let start = writtenBlockStart
        let length = output.count &- start &- FrameHeader.byteCount
        let ends = endStream ? FrameFlag.endStream : FrameFlag.none
        if length <= peer.maxFrameSize {
            output.setFrame(length: length, type: FrameType.headers, flags: FrameFlag.endHeaders | ends, at: start)
        } else {
            splitBlock(stream, start, ends)
        }
        let slot = table.slot(stream)
        if endStream && slot >= 0 { closeLocal(slot) }
    }

    /// Sends `template`, then `list`, as one header section; false when the stream is not open for sending.
    public func sendHeaders(
        _ stream: UInt32, template: HeaderTemplate? = nil, list: HeaderList? = nil, endStream: Bool
    ) -> Bool {
        guard beginHeaders(stream) else { return false }
        if let template { addFields(template) }
        if let list { addFields(list) }
        finishHeaders(stream, endStream: endStream)
        return true
    }

    /// Sends as much of `head` and then `body` as the windows, and the room in `output`, allow; answers how many bytes.
    ///
    /// The rest stays with the caller: repeat with it after `windowAvailable`, `settingsReceived`, or when the transport has emptied
    /// `output`. The stream is ended only when everything was accepted.
    public func sendData(_ stream: UInt32, head: ByteView = .empty, _ body: ByteView, endStream: Bool) -> Int {
        let slot = table.slot(stream)
        guard !isOver, slot >= 0, !table[slot].isLocalClosed else { return 0 }
        let total = head.count &+ body.count
        if total == 0 && !endStream { return 0 }
        let window = min(table[slot].sendWindow, sendWindow)
        let accepted = max(0, min(total, window, limits.outputBytes &- output.count))
        if accepted < total {
            if table[slot].sendWindow < total { table[slot].isWaitingForWindow = true }
            if sendWindow < total { isWaitingForWindow = true }
            if accepted == 0 { return 0 }
        }
        let ends = endStream && accepted == total
        writeData(stream, head, body, accepted, ends)
        table[slot].sendWindow &-= accepted
        sendWindow &-= accepted
        if ends { closeLocal(slot) }
        return accepted
    }

    /// Ends the stream in both directions; nothing more is reported of it. Unknown streams are ignored.
    public func reset(_ stream: UInt32, _ code: HTTP2ErrorCode) {
        let slot = table.slot(stream)
        guard !isOver, slot >= 0 else { return }
        table.remove(slot: slot)
        writeReset(stream, code)
    }

    /// Hands back `count` bytes of a `data` event: the peer may send as many more.
    ///
    /// Announced in batches of half a window. A consumer that hands nothing back stops the peer. Call it also for streams
    /// that have ended.
    public func consumed(_ stream: UInt32, _ count: Int) {
        guard count > 0, !isOver else { return }
        credit(count)
        credit(stream, count)
    }

    /// Hands `count` bytes of a `data` event back to the connection alone: other streams go on, while this one's peer stops when
    /// its window is used up. `consumedOnStream` has to follow.
    public func consumedOnConnection(_ count: Int) {
        guard count > 0, !isOver else { return }
        credit(count)
    }

    /// Hands back to their stream `count` bytes that `consumedOnConnection` was told of.
    public func consumedOnStream(_ stream: UInt32, _ count: Int) {
        guard count > 0, !isOver else { return }
        credit(stream, count)
    }

    /// Asks the peer for a sign of life; `pingAcknowledged` brings `opaque` back.
    public func sendPing(_ opaque: UInt64) {
        guard !isOver else { return }
        output.appendFrame(length: 8, type: FrameType.ping, flags: FrameFlag.none, stream: 0)
        output.append(bigEndian: UInt32(truncatingIfNeeded: opaque >> 32))
        output.append(bigEndian: UInt32(truncatingIfNeeded: opaque))
    }

    /// Announces that no further stream of the peer is accepted; open ones go on.
    public func sendGoAway(_ code: HTTP2ErrorCode = .noError) {
        guard !isOver else { return }
        writeGoAway(code)
    }

    /// Gives bytes back to the connection's window.
    func credit(_ count: Int) {
        unannounced &+= count
        guard unannounced >= max(limits.connectionWindow, Wire.initialWindow) / 2 else { return }
        receiveWindow &+= unannounced
        writeWindowUpdate(stream: 0, unannounced)
        unannounced = 0
    }

    @inline(__always)
    private func credit(_ stream: UInt32, _ count: Int) {
        let slot = table.slot(stream)
        guard slot >= 0, !table[slot].isRemoteClosed else { return }
        table[slot].unannounced &+= count
        let unannounced = table[slot].unannounced
        guard unannounced >= limits.streamWindow / 2 else { return }
        table[slot].unannounced = 0
        table[slot].receiveWindow &+= unannounced
        writeWindowUpdate(stream: stream, unannounced)
    }

    private func closeLocal(_ slot: Int) {
        table[slot].isLocalClosed = true
        if table[slot].isRemoteClosed { table.remove(slot: slot) }
    }

    @inline(__always)
    private func writeData(_ stream: UInt32, _ head: ByteView, _ body: ByteView, _ accepted: Int, _ ends: Bool) {
        var sent = 0
        repeat {
            let length = min(accepted &- sent, peer.maxFrameSize)
            let isLast = sent &+ length == accepted
            output.appendFrame(
                length: length, type: FrameType.data, flags: isLast && ends ? FrameFlag.endStream : FrameFlag.none, stream: stream
            )
            let end = sent &+ length
            if sent < head.count { output.append(head[sent, min(end, head.count)]) }
            if end > head.count { output.append(body[max(0, sent &- head.count), end &- head.count]) }
            sent = end
        } while sent < accepted
    }

    /// Rewrites a block larger than one frame as HEADERS and CONTINUATION (RFC 9113 section 6.10).
    private func splitBlock(_ stream: UInt32, _ start: Int, _ ends: UInt8) {
        let bytes = [UInt8](output.view[start + FrameHeader.byteCount, output.count])
        output.truncate(to: start + FrameHeader.byteCount + peer.maxFrameSize)
        output.setFrame(length: peer.maxFrameSize, type: FrameType.headers, flags: ends, at: start)
        bytes.withByteView { bytes in
            var at = peer.maxFrameSize
            while at < bytes.count {
                let length = min(bytes.count - at, peer.maxFrameSize)
                let flags = at + length == bytes.count ? FrameFlag.endHeaders : FrameFlag.none
                output.appendFrame(length: length, type: FrameType.continuation, flags: flags, stream: stream)
                output.append(bytes[at, at + length])
                at += length
            }
        }
    }
}
