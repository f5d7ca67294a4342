import Bytes
import HTTP1
import HTTP2
import Testing

@testable import DataPlane

@Suite("HTTP/2 request heads")
struct HTTP2RequestHeadTests {
    private static let base = [(":method", "GET"), (":scheme", "http"), (":path", "/a?b=c"), (":authority", "host:1")]

    private func head(_ fields: [(String, String)], isChunked: Bool = false) -> String? {
        let list = HeaderList()
        for (name, value) in fields {
            name.withByteView { name in value.withByteView { list.append(lowercasing: name, value: $0) } }
        }
        let out = ByteWriter()
        guard HTTP2RequestHead.write(list, isChunked: isChunked, to: out) else { return nil }
        return out.view.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test("the fields become a request line, a host and lines in their order")
    func plain() {
        #expect(
            head(Self.base + [("accept", "*/*"), ("x-empty", "")])
                == "GET /a?b=c HTTP/1.1\r\nhost: host:1\r\naccept: */*\r\nx-empty: \r\n\r\n")
    }

    @Test("a body of unknown length comes in chunks")
    func chunked() { #expect(head(Self.base, isChunked: true)?.hasSuffix("\r\ntransfer-encoding: chunked\r\n\r\n") == true) }

    @Test("cookies that were split are one line where the first stood")
    func cookies() {
        #expect(
            head(Self.base + [("cookie", "a=1"), ("accept", "x"), ("cookie", "b=2"), ("cookie", "c=3")])
                == "GET /a?b=c HTTP/1.1\r\nhost: host:1\r\ncookie: a=1; b=2; c=3\r\naccept: x\r\n\r\n")
    }

    @Test("a host beside an authority must be the same one")
    func hosts() {
        #expect(head(Self.base + [("host", "HOST:1")]) == head(Self.base))
        #expect(head(Self.base + [("host", "other")]) == nil)
        #expect(head(Array(Self.base.dropLast()) + [("host", "other")]) == "GET /a?b=c HTTP/1.1\r\nhost: other\r\n\r\n")
    }

    @Test(
        "targets of other forms are refused, an asterisk and CONNECT's authority are left to the parser",
        arguments: [("http://h/x", nil), ("x", nil), ("*", "GET * HTTP/1.1\r\nhost: host:1\r\n\r\n")])
    func targets(path: String, expected: String?) {
        var fields = Self.base
        fields[2].1 = path
        #expect(head(fields) == expected)
        #expect(head([(":method", "CONNECT"), (":authority", "h:1")]) == "CONNECT h:1 HTTP/1.1\r\nhost: h:1\r\n\r\n")
    }

    @Test("no blank in a pseudo-field passes for more than one part", arguments: [0, 2, 3])
    func blanks(index: Int) throws {
        var fields = Self.base
        fields[index].1 += " HTTP/1.1 x"
        let text = try #require(head(fields))
        let outcome = text.withByteView { RequestHead().parse($0) }
        guard case .invalid = outcome else {
            Issue.record("parsed: \(text)")
            return
        }
    }
}
