import GatewayCore
import NIOCore

/// Whom an exchange answers: a client's connection, or a list of requests that this one is a part of.
///
/// Confined to its loop.
class ExchangeClient {
    /// The peer's address in text, as written to `X-Forwarded-For`.
    final let peer: ClientAddress
    final let isSecure: Bool
    /// Whether it takes more of the answer now. A connection keeps this from the channel's events: asking the channel costs a dozen
    /// counted references at each look.
    final var isWritable = true

    init(peer: ClientAddress, isSecure: Bool) {
        self.peer = peer
        self.isSecure = isSecure
    }

    /// Whether the next answer must be the last one.
    var mustCloseNext: Bool { false }

    func write(_ bytes: ByteBuffer) {}

    func flush() {}

    /// The exchange is over; what happens next is told by one of the following three.
    func letGo() {}

    /// The exchange ended and the client stays.
    func exchangeDone() {}

    /// The exchange ended with an answer that is the last one: all of it is delivered, what still comes is dropped.
    func closeAfterAnswer() {}

    /// The exchange ended without a complete answer, and the client must not take what it has for one.
    func abort() {}

    /// The exchange can take more of the request's body.
    func drive() {}

    func pauseReading() {}

    func resumeReading() {}

    func becomeTunnel() {}

    /// Nothing more follows on a tunnel.
    func closeOutput() {}
}
