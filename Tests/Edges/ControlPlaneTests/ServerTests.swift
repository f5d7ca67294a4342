import Bytes
import HTTP2
import NIOEmbedded
import Testing
import Transcoding

@testable import ControlPlane

@Suite("The gRPC server")
struct ServerTests {
    let echo = EchoMethod()
    let stream = EchoStream()

    private func rig(_ change: (inout ControlLimits) -> Void = { _ in }) throws -> ControlRig {
        var methods = MethodTable()
        methods.add("/test.Echo/Once", echo)
        methods.add("/test.Echo/Always", stream)
        var limits = ControlLimits()
        change(&limits)
        return try ControlRig(limits: limits, methods)
    }

    @Test("answers a unary call with headers, a message and trailers")
    func unary() throws {
        let answer = try rig().call("/test.Echo/Once", [1, 2, 3])
        #expect(answer.status == "200")
        #expect(answer.fields["content-type"] == "application/grpc")
        #expect(answer.messages == [[1, 2, 3]])
        #expect(answer.grpcStatus == 0 && answer.isOver && !answer.wasReset)
    }

    @Test("takes a message however it is cut", arguments: 1...8)
    func pieces(length: Int) throws {
        let rig = try rig()
        let call = rig.open(ControlRig.headers("/test.Echo/Once"))
        let bytes = ControlRig.framed([7, 8, 9])
        for start in stride(from: 0, to: bytes.count, by: length) {
            let end = min(bytes.count, start + length)
            try rig.send(call, Array(bytes[start..<end]), end: end == bytes.count)
        }
        #expect(rig.answer(call).messages == [[7, 8, 9]])
        #expect(rig.answer(call).grpcStatus == 0)
    }

    @Test("ends what it does not serve with a status, not a broken stream")
    func refusals() throws {
        let rig = try rig()
        let unknown = try rig.call("/test.Echo/Never", [1])
        #expect(unknown.grpcStatus == 12 && unknown.status == "200" && unknown.fields["grpc-message"] == "unknown method")
        let compressed = try rig.call("/test.Echo/Once", [1], [("grpc-encoding", "gzip")])
        #expect(compressed.grpcStatus == 12 && compressed.fields["grpc-accept-encoding"] == "identity")
        #expect(try rig.call("/test.Echo/Once", [1], [("grpc-encoding", "identity")]).grpcStatus == 0)
        #expect(try rig.call("/test.Echo/Once", [1], [("grpc-timeout", "12")]).grpcStatus == 13)
        #expect(try rig.call("/test.Echo/Once", [UInt8](repeating: 0, count: 1000)).grpcStatus == 0)
        #expect(try rig.call("/test.Echo/Once", [UInt8](repeating: 0, count: 1001)).grpcStatus == 8)
        #expect(echo.calls == 2)
    }

    @Test("answers what is no gRPC in HTTP")
    func plain() throws {
        let rig = try rig()
        let get = rig.open([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "x")], endStream: true)
        try rig.turn()
        #expect(rig.answer(get).status == "405" && rig.answer(get).fields["allow"] == "POST")
        let json = rig.open([
            (":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "x"), ("content-type", "application/json"),
        ])
        try rig.turn()
        #expect(rig.answer(json).status == "415" && rig.answer(json).isOver)
    }

    @Test(
        "a unary call has exactly one whole, uncompressed message",
        arguments: [
            [], [0, 0, 0, 0], [0, 0, 0, 0, 2, 1], [1, 0, 0, 0, 1, 1], [2, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func framing(bytes: [UInt8]) throws {
        let rig = try rig()
        let call = rig.open(ControlRig.headers("/test.Echo/Once"))
        try rig.send(call, bytes, end: true)
        #expect(rig.answer(call).grpcStatus == 13)
        #expect(echo.calls == 0)
    }

    @Test("percent-encodes a status message and drops the reply of a call that failed")
    func message() throws {
        echo.status = GRPCServerStatus(.failedPrecondition, "50 % ü\n")
        let answer = try rig().call("/test.Echo/Once", [1])
        #expect(answer.grpcStatus == 9 && answer.fields["grpc-message"] == "50 %25 %C3%BC%0A")
        #expect(answer.messages.isEmpty)
    }

    @Test("a parked call is answered later, once, and not after it has gone")
    func parking() throws {
        echo.parks = true
        let rig = try rig()
        let first = rig.open(ControlRig.headers("/test.Echo/Once"))
        try rig.send(first, ControlRig.framed([1]), end: true)
        let second = rig.open(ControlRig.headers("/test.Echo/Once"))
        try rig.send(second, ControlRig.framed([2]), end: true)
        #expect(!rig.answer(first).isOver && echo.parked.count == 2)
        rig.client.reset(second, .cancel)
        try rig.turn()
        #expect(!echo.parked[1].isOpen && echo.parked[0].isOpen)
        for handle in echo.parked { [9].withByteView { handle.complete(.ok, reply: $0) } }
        [8].withByteView { echo.parked[0].complete(.ok, reply: $0) }
        try rig.turn()
        #expect(rig.answer(first).messages == [[9]] && rig.answer(first).grpcStatus == 0)
        // The place of the call that is gone serves another one.
        echo.parks = false
        #expect(try rig.call("/test.Echo/Once", [3]).messages == [[3]])
        [7].withByteView { echo.parked[1].complete(.ok, reply: $0) }
    }

    @Test("a stream carries messages both ways until its client is done")
    func bidirectional() throws {
        let rig = try rig()
        let call = rig.open(ControlRig.headers("/test.Echo/Always"))
        try rig.send(call, ControlRig.framed([1]) + ControlRig.framed([]) + ControlRig.framed([2, 3]))
        #expect(rig.answer(call).messages == [[1], [], [2, 3]] && !rig.answer(call).isOver)
        try rig.send(call, [], end: true)
        #expect(rig.answer(call).grpcStatus == 0)
        #expect(stream.sessions.first?.events == ["receive 1", "receive 0", "receive 2", "end", "closed"])
    }

    @Test("a client that takes nothing gets no more, and is heard no further, until it does")
    func backpressure() throws {
        let rig = try rig { $0.writableBytes = 100_000 }
        rig.reads = false
        let call = rig.open(ControlRig.headers("/test.Echo/Always"))
        let message = ControlRig.framed([UInt8](repeating: 1, count: 60_000))
        var sent = 0
        for _ in 0..<100 {
            let before = stream.sessions.first?.events.count ?? 0
            try rig.send(call, message)
            if stream.sessions.first?.events.count == before { break }
            sent += 1
        }
        // The window of the client's stream, what is not writable, and a message.
        #expect(sent > 15 && sent < 25)
        #expect(stream.sessions.first?.stream.isWritable == false)
        let held = rig.answer(call).body.count
        rig.reads = true
        rig.client.consumed(call, held)
        for _ in 0..<10 { try rig.turn() }
        #expect(stream.sessions.first?.stream.isWritable == true)
        #expect(stream.sessions.first?.events.contains("writable") == true)
        #expect(rig.answer(call).messages.count > sent)
    }

    @Test("messages under way on one connection are bounded together")
    func partial() throws {
        let rig = try rig { $0.partialBytes = 1500 }
        let first = rig.open(ControlRig.headers("/test.Echo/Once"))
        try rig.send(first, [0, 0, 0, 3, 0xe8])
        let second = rig.open(ControlRig.headers("/test.Echo/Once"))
        try rig.send(second, [0, 0, 0, 3, 0xe8])
        #expect(rig.answer(second).grpcStatus == 8 && !rig.answer(first).isOver)
        try rig.send(first, [UInt8](repeating: 0, count: 1000), end: true)
        #expect(rig.answer(first).grpcStatus == 0)
        #expect(try rig.call("/test.Echo/Once", [UInt8](repeating: 0, count: 1000)).grpcStatus == 0)
    }

    @Test("draining lets calls finish, ends streams and closes the connection")
    func draining() throws {
        echo.parks = true
        let rig = try rig()
        let call = rig.open(ControlRig.headers("/test.Echo/Once"))
        try rig.send(call, ControlRig.framed([1]), end: true)
        let watch = rig.open(ControlRig.headers("/test.Echo/Always"))
        try rig.turn()
        rig.loop.drain {}
        try rig.turn()
        #expect(rig.goneAway && rig.answer(watch).grpcStatus == 14 && rig.channel.isActive)
        #expect(stream.sessions.first?.events == ["closed"])
        [5].withByteView { echo.parked[0].complete(.ok, reply: $0) }
        try rig.turn()
        #expect(rig.answer(call).messages == [[5]] && !rig.channel.isActive)
    }

    @Test("tells the sessions of a connection that is lost")
    func lost() throws {
        let rig = try rig()
        _ = rig.open(ControlRig.headers("/test.Echo/Always"))
        try rig.turn()
        _ = try rig.channel.finish()
        #expect(stream.sessions.first?.events == ["closed"])
        #expect(stream.sessions.first?.stream.isOpen == false)
    }

    @Test(
        "reads the times that clients give, and nothing else",
        arguments: [
            ("20m", 20), ("1S", 1000), ("1500u", 2), ("1n", 1), ("0m", 0), ("2M", 120_000), ("1H", 3_600_000),
            ("99999999H", 359_999_996_400_000), ("100000000m", nil), ("m", nil), ("", nil), ("-1m", nil), ("1x", nil), ("1", nil),
        ] as [(String, Int64?)])
    func timeouts(text: String, milliseconds: Int64?) {
        #expect(text.withByteView { GRPCText.timeoutMilliseconds($0) } == milliseconds)
    }
}
