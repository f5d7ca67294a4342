import Bytes
import HTTP2
import NIOCore
import Testing

@testable import DataPlane

@Suite struct GRPCEvilServerTests {
    static let ok = [(":status", "200"), ("content-type", "application/grpc")]

    struct Answer: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: Int
        var origin: GRPCOutcome.Origin
        var neverSent = false
        var act: @Sendable (HTTP2Session, UInt32) -> Void
    }

    static func reply(_ testDescription: String, _ code: Int, _ data: [UInt8], encoding: String? = nil) -> Answer {
        Answer(testDescription: testDescription, code: code, origin: .protocolViolation) { session, stream in
            session.respond(stream, ok + (encoding.map { [("grpc-encoding", $0)] } ?? []))
            session.respond(stream, data: data)
            session.respond(stream, [("grpc-status", "0")], end: true)
        }
    }

    static func http(_ status: String, _ code: Int) -> Answer {
        Answer(testDescription: "HTTP \(status)", code: code, origin: .protocolViolation) { session, stream in
            session.respond(stream, [(":status", status), ("content-type", "text/html")])
            session.respond(stream, data: Array("<html>".utf8), end: true)
        }
    }

    static func reset(_ code: HTTP2ErrorCode, _ status: Int, neverSent: Bool = false) -> Answer {
        Answer(testDescription: "reset \(code.rawValue)", code: status, origin: .reset, neverSent: neverSent) {
            $0.reset($1, code)
        }
    }

    static let answers: [Answer] = [
        http("400", 13), http("401", 16), http("403", 7), http("404", 12), http("429", 14), http("502", 14), http("503", 14),
        http("504", 14), http("500", 2), http("200", 2),
        reset(.noError, 13), reset(.protocolError, 13), reset(.internalError, 13), reset(.refusedStream, 14, neverSent: true),
        reset(.cancel, 1), reset(.enhanceYourCalm, 8), reset(.inadequateSecurity, 7), reset(HTTP2ErrorCode(rawValue: 99), 13),
        reply("no message", 13, []),
        reply("a cut prefix", 13, [0, 0, 0, 0]),
        reply("a cut message", 13, [0, 0, 0, 0, 2, 1]),
        reply("two messages", 13, [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1]),
        reply("a message larger than the limit by its prefix", 8, [0, 0x7f, 0, 0, 0, 1]),
        reply("an unknown flag", 13, [2, 0, 0, 0, 1, 1]),
        reply("compressed without encoding", 13, [1, 0, 0, 0, 1, 1]),
        reply("compressed as identity", 13, [1, 0, 0, 0, 1, 1], encoding: "identity"),
        reply("compressed by an unknown encoding", 12, [1, 0, 0, 0, 1, 1], encoding: "br"),
        reply("gzip that is not gzip", 13, [1, 0, 0, 0, 3, 1, 2, 3], encoding: "gzip"),
        reply("gzip cut short", 13, [1, 0, 0, 0, 4, 0x1f, 0x8b, 8, 0], encoding: "gzip"),
        Answer(testDescription: "no trailers", code: 13, origin: .protocolViolation) { session, stream in
            session.respond(stream, ok)
            session.respond(stream, data: [0, 0, 0, 0, 0], end: true)
        },
        Answer(testDescription: "trailers without a status", code: 2, origin: .protocolViolation) { session, stream in
            session.respond(stream, ok)
            session.respond(stream, data: [0, 0, 0, 0, 0])
            session.respond(stream, [("x", "y")], end: true)
        },
        Answer(testDescription: "a status that is no number", code: 2, origin: .protocolViolation) { session, stream in
            session.respond(stream, ok + [("grpc-status", "abc")], end: true)
        },
        Answer(testDescription: "a status beyond the last", code: 2, origin: .upstream) { session, stream in
            session.respond(stream, ok + [("grpc-status", "17")], end: true)
        },
        Answer(testDescription: "OK without a message", code: 13, origin: .protocolViolation) { session, stream in
            session.respond(stream, ok + [("grpc-status", "0")], end: true)
        },
        Answer(testDescription: "trailers only, over HTTP 503", code: 9, origin: .upstream) { session, stream in
            session.respond(stream, [(":status", "503"), ("grpc-status", "9")], end: true)
        },
        Answer(testDescription: "header list beyond the limit", code: 13, origin: .protocolViolation) { session, stream in
            session.respond(stream, ok + (0..<9).map { ("x-\($0)", String(repeating: "v", count: 4000)) })
        },
    ]

    @Test("a bad answer becomes its status, and the connection serves the next call", arguments: answers)
    func badAnswers(answer: Answer) async throws {
        let server = try await RawServer.http2 { session, stream, _ in
            if stream == 1 { return answer.act(session, stream) }
            session.respond(stream, Self.ok)
            session.respond(stream, data: [0, 0, 0, 0, 1, 42])
            session.respond(stream, [("grpc-status", "0")], end: true)
        }
        let rig = GRPCTestRig(ports: [server.port])
        let record = try await rig.call("Echo", [1])
        #expect(record.code == answer.code && record.origin == answer.origin && record.neverSent == answer.neverSent)
        let next = try await rig.call("Echo", [2])
        #expect(next.code == 0 && next.message == [42])
        #expect(try await rig.run { rig.upstream.isIdle })
        try await rig.close()
        try await server.close()
    }

    @Test(
        "a peer that is no HTTP/2 server fails calls and never becomes ready",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}", "SSH-2.0-OpenSSH_9.2\r\n",
            "",
        ])
    func garbage(text: String) async throws {
        var limits = GRPCUpstreamLimits()
        limits.connectWait = 100
        limits.handshake = 60
        limits.demandBackoff = 20
        let server = try await RawServer(greet: { channel in
            if !text.isEmpty { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
        })
        let rig = GRPCTestRig(ports: [server.port], limits: limits)
        let record = try await rig.call("Echo", [1])
        #expect(record.code == GRPCStatus.unavailable && record.origin == .connect && record.neverSent)
        #expect(try await rig.run { !rig.upstream.isReady && !rig.upstream.everReady })
        try await rig.close()
        try await server.close()
    }

    @Test("nobody listening fails calls after the wait, not before")
    func refused() async throws {
        var limits = GRPCUpstreamLimits()
        limits.connectWait = 150
        let server = try await RawServer()
        let port = server.port
        try await server.close()
        let rig = GRPCTestRig(ports: [port], limits: limits)
        let started = GRPCTestRig.milliseconds()
        let record = try await rig.call("Echo", [1])
        #expect(record.code == GRPCStatus.unavailable && record.origin == .connect && record.neverSent)
        #expect(GRPCTestRig.milliseconds() - started >= 150)
        try await rig.close()
    }

    @Test("a peer that hangs up in the middle fails the call and is connected again")
    func hangsUp() async throws {
        let server = try await RawServer.http2 { session, stream, channel in
            session.respond(stream, Self.ok)
            channel.close(promise: nil)
        }
        let rig = GRPCTestRig(ports: [server.port])
        for _ in 0..<3 {
            let record = try await rig.call("Echo", [1])
            #expect(record.code == GRPCStatus.unavailable && record.origin == .connect && !record.neverSent)
        }
        try await rig.close()
        try await server.close()
    }

    @Test("a peer that never answers is given up by keep-alive, and the deadline counts without it")
    func silent() async throws {
        var limits = GRPCUpstreamLimits()
        limits.keepAlive = 50
        limits.keepAliveTimeout = 50
        // Says SETTINGS and then nothing, not even to PING.
        let server = try await RawServer(greet: {
            $0.writeAndFlush(ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 0, 0]), promise: nil)
        })
        let rig = GRPCTestRig(ports: [server.port], limits: limits)
        let record = try await rig.call("Echo", [1])
        #expect(record.code == GRPCStatus.unavailable && record.origin == .connect && !record.neverSent)
        try await rig.close()
        let patient = GRPCTestRig(ports: [server.port])
        let late = try await patient.call("Echo", [1], timeout: 60)
        #expect(late.code == GRPCStatus.deadlineExceeded && late.origin == .deadline)
        try await patient.close()
        try await server.close()
    }

    @Test("a connection error ends its calls and is answered by GOAWAY")
    func connectionError() async throws {
        let server = try await RawServer.http2 { _, _, channel in
            // DATA on stream 0.
            channel.writeAndFlush(ByteBuffer(bytes: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), promise: nil)
        }
        let rig = GRPCTestRig(ports: [server.port])
        let record = try await rig.call("Echo", [1])
        #expect(record.code == GRPCStatus.unavailable && !record.neverSent)
        try await rig.close()
        try await server.close()
    }

    @Test("streams beyond a GOAWAY were never sent; the others finish")
    func goAway() async throws {
        let server = try await RawServer.http2 { session, stream, channel in
            guard stream == 3 else { return }
            channel.writeAndFlush(
                ByteBuffer(bytes: [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]), promise: nil)
            session.respond(1, Self.ok)
            session.respond(1, data: [0, 0, 0, 0, 1, 42])
            session.respond(1, [("grpc-status", "0")], end: true)
        }
        let rig = GRPCTestRig(ports: [server.port])
        try await rig.wait("ready") { rig.upstream.isReady }
        let (first, second) = (rig.begin("Echo", [1]), rig.begin("Echo", [2]))
        #expect(try await second.get().neverSent)
        #expect(try await first.get().message == [42])
        try await rig.close()
        try await server.close()
    }

    @Test("all calls of a turn leave in one write")
    func oneWrite() async throws {
        let server = try await RawServer.http2 { _, _, _ in }
        let rig = GRPCTestRig(ports: [server.port], ticks: false)
        try await rig.wait("ready") { rig.upstream.isReady }
        try await rig.run {
            let before = rig.upstream.endpoints[0].connection?.flushes ?? 0
            for _ in 0..<50 {
                _ = rig.upstream.start(
                    GRPCTestRig.headers("Echo"), metadata: HeaderList(), message: ByteView("hello"), timeoutMilliseconds: 1000,
                    owner: GRPCCallOwner(), tag: 0, nowMilliseconds: GRPCTestRig.milliseconds())
            }
            #expect(rig.upstream.endpoints[0].connection?.flushes == before)
            rig.upstream.flush()
            rig.upstream.flush()
            #expect(rig.upstream.endpoints[0].connection?.flushes == before + 1)
        }
        try await rig.close()
        try await server.close()
    }

    @Test("a full queue refuses at its limit, not before")
    func queueFull() async throws {
        var limits = GRPCUpstreamLimits()
        limits.queuedCalls = 3
        var serverLimits = HTTP2Limits()
        serverLimits.concurrentStreams = 1
        let server = try await RawServer.http2(limits: serverLimits) { _, _, _ in }
        let rig = GRPCTestRig(ports: [server.port], limits: limits)
        try await rig.wait("ready") { rig.upstream.isReady }
        // With deadlines apart, the end of one would let the next be sent.
        let now = GRPCTestRig.milliseconds() + 50
        let calls = (0..<5).map { _ in rig.begin("Echo", [1], timeout: 400, at: now) }
        let last = try await calls[4].get()
        #expect(last.code == GRPCStatus.resourceExhausted && last.origin == .queueFull && last.neverSent)
        for (index, call) in calls[..<4].enumerated() {
            let record = try await call.get()
            #expect(record.code == GRPCStatus.deadlineExceeded && record.neverSent == (index > 0))
        }
        try await rig.close()
        try await server.close()
    }

    @Test("a cancelled call is silent, resets its stream, and frees its place")
    func cancel() async throws {
        var serverLimits = HTTP2Limits()
        serverLimits.concurrentStreams = 1
        let server = try await RawServer.http2(limits: serverLimits) { session, stream, _ in
            if stream == 1 { return }
            session.respond(stream, Self.ok)
            session.respond(stream, data: [0, 0, 0, 0, 0])
            session.respond(stream, [("grpc-status", "0")], end: true)
        }
        let rig = GRPCTestRig(ports: [server.port])
        try await rig.wait("ready") { rig.upstream.isReady }
        try await rig.run {
            final class Never: GRPCCallOwner {
                override func grpcFinished(_ outcome: GRPCOutcome, tag: Int) { Issue.record("told after cancel") }
            }
            func start(_ timeout: Int) -> GRPCCallHandle {
                rig.upstream.start(
                    GRPCTestRig.headers("Echo"), metadata: HeaderList(), message: .empty, timeoutMilliseconds: timeout,
                    owner: Never(),
                    tag: 0, nowMilliseconds: GRPCTestRig.milliseconds())
            }
            let handles = [start(1000), start(1000), start(0)]
            #expect(rig.upstream.openCalls == 3 && rig.upstream.queuedCalls == 1)
            for handle in handles + handles { rig.upstream.cancel(handle) }
            #expect(rig.upstream.isIdle && rig.upstream.queuedCalls == 0)
        }
        #expect(try await rig.call("Echo").code == 0)
        try await rig.close()
        try await server.close()
    }

    @Test("an owner may start the next call from inside the end of the last")
    func startsFromCallback() async throws {
        let server = try await RawServer.http2 { session, stream, _ in
            session.respond(stream, Self.ok)
            session.respond(stream, data: [0, 0, 0, 0, 0])
            session.respond(stream, [("grpc-status", "0")], end: true)
        }
        let rig = GRPCTestRig(ports: [server.port])
        let last = rig.loop.makePromise(of: CallRecord.self)
        @Sendable func chain(_ left: Int) {
            rig.begin("Echo", [1], whenFinished: { if left > 0 { chain(left - 1) } }).whenSuccess {
                if left == 0 { last.succeed($0) }
            }
        }
        chain(20)
        #expect(try await last.futureResult.get().code == 0)
        #expect(try await rig.run { rig.upstream.calls.count <= 2 }, "call records are reused")
        try await rig.close()
        try await server.close()
    }

    @Test("shutdown lets calls finish and refuses new ones")
    func shutdown() async throws {
        let server = try await RawServer.http2 { session, stream, channel in
            nonisolated(unsafe) let session = session
            channel.eventLoop.scheduleTask(in: .milliseconds(50)) {
                session.respond(stream, Self.ok)
                session.respond(stream, data: [0, 0, 0, 0, 1, 42])
                session.respond(stream, [("grpc-status", "0")], end: true)
                channel.writeAndFlush(ByteBuffer(bytes: [UInt8](session.output.view)), promise: nil)
                session.output.removeAll()
            }
        }
        let rig = GRPCTestRig(ports: [server.port])
        try await rig.wait("ready") { rig.upstream.isReady }
        let open = rig.begin("Echo", [1])
        try await rig.wait("under way") { rig.upstream.openCalls == 1 }
        try await rig.run { rig.upstream.shutdown() }
        let refused = try await rig.call("Echo", [2])
        #expect(refused.origin == .cancelled && refused.neverSent)
        #expect(try await open.get().message == [42])
        try await rig.wait("closed") { rig.upstream.endpoints[0].connection == nil && rig.upstream.draining.isEmpty }
        try await rig.close()
        try await server.close()
    }
}
