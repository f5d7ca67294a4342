import Bytes
import HTTP2
import NIOCore

/// How a connection comes to speak HTTP/2: what TLS negotiated, or with prior knowledge on a cleartext one (RFC 9113 section 3).
extension ClientConnection {
    /// TLS was set up, and its two ends agreed on `name` (RFC 7301); then no other version is understood.
    func negotiate(_ name: String?) {
        isNegotiated = true
        if name == "h2", phase == .idle { multiplex() }
    }

    /// Hands the bytes to a multiplexer when they begin as an HTTP/2 client's do.
    func becomesMultiplexed() -> Bool {
        guard !isNegotiated, let bytes = inbound, bytes.withUnsafeReadableBytes({ HTTP2Session.isPreface(ByteView($0)) }) else {
            return false
        }
        multiplex()
        inbound = nil
        multiplexer?.receive(bytes)
        return true
    }

    private func multiplex() {
        enter(.multiplexed)
        let streams = ClientMultiplexer(self, worker: worker)
        multiplexer = streams
        streams.flushAtEndOfTurn()
    }
}

extension Worker {
    /// Sends what the streams of an HTTP/2 connection answered in this turn, in one write.
    func flushAtEndOfTurn(_ connection: ClientConnection) {
        answering.append(connection)
        if answering.count == 1 { loop.execute(flushAnswers) }
    }

    func sendAnswers() {
        var index = 0
        while index < answering.count {
            answering[index].multiplexer?.flush()
            index += 1
        }
        answering.removeAll(keepingCapacity: true)
    }
}
