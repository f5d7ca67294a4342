import Bytes
import HTTP1
import HTTPSemantics
import Testing

@Suite("Hop-by-hop fields and head writing")
struct HopByHopTests {
    /// The field lines that are sent on.
    private func sentOn(_ lines: [String], sendsTrailers: Bool = false) -> [String] {
        let text = "POST / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        return text.withByteView { bytes in
            let head = RequestHead()
            #expect(head.parse(bytes) == .complete(headBytes: bytes.count))
            HopByHop.mark(head.fields, in: bytes, sendsTrailers: sendsTrailers)
            let writer = ByteWriter()
            HeadWriter.appendFields(from: bytes, head.fields, to: writer)
            return String(writer.view).split(separator: "\r\n").map(String.init)
        }
    }

    @Test(
        "end at the gateway",
        arguments: [
            "Connection: keep-alive", "Keep-Alive: timeout=5", "Proxy-Connection: close", "TE: trailers",
            "Transfer-Encoding: chunked", "Upgrade: h2c",
            "HTTP2-Settings: AAA", "Proxy-Authorization: Basic eA==", "Proxy-Authenticate: Basic", "Trailer: X-Sum",
        ])
    func dropped(line: String) {
        #expect(sentOn([line]) == ["Host: a"])
        #expect(sentOn(["A: b", line, "C: d"]) == ["Host: a", "A: b", "C: d"])
    }

    @Test(
        "are also those the connection nominates, when the gateway does not know them",
        arguments: [
            (["Connection: X-Private", "X-Private: 1", "x-private: 2", "X-Privat: 3"], ["Host: a", "X-Privat: 3"]),
            (["X-A: 1", "Connection: close, x-a", "X-B: 2", "Connection: x-b", "X-C: 3"], ["Host: a", "X-C: 3"]),
            (["Connection: close", "Close: 1"], ["Host: a", "Close: 1"]),
            (
                [
                    "Connection: Host, Authorization, Content-Length, X-User-ID, Cookie", "Authorization: t", "Content-Length: 1",
                    "X-User-ID: u",
                ],
                ["Host: a", "Authorization: t", "Content-Length: 1", "X-User-ID: u"]
            ),
        ])
    func nominated(lines: [String], expected: [String]) { #expect(sentOn(lines) == expected) }

    @Test("leave Trailer where trailers are sent on")
    func trailer() { #expect(sentOn(["Trailer: X", "A: b"], sendsTrailers: true) == ["Host: a", "Trailer: X", "A: b"]) }

    @Test("copies exactly the lines that are not dropped, for every subset")
    func subsets() {
        let lines = ["Host: a\r\n", "B:  b \r\n", "C:\r\n", "D: d\r\n"]
        ("GET / HTTP/1.1\r\n" + lines.joined() + "\r\n").withByteView { bytes in
            for subset in 0..<16 {
                let head = RequestHead()
                #expect(head.parse(bytes) == .complete(headBytes: bytes.count))
                for index in 0..<4 where subset & 1 << index != 0 { head.fields.drop(at: index) }
                let writer = ByteWriter()
                HeadWriter.appendFields(from: bytes, head.fields, to: writer)
                #expect(String(writer.view) == (0..<4).filter { subset & 1 << $0 == 0 }.map { lines[$0] }.joined())
            }
        }
    }

    @Test("writes start lines, fields and chunk framing")
    func writer() {
        let writer = ByteWriter()
        HeadWriter.appendRequestLine(method: ByteView("GET"), path: ByteView("/a"), query: ByteView("b=c"), to: writer)
        HeadWriter.appendRequestLine(method: ByteView("PUT"), path: ByteView("/"), query: nil, to: writer)
        HeadWriter.appendStatusLine(404, to: writer)
        HeadWriter.appendStatusLine(299, to: writer)
        HeadWriter.appendField("via", ByteView("1.1 septem"), to: writer)
        HeadWriter.appendChunkSize(255, to: writer)
        HeadWriter.appendLastChunk(trailers: ByteView("A: b\r\n"), to: writer)
        let expected =
            "GET /a?b=c HTTP/1.1\r\nPUT / HTTP/1.1\r\nHTTP/1.1 404 Not Found\r\nHTTP/1.1 299 \r\n"
            + "via: 1.1 septem\r\nff\r\n0\r\nA: b\r\n\r\n"
        #expect(String(writer.view) == expected)
    }
}
