import Bytes
import HTTP2
import NIOCore
import NIOEmbedded

@testable import ControlPlane

/// A client and the server on one embedded loop: what one says the other hears when `turn` is called.
final class ControlRig {
    /// What came back on one stream.
    struct Answer {
        var status = ""
        var fields: [String: String] = [:]
        var body: [UInt8] = []
        var isOver = false
        var wasReset = false

        /// The messages of the body.
        var messages: [[UInt8]] {
            var rest = body[...]
            var all: [[UInt8]] = []
            while rest.count >= 5 {
                let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
                all.append(Array(rest.dropFirst(5).prefix(length)))
                rest = rest.dropFirst(5 + length)
            }
            return all
        }

        var grpcStatus: Int? { fields["grpc-status"].flatMap { Int($0) } }
    }

    let channel: EmbeddedChannel
    let connection: ControlConnection
    let loop: ControlLoop
    let client: HTTP2Session
    var answers: [UInt32: Answer] = [:]
    /// Whether bodies are taken off the windows.
    var reads = true
    var goneAway = false

    init(limits: ControlLimits = ControlLimits(), client bounds: HTTP2Limits = HTTP2Limits(), _ methods: MethodTable) throws {
        channel = EmbeddedChannel()
        loop = ControlLoop(loop: channel.eventLoop, limits: limits, methods: methods, shared: SharedControl())
        client = HTTP2Session(role: .client, limits: bounds)
        connection = ControlConnection(loop: loop, peer: "test")
        try channel.pipeline.syncOperations.addHandler(connection)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try turn()
    }

    /// A request's headers, as a client of gRPC sends them.
    static func headers(_ path: String, _ more: [(String, String)] = []) -> [(String, String)] {
        [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "gateway"), ("te", "trailers"),
            ("content-type", "application/grpc"),
        ] + more
    }

    static func framed(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
        [flag] + (0..<4).map { UInt8(truncatingIfNeeded: message.count >> (24 - 8 * $0)) } + message
    }

    func open(_ headers: [(String, String)], endStream: Bool = false) -> UInt32 {
        guard let stream = client.openStream(owner: 0) else { return 0 }
        let list = HeaderList()
        for (name, value) in headers { name.withByteView { name in value.withByteView { list.append(name: name, value: $0) } } }
        _ = client.sendHeaders(stream, list: list, endStream: endStream)
        answers[stream] = Answer()
        return stream
    }

    /// Sends bytes of a stream in pieces, as the server's window allows.
    func send(_ stream: UInt32, _ bytes: [UInt8], end: Bool = false) throws {
        var sent = 0
        repeat {
            let rest = Array(bytes[sent...])
            let accepted = rest.withByteView { client.sendData(stream, $0, endStream: end) }
            sent += accepted
            try turn()
            if accepted == 0 { break }
        } while sent < bytes.count
    }

    /// A whole unary call.
    func call(_ path: String, _ message: [UInt8], _ more: [(String, String)] = []) throws -> Answer {
        let stream = open(Self.headers(path, more))
        try send(stream, Self.framed(message), end: true)
        return answers[stream] ?? Answer()
    }

    /// Lets an hour pass for the deadlines of calls.
    func expire() { connection.tick(loop.now + 3_600_000) }

    func answer(_ stream: UInt32) -> Answer { answers[stream] ?? Answer() }

    /// Carries bytes both ways until nobody says anything more.
    func turn() throws {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            if client.output.count > 0 {
                var buffer = channel.allocator.buffer(capacity: client.output.count)
                client.output.view.withUnsafeBytes { _ = buffer.writeBytes($0) }
                client.output.removeAll()
                if channel.isActive { try channel.writeInbound(buffer) }
                isQuiet = false
            }
            channel.embeddedEventLoop.run()
            while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
                bytes.withUnsafeReadableBytes { client.receive(ByteView($0)) }
                while let event = client.nextEvent() { note(event) }
                isQuiet = false
            }
        }
    }

    private func note(_ event: HTTP2Event) {
        switch event {
        case .headers(let stream, _, _, let ends):
            for index in 0..<client.fields.count {
                let (name, value) = (String(client.fields.name(index)), String(client.fields.value(index)))
                if name == ":status" { answers[stream]?.status = value } else { answers[stream]?.fields[name] = value }
            }
            if ends { answers[stream]?.isOver = true }
        case .data(let stream, _, let bytes, let ends):
            answers[stream]?.body += Array(bytes)
            if reads { client.consumed(stream, bytes.count) }
            if ends { answers[stream]?.isOver = true }
        case .streamReset(let stream, _, _, _): answers[stream]?.wasReset = true
        case .goAway: goneAway = true
        default: break
        }
    }
}

/// Answers with what it is asked, in one way or another.
final class EchoMethod: UnaryMethod {
    let messageLimit = 1000
    /// Calls that wait.
    var parked: [CallHandle] = []
    var parks = false
    var status = GRPCServerStatus.ok
    var calls = 0

    func call(_ message: ByteView, reply: ByteWriter, handle: CallHandle) -> UnaryOutcome {
        calls += 1
        if parks {
            parked.append(handle)
            return .parked
        }
        reply.append(message)
        return .done(status)
    }
}

/// Sends every message back as often as it says, and notes what it hears.
final class EchoStream: StreamMethod {
    final class Session: StreamSession {
        let stream: ServerStream
        var events: [String] = []

        init(_ stream: ServerStream) { self.stream = stream }

        func receive(_ message: ByteView) {
            events.append("receive \(message.count)")
            stream.send(message)
        }
        func inputEnded() {
            events.append("end")
            stream.end(.ok)
        }
        func writable() { events.append("writable") }
        func closed() { events.append("closed") }
    }

    let messageLimit = 1 << 20
    var sessions: [Session] = []

    func open(_ stream: ServerStream) -> any StreamSession {
        let session = Session(stream)
        sessions.append(session)
        return session
    }
}
