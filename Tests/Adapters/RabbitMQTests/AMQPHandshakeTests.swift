import Testing

@testable import RabbitMQ

@Suite("The handshake of AMQP")
struct AMQPHandshakeTests {
    private func frame(_ classID: UInt8, _ method: UInt8, _ arguments: [UInt8] = []) -> [UInt8] {
        let size = 4 + arguments.count
        return [1, 0, 0, 0, 0, UInt8(size >> 8), UInt8(size & 255), 0, classID, 0, method] + arguments + [0xce]
    }

    private func handshake() -> AMQPHandshake { AMQPHandshake(user: "guest", password: "secret", virtualHost: "/") }

    @Test("a connection is opened and closed, however its bytes are cut")
    func opening() {
        let server = [
            frame(10, 10, [0, 9, 0, 0, 0, 0] + [0, 0, 0, 5] + Array("PLAIN".utf8) + [0, 0, 0, 5] + Array("en_US".utf8)),
            frame(10, 30, [7, 255, 0, 2, 0, 0, 0, 60]), frame(10, 41, [0]),
        ]
        var client = handshake()
        var said: [[UInt8]] = []
        for bytes in server.joined() {
            switch client.receive([bytes]) {
            case .wait: continue
            case .send(let words): said.append(words)
            case .opened(let words): said.append(words)
            case .failed(let reason): Issue.record("\(reason)")
            }
        }
        #expect(said.count == 3)
        #expect(said[0].suffix(from: 7).starts(with: [0, 10, 0, 11, 0, 0, 0, 0, 5] + Array("PLAIN".utf8)))
        #expect(said[0].contains { $0 == 0 } && String(decoding: said[0], as: UTF8.self).contains("\0guest\0secret"))
        // Tune-Ok with what was proposed and without heartbeats, then Open of "/".
        #expect(said[1] == frame(10, 31, [7, 255, 0, 2, 0, 0, 0, 0]) + frame(10, 40, [1, UInt8(ascii: "/"), 0, 0]))
        #expect(said[2].suffix(from: 7).starts(with: [0, 10, 0, 50]))
    }

    @Test("a refusal is told in the server's words")
    func refusal() {
        var client = handshake()
        let text = Array("ACCESS_REFUSED".utf8)
        #expect(client.receive(frame(10, 50, [1, 147, UInt8(text.count)] + text + [0, 0, 0, 0])) == .failed("ACCESS_REFUSED"))
    }

    @Test("who speaks something else is found out")
    func strangers() {
        var client = handshake()
        #expect(client.receive(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) == .failed("the server does not speak AMQP"))
        client = handshake()
        #expect(client.receive(Array("AMQP".utf8) + [3, 1, 0, 0]) == .failed("the server speaks another version of AMQP"))
        client = handshake()
        #expect(client.receive(frame(10, 30, [1])) == .failed("the server does not speak AMQP"))
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            client = handshake()
            _ = client.receive((0..<Int.random(in: 0...64)).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }
}
