import GatewayCore
import NIOCore

/// A client of one request whose body is kept here until the exchange takes it: a stream of a connection, a request of a list.
class BufferedClient: ExchangeClient {
    final var exchange: Exchange?
    /// Body bytes that the exchange has not taken yet, framed as its head says.
    final var inbound = ByteBuffer()
    private final var isFeeding = false

    /// Hands the exchange what it takes.
    ///
    /// The bytes are ours alone meanwhile: the exchange may end in the middle of them and call back, and what it has left is no other's.
    override final func drive() {
        guard !isFeeding else { return }
        isFeeding = true
        while let running = exchange, inbound.readableBytes > 0 {
            var bytes = ByteBuffer()
            swap(&bytes, &inbound)
            let hasTaken = running.receiveBody(&bytes)
            guard exchange === running else { break }
            if bytes.readableBytes == 0 { bytes.clear() }
            inbound = bytes
            if !hasTaken { break }
        }
        isFeeding = false
        if inbound.readableBytes == 0 { inboundTaken() }
        exchange?.clientReadComplete()
    }

    /// All that had come is taken, or dropped with its exchange.
    func inboundTaken() {}
}
