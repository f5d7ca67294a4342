import Bytes
import HTTP1
import HTTPSemantics
import Testing

@Suite("Request smuggling")
struct SmugglingTests {
    @Test(
        "framing that two parties could read differently is refused",
        arguments: [
            (["Content-Length: 5", "Transfer-Encoding: chunked"], .lengthAndTransferEncoding),
            (["Transfer-Encoding: chunked", "Content-Length: 5"], .lengthAndTransferEncoding),
            (["Transfer-Encoding: chunked", "Content-Length: 0"], .lengthAndTransferEncoding),
            (["Transfer-Encoding: gzip", "Content-Length: 5"], .lengthAndTransferEncoding),
            (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], .repeatedTransferEncoding),
            (["Transfer-Encoding: chunked", "transfer-encoding: identity"], .repeatedTransferEncoding),
            (["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], .repeatedTransferEncoding),
            (["Transfer-Encoding: chunked, chunked"], .invalidTransferEncoding),
            (["Transfer-Encoding: chunked,"], .invalidTransferEncoding),
            (["Transfer-Encoding: ,chunked"], .invalidTransferEncoding),
            (["Transfer-Encoding: identity"], .invalidTransferEncoding),
            (["Transfer-Encoding: chunked, identity"], .invalidTransferEncoding),
            (["Transfer-Encoding: xchunked"], .invalidTransferEncoding),
            (["Transfer-Encoding: \"chunked\""], .invalidTransferEncoding),
            (["Transfer-Encoding: chunked;q=1"], .invalidTransferEncoding),
            (["Transfer-Encoding: chunked foo"], .invalidTransferEncoding), (["Transfer-Encoding:"], .invalidTransferEncoding),
            (["Transfer-Encoding: chunked\u{b}"], .invalidFieldValue), (["Transfer-Encoding: \0chunked"], .invalidFieldValue),
            (["Transfer-Encoding: gzip, chunked"], .unknownTransferCoding), (["Transfer-Encoding : chunked"], .spaceInFieldName),
            (["Transfer-Encoding\t: chunked"], .spaceInFieldName), ([" Transfer-Encoding: chunked"], .foldedLine),
            (["X: y", " Transfer-Encoding: chunked"], .foldedLine), (["X: y\n Transfer-Encoding: chunked"], .bareLineBreak),
            (["Transfer-Encoding: a", "\tchunked"], .foldedLine), (["Transfer-Encoding:\u{c}chunked"], .invalidFieldValue),
            (["X: y\nTransfer-Encoding: chunked"], .bareLineBreak), (["X: y\rTransfer-Encoding: chunked"], .bareLineBreak),
            (["X: y\r\rTransfer-Encoding: chunked"], .bareLineBreak),
            (["Content-Length: 5", "Content-Length: 5"], .repeatedContentLength),
            (["Content-Length: 5", "Content-Length: 6"], .repeatedContentLength),
            (["Content-Length: 5, 5"], .repeatedContentLength),
            (["Content-Length: 5,6"], .repeatedContentLength), (["Content-Length: +5"], .invalidContentLength),
            (["Content-Length: -5"], .invalidContentLength), (["Content-Length: 0x5"], .invalidContentLength),
            (["Content-Length: 5 5"], .invalidContentLength), (["Content-Length: 5."], .invalidContentLength),
            (["Content-Length: 1e1"], .invalidContentLength), (["Content-Length:"], .invalidContentLength),
            (["Content-Length: \"5\""], .invalidContentLength), (["Content-Length: 9223372036854775808"], .invalidContentLength),
            (["Content-Length: 18446744073709551621"], .invalidContentLength), (["Content-Length\0: 5"], .invalidFieldName),
            (["Content-Length 5"], .spaceInFieldName), (["Content-Length"], .invalidFieldName), ([": 5"], .emptyFieldName),
            (["Content-Length: 5\r"], .bareLineBreak), (["(X): 5"], .invalidFieldName), (["X\u{e9}: 5"], .invalidFieldName),
            (["X: \u{7f}"], .invalidFieldValue), (["X: a\0b"], .invalidFieldValue), (["X: \u{1b}[0m"], .invalidFieldValue),
        ] as [([String], HTTP1Fault)])
    func refused(lines: [String], fault: HTTP1Fault) {
        let text = "POST / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        #expect(parseRequest(text) == .failure(fault))
    }

    @Test(
        "framing with one meaning is accepted",
        arguments: [
            ([], .none), (["Content-Length: 0"], .none), (["Content-Length: 5"], .length(5)),
            (["content-length:\t005 "], .length(5)),
            (["Content-Length: 9223372036854775807"], .length(UInt64(Int64.max))), (["Transfer-Encoding: chunked"], .chunked),
            (["TRANSFER-ENCODING:CHUNKED\t"], .chunked), (["X-Transfer-Encoding: a", "Content-Length: 1"], .length(1)),
            (["Content_Length: 9", "Content-Length: 1"], .length(1)),
        ] as [([String], BodyFraming)])
    func accepted(lines: [String], framing: BodyFraming) throws {
        let text = "POST / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        #expect(try parseRequest(text).get()?.framing == framing)
    }

    @Test("transfer codings did not exist in HTTP/1.0")
    func oldVersion() {
        #expect(parseRequest(request("Transfer-Encoding: chunked", version: "1.0")) == .failure(.transferEncodingBeforeHTTP11))
    }

    @Test(
        "request lines that are not exactly method, target and version are refused",
        arguments: [
            ("GET  / HTTP/1.1\r\n", .malformedRequestLine), ("GET /  HTTP/1.1\r\n", .malformedVersion),
            ("GET / HTTP/1.1 \r\n", .malformedVersion),
            (" GET / HTTP/1.1\r\n", .malformedRequestLine), ("GET\t/ HTTP/1.1\r\n", .malformedRequestLine),
            ("GET /\tHTTP/1.1\r\n", .invalidTarget),
            ("GET / HTTP/1.1\n", .bareLineBreak), ("GET / HTTP/1.1\rX", .bareLineBreak), ("GET /\r\n", .malformedRequestLine),
            ("GET\r\n", .malformedRequestLine),
            ("GET /a b HTTP/1.1\r\n", .malformedVersion), ("GET / http/1.1\r\n", .malformedVersion),
            ("GET / HTTP/1.10\r\n", .malformedVersion),
            ("GET / HTTP/11\r\n", .malformedVersion), ("GET / HTTP/1,1\r\n", .malformedVersion),
            ("GET / HTTX/1.1\r\n", .malformedVersion),
            ("GET / HTTP/1.2\r\n", .versionNotSupported), ("GET / HTTP/2.0\r\n", .versionNotSupported),
            ("GET / HTTP/0.9\r\n", .versionNotSupported),
            ("PRI * HTTP/2.0\r\n", .versionNotSupported), ("G@T / HTTP/1.1\r\n", .malformedRequestLine),
            ("G\u{e9}T / HTTP/1.1\r\n", .malformedRequestLine),
            ("GET /\u{e9} HTTP/1.1\r\n", .invalidTarget), ("GET /\0 HTTP/1.1\r\n", .invalidTarget),
            ("GET /\u{7f} HTTP/1.1\r\n", .invalidTarget),
            ("\nGET / HTTP/1.1\r\n", .bareLineBreak), ("\rGET / HTTP/1.1\r\n", .bareLineBreak),
            ("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n", .malformedRequestLine),
            ("\u{16}\u{3}\u{1}", .malformedRequestLine), ("GET / \r\n", .malformedVersion),
            ("GET / HTTP/1.1\r\n:a\r\n", .emptyFieldName),
        ] as [(String, HTTP1Fault)])
    func requestLine(text: String, fault: HTTP1Fault) { #expect(parseRequest(text + "Host: a\r\n\r\n") == .failure(fault)) }

    @Test(
        "there is exactly one valid host",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", .missingHost), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .repeatedHost),
            ("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", .repeatedHost),
            ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .repeatedHost),
            ("GET / HTTP/1.1\r\nHost:\r\n\r\n", .invalidHost), ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .invalidHost),
            ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .invalidHost), ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", .invalidHost),
            ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .invalidHost), ("GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", .invalidHost),
            ("GET / HTTP/1.0\r\nHost: a:x\r\n\r\n", .invalidHost), ("GET http://b/ HTTP/1.1\r\n\r\n", .missingHost),
            ("GET http://b/ HTTP/1.1\r\nHost: a b\r\n\r\n", .invalidHost),
            ("GET http://b/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .repeatedHost),
        ] as [(String, HTTP1Fault)])
    func host(text: String, fault: HTTP1Fault) { #expect(parseRequest(text) == .failure(fault)) }

    @Test(
        "expectations and connection options that nobody understands are refused",
        arguments: [
            ("Expect: 200-ok", .unknownExpectation), ("Expect: 100-continue, x", .unknownExpectation),
            ("Expect:", .unknownExpectation),
            ("Expect: 100-continue\r\nExpect: x", .unknownExpectation), ("Connection: close foo", .invalidConnectionOption),
            ("Connection: \"close\"", .invalidConnectionOption), ("Connection: close;", .invalidConnectionOption),
        ] as [(String, HTTP1Fault)])
    func unknown(line: String, fault: HTTP1Fault) { #expect(parseRequest(request(line, "Content-Length: 1")) == .failure(fault)) }
}
