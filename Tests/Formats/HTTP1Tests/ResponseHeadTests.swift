import Bytes
import HTTP1
import HTTPSemantics
import Testing

@Suite("Response heads")
struct ResponseHeadTests {
    private func parse(_ text: String, _ method: RequestMethod = .get, _ head: ResponseHead = ResponseHead()) -> HeadOutcome {
        withExactBytes(Array(text.utf8)) { head.parse($0, answering: method) }
    }

    @Test(
        "know how the body ends and whether the connection stays",
        arguments: [
            ("200 OK", ["Content-Length: 5"], .get, .length(5), true), ("200 OK", ["Content-Length: 0"], .get, .none, true),
            ("200 OK", ["Transfer-Encoding: chunked"], .get, .chunked, true), ("200 OK", [], .get, .untilClose, false),
            ("200 OK", ["Connection: close", "Content-Length: 5"], .get, .length(5), false),
            ("200 OK", ["Content-Length: 5"], .head, .none, true), ("200 OK", ["Transfer-Encoding: chunked"], .head, .none, true),
            ("200 OK", [], .head, .none, true), ("304 Not Modified", ["Content-Length: 5"], .get, .none, true),
            ("204 No Content", [], .get, .none, true), ("204 No Content", ["Content-Length: 5"], .get, .none, false),
            ("204 No Content", ["Content-Length: 0"], .get, .none, true),
            ("204 No Content", ["Transfer-Encoding: chunked"], .get, .none, false),
            ("100 Continue", [], .post, .none, true), ("101 Switching Protocols", ["Upgrade: x"], .get, .none, true),
            ("599 Odd", ["Content-Length: 1"], .get, .length(1), true),
        ] as [(String, [String], RequestMethod, BodyFraming, Bool)])
    func framing(status: String, lines: [String], method: RequestMethod, framing: BodyFraming, keepAlive: Bool) {
        let text = "HTTP/1.1 \(status)\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        let head = ResponseHead()
        #expect(parse(text, method, head) == .complete(headBytes: text.utf8.count))
        #expect(head.framing == framing)
        #expect(head.keepAlive == keepAlive)
    }

    @Test(
        "accept any phrase or none",
        arguments: [
            ("HTTP/1.1 200 OK\r\n", 200), ("HTTP/1.1 404 \r\n", 404), ("HTTP/1.1 404\r\n", 404),
            ("HTTP/1.0 500 \u{e9}\tx\r\n", 500), ("HTTP/1.1 100 a b\r\n", 100),
        ])
    func phrase(line: String, status: Int) {
        let head = ResponseHead()
        #expect(parse(line + "Content-Length: 0\r\n\r\n", .get, head) == .complete(headBytes: line.utf8.count + 21))
        #expect(head.status == status)
    }

    @Test(
        "are refused when another reader could understand them differently",
        arguments: [
            ("HTTP/1.1 099 x\r\n", .invalidStatus), ("HTTP/1.1 600 x\r\n", .invalidStatus), ("HTTP/1.1 20 x\r\n", .invalidStatus),
            ("HTTP/1.1 2000 x\r\n", .malformedStatusLine), ("HTTP/1.1  200 x\r\n", .invalidStatus),
            ("HTTP/1.1 200 a\0\r\n", .malformedStatusLine),
            ("HTTP/1.1 200 OK\n", .bareLineBreak), ("HTTP/1.1 200 OK\rX", .bareLineBreak), ("HTTP/1.1 200\n", .bareLineBreak),
            ("HTTP/2.0 200 OK\r\n", .versionNotSupported), ("HTTP/1.1\t200 OK\r\n", .malformedStatusLine),
            ("http/1.1 200 OK\r\n", .malformedVersion),
            ("ICY 200 OK\r\n", .malformedVersion), ("\r\nHTTP/1.1 200 OK\r\n", .malformedVersion),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", .lengthAndTransferEncoding),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n", .repeatedContentLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n", .repeatedContentLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n", .invalidContentLength),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n", .invalidTransferEncoding),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n", .unknownTransferCoding),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n", .transferEncodingBeforeHTTP11),
            ("HTTP/1.1 200 OK\r\n A: b\r\n", .foldedLine),
            ("HTTP/1.1 200 OK\r\nA : b\r\n", .spaceInFieldName), ("HTTP/1.1 200 OK\r\nA: b\nC: d\r\n", .bareLineBreak),
        ] as [(String, HTTP1Fault)])
    func refused(text: String, fault: HTTP1Fault) { #expect(parse(text + "\r\n") == .invalid(fault)) }

    @Test("every proper prefix is incomplete")
    func truncation() {
        let text = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\n"
        for length in 0..<text.utf8.count {
            #expect(parse(String(text.prefix(length))) == .incomplete || text.prefix(length).last == "\r\n")
        }
        let bytes = Array(text.utf8)
        let head = ResponseHead()
        for length in 0..<bytes.count {
            withExactBytes(Array(bytes[..<length])) {
                #expect(head.parse($0, answering: .get) == .incomplete, "prefix of \(length)")
            }
        }
    }

    @Test("every byte value at every position gives an outcome, and completes only with its blank line")
    func everyByte() {
        let bytes = Array("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 1\r\n\r\n".utf8)
        let head = ResponseHead()
        for position in bytes.indices {
            for byte in UInt8.min...UInt8.max where byte != bytes[position] {
                var changed = bytes
                changed[position] = byte
                withExactBytes(changed) { view in
                    guard case .complete(let headBytes) = head.parse(view, answering: .get) else { return }
                    #expect(headBytes == bytes.count)
                    #expect(String(view[headBytes - 4, headBytes]) == "\r\n\r\n")
                    #expect((100...599).contains(head.status))
                    #expect(head.fields.count == 2)
                }
            }
        }
    }

    @Test("a length that may not be there is not sent on", arguments: ["103 Early Hints", "204 No Content"])
    func droppedLength(status: String) {
        let head = ResponseHead()
        #expect(parse("HTTP/1.1 \(status)\r\nContent-Length: 5\r\nA: b\r\n\r\n", .get, head) != .incomplete)
        #expect(head.fields[0].isDropped)
        #expect(!head.fields[1].isDropped)
    }

    @Test(
        "interim responses and switches are told apart",
        arguments: [(100, true, false), (101, false, true), (103, true, false), (200, false, false)])
    func interim(status: Int, isInterim: Bool, switches: Bool) {
        let head = ResponseHead()
        #expect(parse("HTTP/1.1 \(status) x\r\n\r\n", .get, head) != .incomplete)
        #expect(head.isInterim == isInterim)
        #expect(head.switchesProtocols == switches)
    }

    @Test("an endless head is refused at its limit")
    func endless() { #expect(parse("HTTP/1.1 200 " + String(repeating: "a", count: 40_000)) == .invalid(.headTooLarge)) }
}
