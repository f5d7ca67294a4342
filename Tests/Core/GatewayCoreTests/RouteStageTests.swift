import Bytes
import Testing

@testable import GatewayCore

@Suite("Stages before the caller is known")
struct RouteStageTests {
    @Test(
        "requests without an operation are refused",
        arguments: [
            ("GET /", "404 not-found"), ("GET /api/v1/nothing", "404 not-found"), ("GET /api/v1/open/", "404 not-found"),
            ("GET /API/v1/open", "404 not-found"), ("DELETE /api/v1/contacts", "405 method-not-allowed"),
            ("PURGE /api/v1/contacts", "405 method-not-allowed"), ("POST /live", "405 method-not-allowed"),
            ("take /v1/shelves/a/items/b", "405 method-not-allowed"), ("OPTIONS *", "404 not-found"),
            ("GET /api/v1/../../../etc", "400 bad-request"), ("GET /api/%zz", "400 bad-request"),
        ])
    func refused(start: String, word: String) throws {
        #expect(try Platform().pipeline().word(head(start)) == word)
    }

    @Test(
        "paths mean the same however they are written",
        arguments: ["/api/v1/public", "/api/./v1/x/../public", "/api/v1/%70ublic", "/api/v1/public?", "/api/v1/public?a=/../b"])
    func spellings(path: String) throws {
        let request = try arrived(head("GET \(path)"))
        #expect(try Platform().pipeline().word(request) == "proceed")
        #expect(request.operation?.name == "crm.readPublic")
        #expect(String(request.path) == "/api/v1/public")
    }

    @Test("methods of rules that HTTP does not know reach their operation")
    func customMethod() throws {
        let request = try arrived(head("TAKE /v1/shelves/a/items/b", token: "member"))
        #expect(try Platform().pipeline().word(request) == "proceed")
        #expect(request.operation?.name == "shop.TakeItem")
    }

    @Test(
        "405 lists the methods the path has",
        arguments: [
            ("DELETE /api/v1/contacts", "GET, HEAD, POST"), ("POST /ready", "GET, HEAD"),
            ("PUT /v1/shelves/a/items/b", "GET, HEAD"),
        ])
    func allow(start: String, methods: String) throws {
        let request = try arrived(head(start))
        #expect(try Platform().pipeline().word(request) == "405 method-not-allowed")
        #expect(values("allow", try refusal(request)) == [methods])
        request.end()
        try arrive(request, head("GET /nothing"))
        #expect(try Platform().pipeline().word(request) == "404 not-found")
        #expect(values("allow", try refusal(request)) == [])
    }

    @Test(
        "the client's request id is kept when it is one and safe",
        arguments: [
            (["X-Request-ID: a-1"], "a-1"), (["x_request_id: a-2"], "a-2"), (["X-Request-ID: a b"], nil),
            (["X-Request-ID:"], nil),
            (["X-Request-ID: a", "X-Request-ID: b"], nil), ([], nil),
        ] as [([String], String?)])
    func requestID(fields: [String], kept: String?) throws {
        let request = try arrived(head("GET /nothing", fields))
        _ = try Platform().pipeline().run(request)
        let id = try #require(values("x-request-id", try refusal(request)).first)
        if let kept { #expect(id == kept) } else { #expect(id.count == 36 && !fields.contains { $0.hasSuffix(id) }) }
    }

    @Test("a problem tells the normalised path and the trace")
    func instance() throws {
        let trace = "0af7651916cd43dd8448eb211c80319c"
        let request = try arrived(head("GET /x/../nothing?secret=1", ["traceparent: 00-\(trace)-b7ad6b7169203331-01"]))
        _ = try Platform().pipeline().run(request)
        let out = ByteWriter()
        request.writeProblem(try #require(request.problem), to: out)
        let text = String(out.view)
        #expect(text.contains(#""instance":"/nothing""#) && text.contains(trace) && !text.contains("secret"))
        #expect(text.contains(#""type":"https://septemcore.com/problems/not-found""#))
    }
}
