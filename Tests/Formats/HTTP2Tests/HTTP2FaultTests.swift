import Bytes
import Testing

@testable import HTTP2

@Suite struct HTTP2FaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var expected: String
    }

    static func window(_ increment: UInt32) -> [UInt8] { bigEndian(increment) }

    static let zeros = [UInt8](repeating: 0, count: 16_385)

    /// What a server may not say; stream 1 is open, 3 was reset by us.
    static let client: [Case] = [
        Case(testDescription: "PUSH_PROMISE", bytes: frame(5, 4, 1, bigEndian(2)), expected: "fault 1"),
        Case(testDescription: "HEADERS on an even stream", bytes: frame(1, 5, 2, [0x88]), expected: "fault 1"),
        Case(testDescription: "HEADERS on an idle stream", bytes: frame(1, 5, 9, [0x88]), expected: "fault 1"),
        Case(testDescription: "DATA on an idle stream", bytes: frame(0, 0, 9, [1]), expected: "fault 1"),
        Case(testDescription: "DATA on stream 0", bytes: frame(0, 0, 0, [1]), expected: "fault 1"),
        Case(testDescription: "DATA before HEADERS", bytes: frame(0, 0, 1, [1]), expected: "reset 1 owner 0 1"),
        Case(testDescription: "padding as long as the frame", bytes: frame(0, 8, 1, [1]), expected: "fault 1"),
        Case(testDescription: "padded without a length", bytes: frame(0, 8, 1, []), expected: "fault 1"),
        Case(testDescription: "HEADERS too short for its priority", bytes: frame(1, 0x24, 1, [0, 0, 0, 0]), expected: "fault 6"),
        Case(testDescription: "a frame larger than announced", bytes: frame(0, 0, 1, zeros), expected: "fault 6"),
        Case(testDescription: "PING of seven bytes", bytes: frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7]), expected: "fault 6"),
        Case(testDescription: "PING on a stream", bytes: frame(6, 0, 1, [1, 2, 3, 4, 5, 6, 7, 8]), expected: "fault 1"),
        Case(testDescription: "SETTINGS of five bytes", bytes: frame(4, 0, 0, [0, 0, 0, 0, 0]), expected: "fault 6"),
        Case(testDescription: "SETTINGS on a stream", bytes: frame(4, 0, 1), expected: "fault 1"),
        Case(testDescription: "acknowledgement with payload", bytes: frame(4, 1, 0, [0, 1, 0, 0, 0, 0]), expected: "fault 6"),
        Case(testDescription: "push switched on", bytes: frame(4, 0, 0, [0, 2] + bigEndian(1)), expected: "fault 1"),
        Case(
            testDescription: "window beyond 2^31-1", bytes: frame(4, 0, 0, [0, 4] + bigEndian(0x8000_0000)), expected: "fault 3"),
        Case(testDescription: "frame size too small", bytes: frame(4, 0, 0, [0, 5] + bigEndian(16_383)), expected: "fault 1"),
        Case(testDescription: "frame size too large", bytes: frame(4, 0, 0, [0, 5] + bigEndian(1 << 24)), expected: "fault 1"),
        Case(testDescription: "WINDOW_UPDATE of 0", bytes: frame(8, 0, 0, window(0)), expected: "fault 1"),
        Case(testDescription: "stream WINDOW_UPDATE of 0", bytes: frame(8, 0, 1, window(0)), expected: "reset 1 owner 0 1"),
        Case(testDescription: "window overflow", bytes: frame(8, 0, 0, window(0x7fff_ffff)), expected: "fault 3"),
        Case(
            testDescription: "stream window overflow", bytes: frame(8, 0, 1, window(0x7fff_ffff)), expected: "reset 1 owner 0 3"),
        Case(testDescription: "WINDOW_UPDATE on an idle stream", bytes: frame(8, 0, 9, window(1)), expected: "fault 1"),
        Case(testDescription: "WINDOW_UPDATE of three bytes", bytes: frame(8, 0, 1, [0, 0, 1]), expected: "fault 6"),
        Case(testDescription: "RST_STREAM on stream 0", bytes: frame(3, 0, 0, window(8)), expected: "fault 1"),
        Case(testDescription: "RST_STREAM on an idle stream", bytes: frame(3, 0, 9, window(8)), expected: "fault 1"),
        Case(testDescription: "RST_STREAM of three bytes", bytes: frame(3, 0, 1, [0, 0, 1]), expected: "fault 6"),
        Case(testDescription: "GOAWAY on a stream", bytes: frame(7, 0, 1, window(0) + window(0)), expected: "fault 1"),
        Case(testDescription: "GOAWAY of seven bytes", bytes: frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0]), expected: "fault 6"),
        Case(testDescription: "PRIORITY of four bytes", bytes: frame(2, 0, 1, window(1)), expected: "fault 6"),
        Case(testDescription: "CONTINUATION without HEADERS", bytes: frame(9, 4, 1, [0x88]), expected: "fault 1"),
        Case(
            testDescription: "header block interrupted", bytes: frame(1, 0, 1, [0x88]) + frame(8, 0, 0, window(1)),
            expected: "fault 1"),
        Case(
            testDescription: "header block of another stream", bytes: frame(1, 0, 1, [0x88]) + frame(9, 4, 3, []),
            expected: "fault 1"),
        Case(testDescription: "undecodable block", bytes: frame(1, 4, 1, [0x80]), expected: "fault 9"),
        Case(testDescription: "no status", bytes: frame(1, 4, 1, literals([("a", "b")])), expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "status of two digits", bytes: frame(1, 4, 1, literals([(":status", "20")])),
            expected: "reset 1 owner 0 1"),
        Case(testDescription: "status 101", bytes: frame(1, 4, 1, literals([(":status", "101")])), expected: "reset 1 owner 0 1"),
        Case(testDescription: "second status", bytes: frame(1, 4, 1, [0x88, 0x88]), expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "uppercase name", bytes: frame(1, 4, 1, [0x88] + literals([("A", "b")])),
            expected: "reset 1 owner 0 1"),
        Case(testDescription: "empty name", bytes: frame(1, 4, 1, [0x88] + literals([("", "b")])), expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "line feed in a value", bytes: frame(1, 4, 1, [0x88] + literals([("a", "b\nc")])),
            expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "blank before a value", bytes: frame(1, 4, 1, [0x88] + literals([("a", " b")])),
            expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "connection field", bytes: frame(1, 4, 1, [0x88] + literals([("connection", "close")])),
            expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "transfer-encoding", bytes: frame(1, 4, 1, [0x88] + literals([("transfer-encoding", "chunked")])),
            expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "two lengths",
            bytes: frame(1, 4, 1, [0x88] + literals([("content-length", "1"), ("content-length", "2")])),
            expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "body longer than declared",
            bytes: frame(1, 4, 1, [0x88] + literals([("content-length", "1")])) + frame(0, 0, 1, [1, 2]),
            expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "body shorter than declared",
            bytes: frame(1, 4, 1, [0x88] + literals([("content-length", "3")])) + frame(0, 1, 1, [1, 2]),
            expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "trailers without end", bytes: frame(1, 4, 1, [0x88]) + frame(1, 4, 1, literals([("a", "b")])),
            expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "status in trailers", bytes: frame(1, 4, 1, [0x88]) + frame(1, 5, 1, [0x88]),
            expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "informational response that ends", bytes: frame(1, 5, 1, literals([(":status", "100")])),
            expected: "reset 1 owner 0 1"),
        Case(
            testDescription: "DATA after the end", bytes: frame(1, 5, 1, [0x88]) + frame(0, 0, 1, [1]),
            expected: "reset 1 owner 0 5"),
    ]

    @Test("a server that breaks a rule gets the error of RFC 9113", arguments: client)
    func clientRules(rule: Case) {
        let session = HTTP2Session.client()
        #expect(session.request(end: false) == 1)
        #expect(session.request(end: false) == 3)
        session.reset(3, .cancel)
        _ = session.drain()
        let events = session.feed(rule.bytes)
        #expect(events.last?.hasPrefix(rule.expected) == true, "\(events)")
        let output = session.drain()
        let code = UInt8(rule.expected.split(separator: " ").last ?? "") ?? 255
        if rule.expected.hasPrefix("fault") {
            #expect(session.isOver && output.count >= 17 && output[output.count - 14] == 7 && output.last == code)
        } else {
            #expect(!session.isOver && output.suffix(13) == frame(3, 0, 1, bigEndian(UInt32(code)))[...])
        }
    }

    @Test(
        "late frames of a stream this side reset are forgiven",
        arguments: [frame(0, 0, 3, [1, 2]), frame(1, 4, 3, [0x88]), frame(8, 0, 3, bigEndian(1)), frame(3, 0, 3, bigEndian(8))])
    func forgives(bytes: [UInt8]) {
        let session = HTTP2Session.client()
        _ = session.request(end: false)
        _ = session.request(end: false)
        session.reset(3, .cancel)
        #expect(session.feed(bytes).isEmpty && !session.isOver)
        #expect(session.receiveWindow + session.unannounced == session.limits.connectionWindow)
    }

    @Test("frames of a stream that both sides ended are a connection error")
    func closedStreams() {
        let session = HTTP2Session.client()
        _ = session.request()
        #expect(session.feed(frame(1, 5, 1, [0x88])).count == 1)
        #expect(session.openStreams == 0)
        #expect(session.feed(frame(0, 0, 1, [1])).first?.hasPrefix("fault 5") == true)
    }

    @Test(
        "the first frame must be SETTINGS",
        arguments: [frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), frame(4, 1), Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)])
    func firstFrame(bytes: [UInt8]) {
        #expect(HTTP2Session(role: .client).feed(bytes).first?.hasPrefix("fault 1") == true)
    }

    @Test("a server refuses a wrong preface at the first byte that differs")
    func wrongPreface() {
        let server = HTTP2Session(role: .server)
        #expect(server.feed(Array("PRI * HTTP/2.0\r\n".utf8)).isEmpty)
        #expect(server.feed(Array("x".utf8)).first?.hasPrefix("fault 1") == true)
    }

    static let requests: [Case] = [
        Case(testDescription: "even stream", bytes: frame(1, 5, 2, literals(requestFields)), expected: "fault 1"),
        Case(
            testDescription: "no path", bytes: frame(1, 5, 1, literals([(":method", "GET"), (":scheme", "http")])), expected: ""),
        Case(
            testDescription: "empty path",
            bytes: frame(1, 5, 1, literals([(":method", "GET"), (":scheme", "http"), (":path", "")])),
            expected: ""),
        Case(testDescription: "pseudo-field twice", bytes: frame(1, 5, 1, literals(requestFields) + [0x83]), expected: ""),
        Case(
            testDescription: "pseudo-field after a regular one", bytes: frame(1, 5, 1, literals([("a", "b")] + requestFields)),
            expected: ""),
        Case(
            testDescription: "unknown pseudo-field", bytes: frame(1, 5, 1, literals([(":x", "y")] + requestFields)), expected: ""),
        Case(
            testDescription: "te other than trailers", bytes: frame(1, 5, 1, literals(requestFields + [("te", "gzip")])),
            expected: ""),
        Case(
            testDescription: "length without body", bytes: frame(1, 5, 1, literals(requestFields + [("content-length", "1")])),
            expected: ""),
        Case(
            testDescription: "CONNECT with a path",
            bytes: frame(1, 5, 1, literals([(":method", "CONNECT"), (":authority", "x"), (":path", "/")])), expected: ""),
    ]

    @Test("a malformed request is refused with PROTOCOL_ERROR", arguments: requests)
    func serverRules(rule: Case) {
        let session = HTTP2Session.server()
        let events = session.feed(rule.bytes)
        if rule.expected.isEmpty {
            #expect(events.isEmpty && session.drain() == frame(3, 0, 1, bigEndian(1)))
        } else {
            #expect(events.last?.hasPrefix(rule.expected) == true)
        }
    }

    @Test("streams beyond the limit are refused, and the connection lives")
    func refusesStreams() {
        var limits = HTTP2Limits()
        limits.concurrentStreams = 1
        let session = HTTP2Session.server(limits: limits)
        #expect(session.feed(frame(1, 4, 1, literals(requestFields))).count == 1)
        #expect(session.feed(frame(1, 4, 3, literals(requestFields)) + frame(0, 1, 3, [1])).isEmpty)
        #expect(session.drain() == frame(3, 0, 3, bigEndian(7)))
    }

    @Test("floods end the connection at their allowance, not before", arguments: [0, 1, 2, 3, 4])
    func floods(kind: Int) {
        var limits = HTTP2Limits()
        limits.controlFramesPerInterval = 50
        let session = HTTP2Session.server(limits: limits)
        session.replenishAllowances()
        _ = session.feed(frame(1, 4, 1, literals(requestFields)))
        let flood = [
            frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), frame(4), frame(0, 0, 1), frame(2, 0, 1, [0, 0, 0, 0, 1]),
            frame(0x99, 0, 0, [1]),
        ][kind]
        for _ in 0..<50 { _ = session.feed(flood) }
        #expect(!session.isOver)
        session.replenishAllowances()
        for _ in 0..<50 { _ = session.feed(flood) }
        #expect(!session.isOver)
        #expect(session.feed(flood).last?.hasPrefix("fault 11") == true)
    }

    @Test("rapid resets end the connection at their allowance, not before")
    func rapidReset() {
        var limits = HTTP2Limits()
        limits.resetsPerInterval = 20
        let session = HTTP2Session.server(limits: limits)
        var stream: UInt32 = 1
        func reset() -> [String] {
            defer { stream += 2 }
            return session.feed(frame(1, 4, stream, literals(requestFields)) + frame(3, 0, stream, bigEndian(8)))
        }
        for _ in 0..<20 { #expect(reset().count == 2) }
        #expect(reset().last?.hasPrefix("fault 11") == true)
    }

    @Test("a CONTINUATION flood ends the connection by count and by bytes", arguments: [(1, 17), (16_000, 5)])
    func continuationFlood(size: Int, frames: Int) {
        let session = HTTP2Session.server()
        _ = session.feed(frame(1, 0, 1, [UInt8](repeating: 0x82, count: min(size, 100))))
        for index in 1...frames {
            let events = session.feed(frame(9, 0, 1, [UInt8](repeating: 0x82, count: size)))
            #expect((events.last?.hasPrefix("fault 11") == true) == (index == frames))
        }
    }
}
