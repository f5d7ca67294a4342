import Bytes
import HTTP1
import HTTPSemantics
import Testing

@Suite("Transcripts")
struct HTTP1TranscriptTests {
    private func cut(_ text: String, _ role: HTTP1Transcript.Role = .request, _ method: RequestMethod = .get) -> HTTP1Transcript {
        withExactBytes(Array(text.utf8)) { HTTP1Transcript.messages($0, role: role, method: method) }
    }

    @Test("cut pipelined requests, bodies and all")
    func pipelined() throws {
        let transcript = cut(
            "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
                + "\r\nPUT /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n0\r\nT: u\r\n\r\n" + "GET /c HTTP/1.1\r\nHo")
        #expect(transcript.fault == nil)
        #expect(transcript.messages.map(\.method) == ["POST", "PUT"])
        #expect(transcript.messages.map(\.target) == ["/a", "/b"])
        #expect(transcript.messages.map { String(decoding: $0.body, as: UTF8.self) } == ["hi", "abc"])
        #expect(String(decoding: transcript.messages[1].trailers, as: UTF8.self) == "T: u\r\n")
        #expect(transcript.messages[0].headers.map { String(decoding: $0.name, as: UTF8.self) } == ["Host", "Content-Length"])
        #expect(String(decoding: transcript.rest, as: UTF8.self) == "GET /c HTTP/1.1\r\nHo")
    }

    @Test("stop at a fault and after the last message of a connection")
    func stops() {
        let closing = cut("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n")
        #expect(closing.messages.count == 1)
        #expect(closing.fault == nil)
        #expect(closing.rest.count == 18)
        let refused = cut("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n\r\n")
        #expect(refused.messages.count == 1)
        #expect(refused.fault == .missingHost)
        #expect(refused.rest.count == 18)
        let chunk = cut("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")
        #expect(chunk.messages.isEmpty)
        #expect(chunk.fault == .invalidChunkSize)
    }

    @Test("cut responses, interim ones too")
    func responses() {
        let transcript = cut(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n\r\nall of it",
            .response)
        #expect(transcript.messages.map(\.status) == [100, 200, 200])
        #expect(transcript.messages.map { String(decoding: $0.body, as: UTF8.self) } == ["", "hi", "all of it"])
        #expect(transcript.messages.map(\.keepAlive) == [true, true, false])
        #expect(transcript.rest.isEmpty)
        #expect(cut("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", .response, .head).messages.count == 1)
    }

    @Test("of every prefix hold the first messages of the whole")
    func prefixes() {
        let bytes = Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        let whole = withExactBytes(bytes) { HTTP1Transcript.messages($0, role: .request) }
        #expect(whole.messages.count == 2)
        for length in 0...bytes.count {
            let part = withExactBytes(Array(bytes[..<length])) { HTTP1Transcript.messages($0, role: .request) }
            #expect(part.fault == nil)
            #expect(part.messages == Array(whole.messages.prefix(part.messages.count)))
            #expect(part.messages.count == (length == bytes.count ? 2 : length >= 50 ? 1 : 0))
        }
    }
}
