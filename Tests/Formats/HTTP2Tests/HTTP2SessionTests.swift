import Bytes
import Testing

@testable import HTTP2

@Suite struct HTTP2SessionTests {
    static func transcript(_ name: String) throws -> [UInt8] {
        for line in try vectorLines("transcripts.txt") where line.hasPrefix(name + " ") { return hex(line.dropFirst(name.count)) }
        return []
    }

    static let serverEvents = [
        "settings",
        "headers 1 owner -1 initial [:method: POST, :scheme: http, :path: /a.B/C, :authority: x, te: trailers]",
        "data 1 owner -1 hello", "data 1 owner -1 end ",
        "headers 3 owner -1 initial [:method: POST, :scheme: http, :path: /a.B/C, :authority: x, te: trailers, x-big: 20000 bytes]",
        "data 3 owner -1 16384 bytes", "data 3 owner -1 end ", "pong 3544952156018063160",
        "headers 5 owner -1 initial [:method: POST, :scheme: http, :path: /a.B/C, :authority: x, te: trailers]",
        "reset 5 owner -1 8 by peer",
        "headers 7 owner -1 initial end [:method: POST, :scheme: http, :path: /a.B/C, :authority: x, te: trailers]",
    ]

    static let clientEvents = [
        "settings", "headers 1 owner 100 informational [:status: 103, link: </a>]",
        "headers 1 owner 100 initial [:status: 200, content-type: application/grpc]",
        "data 1 owner 100 replyreplyreplyreplyreplyreplyreplyreplyreplyreply",
        "headers 1 owner 100 trailers end [grpc-status: 0, x-long: 20000 bytes]", "settings", "reset 3 owner 101 8 by peer",
        "headers 7 owner 103 initial end [:status: 404, content-length: 0]", "goaway 7 0",
    ]

    static func serverRun(_ pieces: [[UInt8]]) -> [String] {
        let session = HTTP2Session(role: .server)
        return pieces.flatMap { session.feed($0) }
    }

    static func clientRun(_ pieces: [[UInt8]]) -> [String] {
        let session = HTTP2Session(role: .client)
        for owner in 100..<104 { _ = session.request(owner: owner) }
        return pieces.flatMap { session.feed($0) }
    }

    @Test("hears what h2 says as a client")
    func hearsClient() throws {
        #expect(Self.serverRun([try Self.transcript("client")]) == Self.serverEvents)
    }

    @Test("hears what h2 says as a server")
    func hearsServer() throws {
        #expect(Self.clientRun([try Self.transcript("server")]) == Self.clientEvents)
    }

    @Test("every split of the input gives the same events")
    func splits() throws {
        let client = try Self.transcript("client")
        let server = try Self.transcript("server")
        // Every offset of the small frames, a sample inside the large ones.
        for at in stride(from: 0, to: client.count, by: client.count > 4000 ? 97 : 1) {
            #expect(Self.serverRun([Array(client[..<at]), Array(client[at...])]) == Self.serverEvents)
        }
        for at in 0..<min(400, server.count) {
            #expect(Self.clientRun([Array(server[..<at]), Array(server[at...])]) == Self.clientEvents)
        }
        #expect(Self.serverRun(client.map { [$0] }) == Self.serverEvents)
        #expect(Self.clientRun(server.map { [$0] }) == Self.clientEvents)
    }

    @Test("survives every truncation and every byte value in the head of a transcript")
    func survivesDamage() throws {
        let client = try Self.transcript("client")
        for at in 24..<min(330, client.count) {
            for byte in stride(from: 0, through: 255, by: 5) {
                var damaged = Array(client.prefix(1200))
                damaged[at] = UInt8(byte)
                let events = Self.serverRun([damaged])
                let faults = events.filter { $0.hasPrefix("fault") }
                #expect(faults.count <= 1, "one fault ends the session")
                if faults.count == 1 { #expect(events.last == faults[0]) }
            }
        }
    }

    @Test(
        "a request and its answer cross between our own ends, however the bytes are cut",
        arguments: [1, 2, 9, 10, 17, 100, 100_000])
    func pair(cut: Int) {
        let client = HTTP2Session(role: .client)
        let server = HTTP2Session(role: .server)
        var heard: [String] = []
        func carry() {
            var isMoving = true
            while isMoving {
                isMoving = false
                for (from, to) in [(client, server), (server, client)] {
                    let bytes = from.drain()
                    for start in stride(from: 0, to: bytes.count, by: cut) {
                        isMoving = true
                        heard += to.feed(Array(bytes[start..<min(start + cut, bytes.count)]))
                    }
                }
            }
        }
        carry()
        let stream = client.request(owner: 7, end: false)
        #expect("ping".withByteView { client.sendData(stream, head: ByteView("12345"), $0, endStream: true) } == 9)
        carry()
        _ = server.sendHeaders(stream, list: HeaderList([(":status", "200")]), endStream: false)
        #expect("pong".withByteView { server.sendData(stream, $0, endStream: false) } == 4)
        _ = server.sendHeaders(stream, list: HeaderList([("grpc-status", "0")]), endStream: true)
        carry()
        #expect(
            heard == [
                "settings", "settings",
                "headers 1 owner -1 initial [:method: POST, :scheme: http, :path: /a.B/C, :authority: x, te: trailers]",
                "data 1 owner -1 end 12345ping", "headers 1 owner 7 initial [:status: 200]", "data 1 owner 7 pong",
                "headers 1 owner 7 trailers end [grpc-status: 0]",
            ])
        #expect(client.openStreams == 0 && server.openStreams == 0)
    }

    @Test("a block larger than one frame leaves as HEADERS and CONTINUATION")
    func splitsBlocks() {
        var limits = HTTP2Limits()
        limits.headerListBytes = 100_000
        let client = HTTP2Session.client()
        let server = HTTP2Session.server(limits: limits)
        let stream = client.openStream(owner: 0) ?? 0
        let big = (0..<5).map { ("x-\($0)", String(repeating: "v", count: 10_000)) }
        #expect(client.sendHeaders(stream, list: HeaderList(requestFields + big), endStream: true))
        let events = server.feed(client.drain())
        #expect(events.count == 1 && events[0].hasSuffix("x-4: 10000 bytes]"))
    }

    @Test("a stream opens only while both limits and the identifiers allow")
    func opensWithinLimits() {
        let session = HTTP2Session.client(settings: [0, 3] + bigEndian(2))
        #expect(session.openStream(owner: 0) == 1 && session.openStream(owner: 0) == 3)
        #expect(session.openStream(owner: 0) == nil)
        session.reset(1, .cancel)
        #expect(session.openStream(owner: 0) == 5)
        var limits = HTTP2Limits()
        limits.concurrentStreams = 1
        let own = HTTP2Session.client(limits: limits)
        #expect(own.openStream(owner: 0) == 1 && own.openStream(owner: 0) == nil)
        let last = HTTP2Session.client()
        last.nextLocalStream = Wire.largestStream
        #expect(last.openStream(owner: 0) == Wire.largestStream && last.isExhausted && last.openStream(owner: 0) == nil)
    }

    @Test("GOAWAY ends the streams beyond it as refused and lets the others finish")
    func goAway() {
        let session = HTTP2Session.client()
        for owner in 0..<4 { _ = session.request(owner: owner) }
        #expect(
            session.feed(frame(FrameType.goAway, 0, 0, bigEndian(3) + bigEndian(0)))
                == ["goaway 3 0", "reset 5 owner 2 7 by peer", "reset 7 owner 3 7 by peer"])
        #expect(session.openStreams == 2 && session.openStream(owner: 9) == nil && session.isDraining)
        #expect(session.feed(frame(FrameType.headers, 5, 3, [0x88])) == ["headers 3 owner 1 initial end [:status: 200]"])
        #expect(session.feed(frame(FrameType.goAway, 0, 0, bigEndian(1) + bigEndian(0))).first == "goaway 1 0")
        #expect(session.feed(frame(FrameType.goAway, 0, 0, bigEndian(3) + bigEndian(0))).first?.hasPrefix("fault 1") == true)
    }

    @Test("PING is answered with its bytes, and its answer reported")
    func ping() {
        let session = HTTP2Session.client()
        #expect(session.feed(frame(FrameType.ping, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])).isEmpty)
        #expect(session.drain() == frame(FrameType.ping, 1, 0, [1, 2, 3, 4, 5, 6, 7, 8]))
        session.sendPing(0x0102_0304_0506_0708)
        #expect(session.drain() == frame(FrameType.ping, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(
            session.feed(frame(FrameType.ping, 1, 0, [1, 2, 3, 4, 5, 6, 7, 8])) == ["pong \(0x0102_0304_0506_0708 as UInt64)"])
    }
}
