import Bytes
import HTTP1
import HTTPSemantics
import ProblemDetails
import Testing

@testable import GatewayCore

@Suite("Response heads for clients")
struct ClientResponseHeadTests {
    private static let date: StaticString = "Thu, 01 Jan 1970 00:00:00 GMT"

    private func admitted(_ start: String = "GET /api/v1/public", _ fields: [String] = []) throws -> RequestContext {
        let request = try arrived(head(start, fields))
        #expect(try Platform().pipeline().word(request) == "proceed")
        return request
    }

    private func answered(
        _ fields: [String], status: String = "200 OK", request: RequestContext? = nil, isChunked: Bool = false,
        bodyCount: Int? = nil,
        closes: Bool = false
    ) throws -> [String] {
        let request = try request ?? admitted()
        let response = ResponseHead()
        let text = (["HTTP/1.1 \(status)"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
        return text.withByteView { bytes in
            guard case .complete = response.parse(bytes, answering: .get) else {
                Issue.record("no head: \(text)")
                return []
            }
            return lines {
                ClientResponseHead.write(
                    response, bytes: bytes, request: request, isChunked: isChunked, bodyCount: bodyCount, closes: closes,
                    date: ByteView(Self.date),
                    to: $0)
            }
        }
    }

    @Test("status and end-to-end fields go on as they came, hop-by-hop fields end here")
    func fields() throws {
        let sent = try answered(
            [
                "Content-Length: 2", "Connection: close, X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5", "Set-Cookie: a=1",
                "Set-Cookie: b=2", "ETag: \"x\"", "Proxy-Authenticate: Basic", "Upgrade: h2c",
            ], status: "404 Nothing Here")
        #expect(sent[0] == "HTTP/1.1 404 Not Found")
        #expect(sent[1...4] == ["Content-Length: 2", "Set-Cookie: a=1", "Set-Cookie: b=2", "ETag: \"x\""])
        for name in ["connection", "x-hop", "keep-alive", "proxy-authenticate", "upgrade"] { #expect(values(name, sent) == []) }
    }

    @Test("the date is added once", arguments: [([], [date.description]), (["Date: then"], ["then"])])
    func dates(fields: [String], sent: [String]) throws {
        #expect(values("date", try answered(fields + ["Content-Length: 0"])) == sent)
    }

    @Test(
        "the connection is spoken of where the client must be told",
        arguments: [
            ("GET /api/v1/public", false, []), ("GET /api/v1/public", true, ["close"]),
            ("GET /api/v1/public HTTP/1.0", false, ["keep-alive"]), ("GET /api/v1/public HTTP/1.0", true, ["close"]),
        ])
    func connection(start: String, closes: Bool, sent: [String]) throws {
        let request = try admitted(start, ["Connection: keep-alive"])
        #expect(values("connection", try answered(["Content-Length: 0"], request: request, closes: closes)) == sent)
    }

    @Test("a body of unknown length is sent in chunks once", arguments: [true, false])
    func chunks(isChunked: Bool) throws {
        let sent = try answered(["Transfer-Encoding: chunked", "Trailer: X-Sum"], isChunked: isChunked)
        #expect(values("transfer-encoding", sent) == (isChunked ? ["chunked"] : []))
        #expect(values("trailer", sent) == (isChunked ? ["X-Sum"] : []))
    }

    @Test("a body that is not the upstream's has its own length", arguments: [nil, 0, 5])
    func length(bodyCount: Int?) throws {
        let sent = try answered(["Content-Length: 2"], bodyCount: bodyCount)
        #expect(values("content-length", sent) == ["\(bodyCount ?? 2)"])
    }

    @Test("identifiers are the gateway's own, once, whatever the upstream says")
    func identifiers() throws {
        let request = try admitted("GET /api/v1/public", ["X-Request-ID: mine"])
        let sent = try answered(
            ["Content-Length: 0", "X-Request-ID: theirs", "traceparent: theirs", "tracestate: theirs"], request: request)
        #expect(values("x-request-id", sent) == ["mine"])
        #expect(values("traceparent", sent).count == 1 && values("traceparent", sent).first?.hasPrefix("00-") == true)
        #expect(values("tracestate", sent) == [])
    }

    @Test("the limit that applied is told on allowed answers too")
    func rateFields() throws {
        let sent = try answered(["Content-Length: 0"])
        #expect(values("ratelimit-policy", sent) == [#""address";q=300;w=60"#])
        #expect(values("ratelimit", sent) == [#""address";r=299;t=1"#])
        #expect(values("retry-after", sent) == [])
        let live = try answered(["Content-Length: 0"], request: admitted("GET /live"))
        #expect(values("ratelimit", live) + values("ratelimit-policy", live) == [])
    }

    @Test("an answer of the gateway's own is complete")
    func own() throws {
        let sent = try refusalOf("GET /nothing")
        #expect(sent[0] == "HTTP/1.1 404 Not Found")
        #expect(values("content-type", sent) == ["application/problem+json"])
        #expect(values("content-length", sent) == ["0"])
        #expect(values("date", sent) == [Self.date.description])
        #expect(values("cache-control", sent) == ["no-store"])
        #expect(values("x-request-id", sent).count == 1 && values("connection", sent) == [])
    }

    private func refusalOf(_ start: String) throws -> [String] {
        let request = try arrived(head(start))
        _ = try Platform().pipeline().run(request)
        return try refusal(request)
    }

    @Test("an answer to bytes that were no request closes the connection")
    func noRequest() {
        let problem = Problem(.serviceUnavailable, "no", retryAfterSeconds: 0)
        let sent = lines {
            ClientResponseHead.writeOwn(
                status: 503, contentType: ByteView("application/problem+json"), bodyCount: 12, request: nil, problem: problem,
                closes: false,
                date: ByteView(Self.date), to: $0)
        }
        #expect(sent[0] == "HTTP/1.1 503 Service Unavailable")
        #expect(values("connection", sent) == ["close"] && values("retry-after", sent) == ["1"])
        #expect(values("content-length", sent) == ["12"])
    }

    @Test("switching protocols names the protocol the upstream chose")
    func switching() throws {
        let request = try admitted("GET /api/v1/socket", ["Connection: upgrade", "Upgrade: websocket"])
        let text =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n"
        let response = ResponseHead()
        let sent = text.withByteView { bytes in
            _ = response.parse(bytes, answering: .get)
            return lines { ClientResponseHead.writeSwitching(response, bytes: bytes, request: request, to: $0) }
        }
        #expect(sent[0] == "HTTP/1.1 101 Switching Protocols")
        #expect(values("connection", sent) == ["upgrade"] && values("upgrade", sent) == ["websocket"])
        #expect(values("sec-websocket-accept", sent) == ["x"])
    }

    @Test("an interim answer carries its own fields alone")
    func interim() {
        let text = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: close\r\n\r\n"
        let response = ResponseHead()
        let sent = text.withByteView { bytes in
            _ = response.parse(bytes, answering: .get)
            return lines { ClientResponseHead.writeInterim(response, bytes: bytes, to: $0) }
        }
        #expect(sent == ["HTTP/1.1 103 Early Hints", "Link: </a>"])
    }
}
