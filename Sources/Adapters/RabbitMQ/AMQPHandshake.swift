/// What opens and closes a connection of AMQP 0-9-1 as its client: bytes in, bytes out.
///
/// Frames are `type channel size payload 0xCE`; methods of a connection are on channel 0 (AMQP 0-9-1 specification, sections 2.2.4 and 4.2).
struct AMQPHandshake {
    enum Step: Hashable {
        /// Nothing to say before more has come.
        case wait
        case send([UInt8])
        /// The server has opened the connection; what is to be sent closes it.
        case opened([UInt8])
        case failed(String)
    }

    /// The server's frames of a handshake are small; a larger one is none.
    static let maximumFrame = 64 << 10
    static let header: [UInt8] = Array("AMQP".utf8) + [0, 0, 9, 1]

    private let user: String
    private let password: String
    private let host: String
    private var received: [UInt8] = []

    init(user: String, password: String, virtualHost: String) {
        (self.user, self.password, host) = (user, password, virtualHost)
    }

    /// Takes bytes of the server.
    mutating func receive(_ bytes: some Sequence<UInt8>) -> Step {
        received += bytes
        // A server that speaks another version says which, and ends.
        if received.starts(with: Array("AMQP".utf8)) { return .failed("the server speaks another version of AMQP") }
        guard received.count >= 7 else { return .wait }
        let size = received[3..<7].reduce(0) { $0 << 8 | Int($1) }
        guard size >= 4, size <= Self.maximumFrame else { return .failed("the server does not speak AMQP") }
        guard received.count >= size + 8 else { return .wait }
        let (type, payload, end) = (received[0], Array(received[7..<7 + size]), received[7 + size])
        received.removeFirst(size + 8)
        guard type == 1, end == 0xce else { return .failed("the server does not speak AMQP") }
        let method = payload[0..<4].reduce(0) { $0 << 8 | Int($1) }
        switch method {
        case Self.start:
            return .send(frame(Self.startOK, emptyTable + short("PLAIN") + long("\0\(user)\0\(password)") + short("en_US")))
        case Self.tune:
            guard payload.count >= 12 else { return .failed("the server does not speak AMQP") }
            // What it proposes is taken, without heartbeats: the connection lives for a moment.
            return .send(frame(Self.tuneOK, Array(payload[4..<10]) + [0, 0]) + frame(Self.open, short(host) + [0, 0]))
        case Self.openOK:
            return .opened(frame(Self.close, [0, 200] + short("done") + [0, 0, 0, 0]))
        case Self.close:
            return .failed(closing(payload))
        default: return .failed("the server said something else")
        }
    }

    private static let start = 10 << 16 | 10
    private static let startOK = 10 << 16 | 11
    private static let tune = 10 << 16 | 30
    private static let tuneOK = 10 << 16 | 31
    private static let open = 10 << 16 | 40
    private static let openOK = 10 << 16 | 41
    private static let close = 10 << 16 | 50

    private func frame(_ method: Int, _ arguments: [UInt8]) -> [UInt8] {
        [1, 0, 0] + word(4 + arguments.count) + word(method) + arguments + [0xce]
    }

    private func word(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }

    private var emptyTable: [UInt8] { [0, 0, 0, 0] }

    private func short(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(255))
        return [UInt8(bytes.count)] + bytes
    }

    private func long(_ text: String) -> [UInt8] { word(text.utf8.count) + Array(text.utf8) }

    /// The text with which the server ends the connection: it is about credentials or the virtual host.
    private func closing(_ payload: [UInt8]) -> String {
        guard payload.count > 6, payload.count >= 7 + Int(payload[6]) else { return "the server closed the connection" }
        return String(decoding: payload[7..<7 + Int(payload[6])].prefix(200), as: UTF8.self)
    }
}
