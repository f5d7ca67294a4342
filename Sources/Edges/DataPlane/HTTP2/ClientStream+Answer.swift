import Bytes
import HTTP1
import HTTP2
import HTTPSemantics
import NIOCore

/// The answer: HTTP/1.1 as the exchange writes it, frames as the client reads it.
extension ClientStream {
    func translate(_ bytes: ByteView) {
        var at = 0
        while at < bytes.count {
            let rest = bytes[at, bytes.count]
            switch answer {
            case .head: at += takeHead(rest)
            case .length(let remaining):
                let count = Int(min(UInt64(rest.count), remaining))
                let isLast = UInt64(count) == remaining
                answer = isLast ? .complete : .length(remaining - UInt64(count))
                send(rest[0, count], ends: isLast)
                at += count
            case .chunked: at += takeChunk(rest)
            case .untilEnd:
                send(rest, ends: false)
                at = bytes.count
            case .complete: return
            }
        }
    }

    /// Takes a head, or keeps the beginning of one; answers how many bytes.
    private func takeHead(_ bytes: ByteView) -> Int {
        guard pendingHead.count == 0 else {
            let before = pendingHead.count
            pendingHead.append(bytes)
            guard let taken = sendHead(pendingHead.view) else { return bytes.count }
            pendingHead.removeAll()
            return taken - before
        }
        guard let taken = sendHead(bytes) else {
            pendingHead.append(bytes)
            return bytes.count
        }
        return taken
    }

    /// Sends the head that `bytes` begin with; nil when more of it is to come.
    private func sendHead(_ bytes: ByteView) -> Int? {
        let head = multiplexer.answerHead
        guard case .complete(let length) = head.parse(bytes, answering: method, limits: multiplexer.answerLimits) else {
            return nil
        }
        let list = multiplexer.answerFields
        list.removeAll()
        HopByHop.mark(head.fields, in: bytes, sendsTrailers: true)
        let isBodiless = head.framing == .none || head.framing == .length(0)
        let isFinal = !head.isInterim
        list.append(name: ":status", decimal: head.status)
        append(head.fields, of: bytes, to: list)
        _ = multiplexer.session.sendHeaders(stream, list: list, endStream: isFinal && isBodiless)
        guard isFinal else { return length }
        switch head.framing {
        case .none, .length(0): answer = .complete
        case .length(let count): answer = .length(count)
        case .chunked:
            chunks = ChunkedDecoder()
            trailers.removeAll()
            answer = .chunked
        case .untilClose: answer = .untilEnd
        }
        return length
    }

    private func append(_ table: FieldTable, of bytes: ByteView, to list: HeaderList) {
        for index in 0..<table.count where !table[index].isDropped {
            list.append(lowercasing: bytes[table[index].name], value: bytes[table[index].value])
        }
    }

    private func takeChunk(_ bytes: ByteView) -> Int {
        switch chunks.next(bytes, from: 0, trailers: trailers, limits: multiplexer.answerLimits) {
        case .data(let range, let next):
            send(bytes[range], ends: false)
            return next
        case .needMore(let next): return next
        case .end(let next):
            endAnswer()
            return next
        case .invalid:
            // The gateway frames what it sends; this cannot be shown to be so to the compiler.
            answer = .complete
            return bytes.count
        }
    }

    /// The exchange has said all of the body.
    func endAnswer() {
        answer = .complete
        guard unsent.count == 0 else { return }
        sendEnd()
    }

    /// Ends the stream in our direction, with the trailers there are.
    private func sendEnd() {
        let session = multiplexer.session
        guard trailers.count > 0 else {
            _ = session.sendData(stream, .empty, endStream: true)
            return
        }
        let list = multiplexer.answerFields
        list.removeAll()
        let table = multiplexer.answerHead.fields
        table.removeAll()
        // The decoder kept lines that it had checked; a blank one ends them as it does in a head.
        trailers.append("\r\n")
        _ = FieldSection.parse(trailers.view, from: 0, to: trailers.count, into: table, limit: table.capacity)
        append(table, of: trailers.view, to: list)
        trailers.removeAll()
        _ = session.sendHeaders(stream, list: list, endStream: true)
    }

    private func send(_ bytes: ByteView, ends: Bool) {
        var accepted = 0
        if unsent.count == 0 { accepted = multiplexer.session.sendData(stream, bytes, endStream: ends) }
        guard accepted < bytes.count else { return }
        if unsent.count == 0 { lastProgress = multiplexer.worker.now }
        unsent.append(bytes[accepted, bytes.count])
    }

    /// Sends what waited, as far as the windows allow now.
    func sendWaiting() {
        guard isInUse, unsent.count > 0 else { return }
        var isComplete = false
        if case .complete = answer { isComplete = true }
        let endsWithData = isComplete && trailers.count == 0
        let accepted = multiplexer.session.sendData(stream, unsent.view, endStream: endsWithData)
        guard accepted > 0 else { return }
        lastProgress = multiplexer.worker.now
        unsent.removeFirst(accepted)
        if unsent.count == 0, isComplete {
            if !endsWithData { sendEnd() }
            return leaveIfSent()
        }
        updateWritability()
    }

    func updateWritability() {
        let isFree = unsent.count < Self.maximumUnsentBytes
        guard isFree != isWritable else { return }
        isWritable = isFree
        if isFree { exchange?.clientBecameWritable() }
    }
}
