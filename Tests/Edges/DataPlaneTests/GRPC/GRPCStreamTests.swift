import Bytes
import HTTP2
import NIOCore
import Testing

@testable import DataPlane

/// Streams with services that do as a test needs.
@Suite struct GRPCStreamTests {
    static let ok = [(":status", "200"), ("content-type", "application/grpc")]
    static let end = [("grpc-status", "0")]

    /// Runs `body` with a service that answers the end of each request by `answer`.
    func with(
        limits: GRPCUpstreamLimits = GRPCUpstreamLimits(),
        answer: @escaping @Sendable (HTTP2Session, UInt32, any Channel) -> Void,
        _ body: (GRPCTestRig) async throws -> Void
    ) async throws {
        let server = try await RawServer.http2(answer: answer)
        let rig = GRPCTestRig(ports: [server.port], limits: limits)
        try await rig.wait("ready") { rig.upstream.isReady }
        try await body(rig)
        #expect(try await rig.run { rig.upstream.isIdle })
        try await rig.close()
        try await server.close()
    }

    static func text(_ session: HTTP2Session, _ stream: UInt32, _ data: [UInt8], trailers: [(String, String)] = end) {
        session.respond(stream, ok)
        session.respond(stream, data: data)
        session.respond(stream, trailers, end: true)
    }

    @Test("messages are the same wherever DATA frames cut them")
    func cuts() async throws {
        let bytes = framed([1]) + framed([]) + framed([2, 3, 4, 5]) + framed(Array(repeating: 6, count: 300))
        let expected: [[UInt8]] = [[1], [], [2, 3, 4, 5], Array(repeating: 6, count: 300)]
        // The stream's number chooses the cut; the last ones are a byte a frame and all in one.
        try await with(answer: { session, stream, _ in
            session.respond(stream, Self.ok)
            let cut = Int(stream / 2)
            if cut < bytes.count {
                session.respond(stream, data: Array(bytes[..<cut]))
                session.respond(stream, data: Array(bytes[cut...]))
            } else if cut == bytes.count {
                for byte in bytes { session.respond(stream, data: [byte]) }
            } else {
                session.respond(stream, data: bytes)
            }
            session.respond(stream, Self.end, end: true)
        }) { rig in
            for _ in 0...(bytes.count + 1) {
                let owner = try await rig.stream("Any", request: [])
                #expect(try await owner.end.get().code == 0)
                #expect(owner.messages == expected)
            }
        }
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: Int
        /// Messages before the end.
        var messages = 1
        var replies = GRPCReplies.many
        var act: @Sendable (HTTP2Session, UInt32) -> Void
    }

    static func after(
        _ testDescription: String, _ code: Int, _ data: [UInt8], replies: GRPCReplies = .many, messages: Int = 1
    ) -> Answer {
        Answer(testDescription: testDescription, code: code, messages: messages, replies: replies) {
            text($0, $1, framed([9]) + data)
        }
    }

    static let answers: [Answer] = [
        after("a cut prefix", 13, [0, 0, 0, 0]),
        after("a cut message", 13, [0, 0, 0, 0, 2, 1]),
        after("a message larger than the limit by its prefix", 8, [0, 0, 0x40, 0, 1]),
        after("an unknown flag", 13, framed([1], flag: 2)),
        after("a compressed message without an encoding", 13, framed([1], flag: 1)),
        after("a compressed message passed through", 0, framed([1], flag: 1), replies: .framed, messages: 2),
        after("trailers of gRPC-Web smuggled in", 13, framed(Array("grpc-status:0\r\n".utf8), flag: 0x80), replies: .framed),
        after("two replies where one is due", 13, framed([1]), replies: .one, messages: 0),
        Answer(testDescription: "no reply where one is due", code: 13, messages: 0, replies: .one) { text($0, $1, []) },
        Answer(testDescription: "no message", code: 0, messages: 0) { text($0, $1, []) },
        Answer(testDescription: "trailers only", code: 0, messages: 0) { $0.respond($1, ok + end, end: true) },
        Answer(testDescription: "an error of trailers only", code: 9, messages: 0) {
            $0.respond($1, ok + [("grpc-status", "9")], end: true)
        },
        Answer(testDescription: "no trailers", code: 13) { session, stream in
            session.respond(stream, ok)
            session.respond(stream, data: framed([9]), end: true)
        },
        Answer(testDescription: "trailers without a status", code: 2) { text($0, $1, framed([9]), trailers: [("x", "y")]) },
        Answer(testDescription: "an HTTP error", code: 14, messages: 0) { $0.respond($1, [(":status", "503")], end: true) },
        Answer(testDescription: "a reset", code: 8) { session, stream in
            session.respond(stream, ok)
            session.respond(stream, data: framed([9]))
            session.reset(stream, .enhanceYourCalm)
        },
        Answer(testDescription: "an error after a cut message", code: 5) { session, stream in
            text(session, stream, framed([9]) + [0, 0], trailers: [("grpc-status", "5")])
        },
    ]

    @Test("a bad answer ends its stream as its status, after the messages before it", arguments: answers)
    func badAnswers(answer: Answer) async throws {
        let act = answer.act
        try await with(answer: { session, stream, _ in
            if stream == 1 { act(session, stream) } else { Self.text(session, stream, framed([42])) }
        }) { rig in
            let owner = try await rig.stream("Any", answer.replies, request: [])
            let record = try await owner.end.get()
            #expect(record.code == answer.code && owner.messageCount == answer.messages && !record.neverSent)
            #expect(try await rig.call("Echo").message == [42])
        }
    }

    @Test("REFUSED_STREAM promises that nothing was done only before the first message", arguments: [false, true])
    func refusedLate(isLate: Bool) async throws {
        try await with(answer: { session, stream, _ in
            if isLate {
                session.respond(stream, Self.ok)
                session.respond(stream, data: framed([1]))
            }
            session.reset(stream, .refusedStream)
        }) { rig in
            let record = try await rig.stream("Any", request: []).end.get()
            #expect(record.code == GRPCStatus.unavailable && record.neverSent == !isLate)
        }
    }

    @Test("a GOAWAY takes what it leaves out; a stream that had messages was sent, one below goes on to its end")
    func goAway() async throws {
        try await with(answer: { session, stream, channel in
            if stream < 5 { session.respond(stream, Self.ok) }
            if stream == 3 { session.respond(stream, data: framed([3])) }
            guard stream == 5 else { return }
            // GOAWAY with the first stream as the last one.
            channel.write(ByteBuffer(bytes: [UInt8](session.output.view)), promise: nil)
            session.output.removeAll()
            channel.write(ByteBuffer(bytes: [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]), promise: nil)
            session.respond(1, data: framed([1]))
            session.respond(1, Self.end, end: true)
        }) { rig in
            var owners: [StreamOwner] = []
            for _ in 0..<3 { owners.append(try await rig.stream("Any", request: [])) }
            let records = try await EventLoopFuture.whenAllSucceed(owners.map(\.end), on: rig.loop).get()
            #expect(records.map(\.code) == [0, 14, 14] && records.map(\.neverSent) == [false, false, true])
            #expect(owners.map(\.messages) == [[[1]], [[3]], []])
        }
    }

    @Test("a lost connection ends its streams, and neither they nor their messages were never sent")
    func lost() async throws {
        try await with(answer: { session, stream, channel in
            session.respond(stream, Self.ok)
            session.respond(stream, data: framed([1]))
            channel.writeAndFlush(ByteBuffer(bytes: [UInt8](session.output.view))).whenComplete { _ in channel.close(promise: nil)
            }
            session.output.removeAll()
        }) { rig in
            let owner = try await rig.stream("Any", request: [])
            let record = try await owner.end.get()
            #expect(record.code == GRPCStatus.unavailable && record.origin == .connect && !record.neverSent)
            #expect(owner.messages == [[1]])
        }
    }

    @Test("many paused streams hold their windows each and no more, and the connection serves the other calls")
    func pausedStreams() async throws {
        var limits = GRPCUpstreamLimits()
        limits.http2.streamWindow = 65_000
        limits.http2.connectionWindow = 130_000
        let server = try await PouringService.server()
        let rig = GRPCTestRig(ports: [server.port], limits: limits)
        try await rig.wait("ready") { rig.upstream.isReady }
        var owners: [StreamOwner] = []
        for _ in 0..<20 {
            owners.append(
                try await rig.stream("Flood", request: []) { owner in
                    owner.keepsMessages = false
                    owner.pause()
                })
        }
        try await rig.wait("every window is full") { [owners] in owners.allSatisfy { $0.undelivered == 65_000 } }
        for _ in 0..<20 { #expect(try await rig.call("Echo").message?.count == 60_000) }
        try await rig.run { [owners] in
            #expect(owners.allSatisfy { $0.undelivered == 65_000 && $0.told == [.initial] })
            owners[0].resume()
        }
        try await rig.wait("one goes on") { [owners] in owners[0].messageCount > 1000 }
        try await rig.run { [owners] in
            #expect(owners.dropFirst().allSatisfy { $0.undelivered == 65_000 })
            owners.forEach { $0.cancel() }
        }
        #expect(try await rig.run { rig.upstream.isIdle && rig.upstream.endpoints[0].connection?.streamCalls == 0 })
        #expect(try await rig.call("Echo").code == 0)
        try await rig.close()
        try await server.close()
    }

    @Test("whatever the messages, the frames, the windows and the pauses, each message comes once and whole", arguments: 1...20)
    func anyMix(seed: UInt64) async throws {
        var limits = GRPCUpstreamLimits()
        limits.http2.streamWindow = 1000 + Int(seed) * 500
        let server = try await PouringService.server()
        let rig = GRPCTestRig(ports: [server.port], limits: limits)
        try await rig.wait("ready") { rig.upstream.isReady }
        for pausing in [0, 2, 10] as [UInt64] {
            let owner = try await rig.stream("\(seed)", pausing == 10 ? .framed : .many, request: []) { owner in
                nonisolated(unsafe) var random = ReconnectJitter(seed: seed)
                owner.whenMessage = { owner, _ in
                    if pausing == 0 || random.next() % pausing > 0 { return }
                    owner.pause()
                    if random.next() % 4 == 0 { return owner.resume() }
                    owner.upstream.loop.execute { owner.resume() }
                }
            }
            let record = try await owner.end.get()
            #expect(record.code == 0, "\(record)")
            let expected = PouringService.messages(seed: seed)
            #expect(owner.messages == (pausing == 10 ? expected.map { framed($0) } : expected))
        }
        try await rig.close()
        try await server.close()
    }

    @Test("an owner that takes one message a turn gets the window back as it takes them")
    func oneATurn() async throws {
        var limits = GRPCUpstreamLimits()
        limits.http2.streamWindow = 20_000
        let server = try await PouringService.server()
        let rig = GRPCTestRig(ports: [server.port], limits: limits)
        try await rig.wait("ready") { rig.upstream.isReady }
        let owner = try await rig.stream("Flood", request: []) { owner in
            owner.keepsMessages = false
            owner.whenMessage = { owner, message in
                #expect(message.count == 995)
                owner.pause()
                #expect(owner.undelivered <= 20_000)
                if owner.messageCount < 500 { owner.upstream.loop.execute { owner.resume() } }
            }
        }
        try await rig.wait("five hundred came") { owner.messageCount == 500 }
        try await rig.run { owner.cancel() }
        try await rig.close()
        try await server.close()
    }

    @Test("owners may end calls, their own and others', and start calls from inside every callback")
    func reentrancy() async throws {
        try await with(answer: { session, stream, _ in
            Self.text(session, stream, framed([1]) + framed([2]) + framed([3]))
        }) { rig in
            final class Leaver: GRPCCallOwner, @unchecked Sendable {
                enum Place: CaseIterable { case initial, message, writable, trailers, finished }
                let place: Place
                let upstream: GRPCUpstream
                var handle = GRPCCallHandle.none
                var isGone = false
                let next: () -> Void

                init(_ place: Place, _ upstream: GRPCUpstream, _ next: @escaping () -> Void) {
                    self.place = place
                    self.upstream = upstream
                    self.next = next
                }

                func told(_ place: Place) {
                    #expect(!isGone, "told \(place) after \(self.place)")
                    guard place == self.place else { return }
                    isGone = true
                    upstream.cancel(handle)
                    upstream.pause(handle)
                    upstream.resume(handle)
                    #expect(!upstream.send(handle, .empty))
                    upstream.finishSending(handle)
                    next()
                }

                override func grpcInitialMetadata(_ fields: HeaderList, tag: Int) {
                    told(.initial)
                    #expect(fields.first(":status").map { String($0) } == "200")
                }
                override func grpcMessage(_ message: ByteView, tag: Int) {
                    let before = [UInt8](message)
                    told(.message)
                    #expect([UInt8](message) == before)
                }
                override func grpcWritable(tag: Int) {
                    upstream.finishSending(handle)
                    told(.writable)
                }
                override func grpcTrailers(_ fields: HeaderList, tag: Int) {
                    told(.trailers)
                    #expect(fields.first("grpc-status").map { String($0) } == "0")
                }
                override func grpcFinished(_ outcome: GRPCOutcome, tag: Int) { told(.finished) }
            }

            func leave(_ place: Leaver.Place, held: Bool) async throws -> Bool {
                let done = rig.loop.makePromise(of: Bool.self)
                let upstream = rig.upstream
                try await rig.run {
                    var other = GRPCCallHandle.none
                    func start(_ owner: GRPCCallOwner) -> GRPCCallHandle {
                        upstream.startStream(
                            GRPCTestRig.headers("Any"), metadata: HeaderList(), replies: .many, timeoutMilliseconds: 10_000,
                            owner: owner, tag: 7, nowMilliseconds: GRPCTestRig.milliseconds())
                    }
                    let owner = Leaver(place, upstream) {
                        upstream.cancel(other)
                        // Another call, which must not get the record that is being told.
                        upstream.cancel(start(GRPCCallOwner()))
                        upstream.loop.execute { done.succeed(upstream.isIdle) }
                    }
                    other = start(GRPCCallOwner())
                    owner.handle = start(owner)
                    if place == .writable {
                        let large = [UInt8](repeating: 0, count: 2 << 20)
                        #expect(!large.withByteView { upstream.send(owner.handle, $0) })
                    } else {
                        upstream.send(owner.handle, .empty, isLast: true)
                    }
                    // Everything then comes from the end of a turn instead of from the connection.
                    if held {
                        upstream.pause(owner.handle)
                        upstream.loop.scheduleTask(in: .milliseconds(100)) { upstream.resume(owner.handle) }
                    }
                }
                return try await done.futureResult.get()
            }
            for place in Leaver.Place.allCases {
                for held in [false, true] {
                    let isIdle = try await leave(place, held: held)
                    #expect(isIdle, "\(place), held \(held)")
                }
            }
        }
    }

    @Test("an owner that sends between the room and the news of it is not told of room that is gone again")
    func staleWritable() async throws {
        let total = 600_000
        let server = try await RawServer(reader: {
            var limits = HTTP2Limits()
            limits.streamWindow = 100_000
            let session = HTTP2Session(role: .server, limits: limits)
            var received = 0
            var unread = 0
            return { channel, bytes in
                bytes.withByteView { session.receive($0) }
                while let event = session.nextEvent() {
                    guard case .data(let stream, _, let data, _) = event else { continue }
                    received += data.count
                    unread += data.count
                    if unread < 100_000 && received < total + 15 { continue }
                    // The window and a message in one write.
                    session.consumed(stream, unread)
                    if received == unread { session.respond(stream, Self.ok) }
                    unread = 0
                    session.respond(stream, data: framed([1]))
                    if received >= total + 15 { session.respond(stream, Self.end, end: true) }
                }
                channel.writeAndFlush(ByteBuffer(bytes: [UInt8](session.output.view)), promise: nil)
                session.output.removeAll()
            }
        })
        let rig = GRPCTestRig(ports: [server.port])
        try await rig.wait("ready") { rig.upstream.isReady }
        let owner = try await rig.stream("Any") { owner in
            nonisolated(unsafe) var left = 3
            func sendOn(_ owner: StreamOwner) {
                left -= 1
                #expect(owner.send([UInt8](repeating: 0, count: 200_000), isLast: left == 0) == false)
            }
            // Heeds what it was told, but looks for room at every message too.
            owner.whenMessage = { owner, _ in
                let call = owner.upstream.calls[Int(owner.handle.index)]
                if left > 0 && !call.streaming.awaitsWritable { sendOn(owner) }
            }
            owner.whenWritable = { owner in
                let held = owner.upstream.calls[Int(owner.handle.index)].unsentRest.count
                #expect(held <= owner.upstream.limits.heldRequestBytes / 2)
            }
            sendOn(owner)
        }
        #expect(try await owner.end.get().code == 0)
        try await rig.close()
        try await server.close()
    }

    @Test("silence where only streams are open is no reason for a PING until much later")
    func streamKeepAlive() async throws {
        var limits = GRPCUpstreamLimits()
        limits.keepAlive = 50
        limits.streamKeepAlive = 10_000
        limits.keepAliveTimeout = 50
        // SETTINGS, and no answer to anything.
        let server = try await RawServer(greet: {
            $0.writeAndFlush(ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 0, 0]), promise: nil)
        })
        let rig = GRPCTestRig(ports: [server.port], limits: limits)
        try await rig.wait("ready") { rig.upstream.isReady }
        let owner = try await rig.stream("Any", timeout: 300)
        #expect(try await owner.end.get().origin == .deadline)
        let other = try await rig.stream("Any")
        let unary = try await rig.call("Any")
        #expect(unary.code == GRPCStatus.unavailable && unary.origin == .connect, "a unary call beside it brings PINGs")
        #expect(try await other.end.get().origin == .connect)
        try await rig.close()
        try await server.close()
    }

    @Test("an upstream that goes away with a stream's end in hand still delivers it")
    func heldBeyondConnection() async throws {
        try await with(answer: { session, stream, channel in
            Self.text(session, stream, framed([1]))
            channel.writeAndFlush(ByteBuffer(bytes: [UInt8](session.output.view))).whenComplete { _ in channel.close(promise: nil)
            }
            session.output.removeAll()
        }) { rig in
            let connection = try await rig.run { rig.upstream.endpoints[0].connection }
            let owner = try await rig.stream("Any", request: []) { $0.pause() }
            try await rig.wait("the connection is gone") { connection?.state == .closed }
            try await rig.run {
                #expect(owner.told == [.initial])
                #expect(rig.upstream.calls[Int(owner.handle.index)].streaming.heldStatus != nil)
            }
            try await rig.run {
                #expect(!owner.send([1]))
                owner.resume()
            }
            #expect(try await owner.end.get().code == 0)
            #expect(owner.told == [.initial, .message(1), .trailers, .finished(0)])
        }
    }
}
