import Bytes
import HTTP1
import HTTPSemantics
import Testing

@Suite("Request heads")
struct RequestHeadTests {
    @Test(
        "know whether the connection stays",
        arguments: [
            ("1.1", [], true), ("1.1", ["Connection: close"], false), ("1.1", ["Connection: Close"], false),
            ("1.1", ["Connection: foo, close"], false), ("1.1", ["Connection: keep-alive", "Connection: close"], false),
            ("1.1", ["Connection: closed"], true), ("1.1", ["Connection:"], true), ("1.0", [], false),
            ("1.0", ["Connection: keep-alive"], true),
            ("1.0", ["Connection: foo,\tKEEP-ALIVE"], true), ("1.0", ["Connection: keep-alive, close"], false),
            ("1.0", ["Keep-Alive: timeout=5"], false),
        ] as [(String, [String], Bool)])
    func keepAlive(version: String, lines: [String], expected: Bool) throws {
        let text = "GET / HTTP/\(version)\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        let parsed = try #require(try parseRequest(text).get())
        #expect(parsed.keepAlive == expected)
    }

    @Test(
        "know what else the client wants",
        arguments: [
            (["Content-Length: 1", "Expect: 100-continue"], "1.1", [true, false, false]),
            (["Content-Length: 1", "Expect: 100-Continue"], "1.1", [true, false, false]),
            (["Expect: 100-continue"], "1.1", [false, false, false]),
            (["Content-Length: 1", "Expect: 100-continue"], "1.0", [false, false, false]),
            (["Expect: something"], "1.0", [false, false, false]),
            (["Connection: Upgrade", "Upgrade: websocket"], "1.1", [false, true, false]),
            (["Connection: keep-alive, upgrade", "Upgrade: websocket"], "1.1", [false, true, false]),
            (["Connection: upgrade"], "1.1", [false, false, false]), (["Upgrade: websocket"], "1.1", [false, false, false]),
            (["Connection: upgrade", "Upgrade:"], "1.1", [false, false, false]),
            (["Connection: upgrade", "Upgrade: websocket"], "1.0", [false, false, false]),
            (["TE: trailers"], "1.1", [false, false, true]),
            (["TE: gzip;q=0.5, Trailers"], "1.1", [false, false, true]),
            (["TE: gzip", "TE: trailers"], "1.1", [false, false, true]),
            (["TE: trailersx"], "1.1", [false, false, false]), (["TE: trailers"], "1.0", [false, false, false]),
        ] as [([String], String, [Bool])])
    func wishes(lines: [String], version: String, expected: [Bool]) {
        let head = RequestHead()
        // A head that says yes to all first: nothing of it may be left.
        let before = request(
            "Content-Length: 1", "Expect: 100-continue", "Connection: upgrade, close", "Upgrade: a", "TE: trailers")
        #expect(throws: Never.self) { try parseRequest(Array(before.utf8), head: head).get() }
        #expect([head.expectsContinue, head.requestsUpgrade, head.acceptsTrailers, !head.keepAlive] == [true, true, true, true])
        let text = "POST / HTTP/\(version)\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        #expect(throws: Never.self) { try parseRequest(Array(text.utf8), head: head).get() }
        #expect([head.expectsContinue, head.requestsUpgrade, head.acceptsTrailers] == expected)
    }

    @Test("skip a few empty lines before the request line", arguments: 0...4)
    func emptyLines(count: Int) throws {
        let before = String(repeating: "\r\n", count: count)
        #expect(parseRequest(before) == .success(nil))
        let parsed = try #require(try parseRequest(before + request()).get())
        #expect(parsed.headBytes == request().utf8.count + 2 * count)
    }

    @Test(
        "name the host they are for",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: a.b:8\r\n\r\n", "a.b:8"), ("GET http://c/ HTTP/1.1\r\nHost: a\r\n\r\n", "c"),
            ("GET http://c HTTP/1.1\r\nHost:\r\n\r\n", "c"), ("GET / HTTP/1.0\r\n\r\n", ""),
            ("OPTIONS * HTTP/1.1\r\nhost:a\r\n\r\n", "a"),
        ])
    func authority(text: String, expected: String) {
        text.withByteView { bytes in
            let head = RequestHead()
            #expect(head.parse(bytes) == .complete(headBytes: bytes.count))
            #expect(String(bytes[head.authority]) == expected)
        }
    }

    @Test("keep names, values and whole lines as ranges without gaps")
    func ranges() {
        "GET / HTTP/1.1\r\nHost:  a \r\nX: \t\r\n\r\n".withByteView { bytes in
            let head = RequestHead()
            #expect(head.parse(bytes) == .complete(headBytes: bytes.count))
            #expect(String(bytes[head.fields[0].line]) == "Host:  a \r\n")
            #expect(String(bytes[head.fields[0].value]) == "a")
            #expect(head.fields[0].line.upper == head.fields[1].line.lower)
            #expect(head.fields[1].value.isEmpty)
            #expect(head.fields[1].line.end + 2 == bytes.count)
        }
    }

    @Test("bound each part, and say which status it is", arguments: [-1, 0, 1])
    func limits(excess: Int) {
        let limits = HTTP1Limits(headBytes: 512, fields: 4, targetBytes: 16, methodBytes: 8, connectionOptions: 3)
        func expect(_ text: String, _ fault: HTTP1Fault, _ status: Int, line: SourceLocation = #_sourceLocation) {
            let outcome = parseRequest(text, limits: limits)
            if excess > 0 {
                #expect(outcome == .failure(fault), sourceLocation: line)
                #expect(fault.status == status, sourceLocation: line)
            } else {
                #expect((try? outcome.get()) != nil, sourceLocation: line)
            }
        }
        let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"
        expect(
            frame.replacing("X: ", with: "X: " + String(repeating: "x", count: 512 - frame.utf8.count + excess)), .headTooLarge,
            431)
        expect(request(Array(repeating: "X: y", count: 3 + excess).joined(separator: "\r\n")), .tooManyFields, 431)
        expect(frame.replacing(" / ", with: " /" + String(repeating: "a", count: 15 + excess) + " "), .targetTooLong, 414)
        expect(frame.replacing("GET", with: String(repeating: "G", count: 8 + excess)), .methodTooLong, 501)
        expect(
            request("Connection: " + Array(repeating: "a", count: 3 + excess).joined(separator: ",")), .tooManyConnectionOptions,
            400)
        let lines = Array(repeating: "Connection: keep-alive\r\n", count: 3 + excess).joined()
        expect(
            "GET / HTTP/1.1\r\n" + lines + (excess < 1 ? "Host: a\r\n" : "") + "\r\n", excess < 1 ? .headTooLarge : .missingHost,
            400)
    }

    @Test(
        "never let a head outgrow the offsets into it",
        arguments: [(1 << 20, 1 << 20), ((1 << 20) + 1, 1 << 20), (Int.max, 1 << 20)])
    func largestHead(asked: Int, limit: Int) {
        var limits = HTTP1Limits(headBytes: asked)
        #expect(limits.headBytes == limit)
        limits.headBytes = asked
        #expect(limits.headBytes == limit)
    }

    @Test("refuse an endless part before it is whole", arguments: ["M", "GET /", "GET / HTTP/1.1\r\nX", "GET / HTTP/1.1\r\nX: "])
    func endless(start: String) {
        let outcome = parseRequest(start + String(repeating: "a", count: 40_000))
        #expect(throws: HTTP1Fault.self) { try outcome.get() }
    }

    @Test("parse alike however often the head is reused")
    func reuse() {
        let head = RequestHead()
        let messages = [
            request("Content-Length: 3"), request("Transfer-Encoding: chunked"), request(method: "GET"), "bad\n", request("A: b"),
        ]
        for _ in 0..<3 {
            for text in messages { #expect(parseRequest(Array(text.utf8), head: head) == parseRequest(text)) }
        }
    }
}
