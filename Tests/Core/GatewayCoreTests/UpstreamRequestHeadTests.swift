import Bytes
import Testing

@testable import GatewayCore

@Suite("Request heads for upstreams")
struct UpstreamRequestHeadTests {
    /// What the upstream gets of a request that is admitted.
    private func forwarded(
        _ text: String, from peer: String = "203.0.113.9", collected: Int? = nil, platform: Platform = Platform(),
        isSecure: Bool = false
    ) throws -> [String] {
        let request = try arrived(text, from: peer, isSecure: isSecure)
        #expect(try platform.pipeline().word(request) == "proceed")
        let service = try #require(request.operation?.service)
        return lines { UpstreamRequestHead.write(request, collectedBody: collected, service: service, to: $0) }
    }

    private static let open = "GET /api/v1/open"
    private static let everybody = "GET /api/v1/public"

    @Test(
        "reserved names of a client are stripped in all spellings",
        arguments: [
            "X-User-ID", "x-user-id", "X_User_ID", "X-User_Id", "X-Tenant-ID", "x_tenant_id", "X-User-Roles", "x-user_roles",
            "X-Request-ID_", "X-Request-ID", "x_request_id", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
            "X-Forwarded-Port", "Forwarded",
        ])
    func reserved(name: String) throws {
        for start in [Self.open, Self.everybody] {
            let sent = try forwarded(
                head(start, ["\(name): for=evil value", "\(name): evil"], token: start == Self.open ? "member" : nil))
            let isReserved = name != "X-Request-ID_"
            #expect(sent.contains { $0.contains("evil") } == !isReserved, "\(sent)")
        }
    }

    @Test("the caller is told to the upstream once, and a stranger is nobody")
    func identity() throws {
        let sent = try forwarded(head(Self.open, ["X-User-ID: root"], token: "support"))
        #expect(values("x-user-id", sent) == ["user-4"])
        #expect(values("x-tenant-id", sent) == ["tenant-1"])
        #expect(values("x-user-roles", sent) == ["support,member"])
        let nobody = try forwarded(head(Self.everybody, ["X-User-ID: root", "X-User-Roles: admin"], token: "admin"))
        #expect(values("x-user-id", nobody) + values("x-tenant-id", nobody) + values("x-user-roles", nobody) == [])
    }

    @Test("the verified credentials stay here unless the service is to have them", arguments: [false, true])
    func authorization(isForwarded: Bool) throws {
        let platform =
            isForwarded ? Platform.with("openapi: crm.yaml", "openapi: crm.yaml\n    forward_authorization: true") : Platform()
        let sent = try forwarded(head(Self.open, token: "member"), platform: platform)
        #expect(values("authorization", sent) == (isForwarded ? ["Bearer \(Fixtures.token("member"))"] : []))
    }

    @Test("fields of one hop end here, and what Connection names with them")
    func hopByHop() throws {
        let sent = try forwarded(
            head(
                Self.everybody,
                [
                    "Connection: keep-alive, X-Hop, Cookie", "X-Hop: 1", "Keep-Alive: timeout=5", "Proxy-Connection: close",
                    "TE: trailers", "Proxy-Authorization: Basic x", "Upgrade: h2c", "HTTP2-Settings: AA", "Trailer: X-Sum",
                    "Cookie: a=1", "X-End: 2",
                ]))
        for name in [
            "connection", "x-hop", "keep-alive", "proxy-connection", "te", "proxy-authorization", "upgrade", "http2-settings",
            "trailer",
        ] { #expect(values(name, sent) == [], "\(name)") }
        #expect(values("x-end", sent) == ["2"])
        #expect(values("cookie", sent) == ["a=1"], "Connection cannot name away what the upstream relies on")
    }

    @Test(
        "the target goes on normalised, with the host it names",
        arguments: [
            ("GET /api/v1/public?a=%20b&c", "api.example", "GET /api/v1/public?a=%20b&c HTTP/1.1", "api.example"),
            ("GET /api/x/../v1/%70ublic?", "api.example:8443", "GET /api/v1/public? HTTP/1.1", "api.example:8443"),
            ("GET http://shop.example:81/api/v1/public", "api.example", "GET /api/v1/public HTTP/1.1", "shop.example:81"),
            ("HEAD /api/v1/public", "api.example", "HEAD /api/v1/public HTTP/1.1", "api.example"),
        ])
    func target(start: String, host: String, line: String, authority: String) throws {
        let sent = try forwarded(head(start, host: host))
        #expect(sent[0] == line)
        #expect(values("host", sent) == [authority])
        #expect(values("x-forwarded-host", sent) == [authority])
    }

    @Test("an HTTP/1.0 request goes on as HTTP/1.1")
    func oldVersion() throws {
        let sent = try forwarded(head("GET /api/v1/public HTTP/1.0", ["Connection: keep-alive"], host: nil))
        #expect(sent[0] == "GET /api/v1/public HTTP/1.1")
        #expect(values("connection", sent) == [])
    }

    /// Framing fields sent on: for a body that streams, and for one that was collected.
    @Test(
        "the body is framed once",
        arguments: [
            (["Content-Length: 5"], nil, ["content-length: 5"]), (["Content-Length: 5"], 5, ["content-length: 5"]),
            (["Transfer-Encoding: chunked"], nil, ["transfer-encoding: chunked"]),
            (["Transfer-Encoding: chunked"], 5, ["content-length: 5"]),
            (["Transfer-Encoding: chunked"], 0, ["content-length: 0"]),
            ([], nil, []), ([], 0, []), (["Content-Length: 0"], 0, ["content-length: 0"]),
        ] as [([String], Int?, [String])])
    func framing(fields: [String], collected: Int?, sent: [String]) throws {
        let text = head("POST /api/v1/contacts", fields, token: "admin")
        let lines = try forwarded(text, collected: collected)
        let framing = lines.map { $0.lowercased() }.filter { $0.hasPrefix("content-length") || $0.hasPrefix("transfer-encoding") }
        #expect(framing == sent)
    }

    @Test("Expect goes on with a body that streams, not with one that is here", arguments: [nil, 5])
    func expect(collected: Int?) throws {
        let fields = ["Content-Length: 5", "Expect: 100-continue"]
        let sent = try forwarded(head("POST /api/v1/contacts", fields, token: "admin"), collected: collected)
        #expect(values("expect", sent) == (collected == nil ? ["100-continue"] : []))
    }

    @Test("trailers are announced only when they can follow", arguments: [nil, 5])
    func trailers(collected: Int?) throws {
        let fields = ["Transfer-Encoding: chunked", "Trailer: X-Sum"]
        let sent = try forwarded(head("POST /api/v1/contacts", fields, token: "admin"), collected: collected)
        #expect(values("trailer", sent) == (collected == nil ? ["X-Sum"] : []))
    }

    @Test("an upgrade goes on where the operation allows it", arguments: [("/api/v1/socket", true), ("/api/v1/public", false)])
    func upgrade(path: String, isAllowed: Bool) throws {
        let sent = try forwarded(head("GET \(path)", ["Connection: Upgrade, X-Hop", "Upgrade: websocket", "X-Hop: 1"]))
        #expect(values("connection", sent) == (isAllowed ? ["upgrade"] : []))
        #expect(values("upgrade", sent) == (isAllowed ? ["websocket"] : []))
        #expect(values("x-hop", sent) == [])
    }

    @Test("a trace goes on with a span of our own; a broken one starts anew without its state")
    func trace() throws {
        let id = "0af7651916cd43dd8448eb211c80319c"
        let state = ["tracestate: a=1", "tracestate: b=2"]
        let good = try forwarded(head(Self.everybody, ["traceparent: 00-\(id)-b7ad6b7169203331-01"] + state))
        let parent = try #require(values("traceparent", good).first)
        #expect(parent.hasPrefix("00-\(id)-") && parent.hasSuffix("-01") && !parent.contains("b7ad6b7169203331"))
        #expect(values("traceparent", good).count == 1 && values("tracestate", good) == ["a=1,b=2"])
        let line = "traceparent: 00-\(id)-b7ad6b7169203331-01"
        for broken in [
            [], ["traceparent: 00-\(id)-0000000000000000-01"], [line, line], ["traceparent: ff-\(id)-b7ad6b7169203331-01"],
        ] {
            let sent = try forwarded(head(Self.everybody, broken + state))
            let fresh = try #require(values("traceparent", sent).first)
            #expect(!fresh.contains(id) && fresh.count == 55)
            #expect(values("traceparent", sent).count == 1 && values("tracestate", sent) == [])
        }
    }

    @Test("a tracestate that breaks the grammar is dropped, and the trace goes on")
    func badState() throws {
        let id = "0af7651916cd43dd8448eb211c80319c"
        let sent = try forwarded(head(Self.everybody, ["traceparent: 00-\(id)-b7ad6b7169203331-00", "tracestate: A=,"]))
        #expect(values("tracestate", sent) == [] && values("traceparent", sent).first?.contains(id) == true)
    }

    @Test("a stranger's forwarding fields are replaced")
    func stranger() throws {
        let fields = ["X-Forwarded-For: 198.51.100.7", "Forwarded: for=198.51.100.7", "X-Forwarded-Proto: https"]
        let sent = try forwarded(head(Self.everybody, fields))
        #expect(values("x-forwarded-for", sent) == ["203.0.113.9"])
        #expect(values("x-forwarded-proto", sent) == ["http"])
        #expect(values("forwarded", sent) == [#"for=203.0.113.9;host="api.example";proto=http"#])
        #expect(values("via", sent) == ["1.1 septem"])
    }

    @Test("a trusted proxy's forwarding fields are continued")
    func trusted() throws {
        let fields = [
            "X-Forwarded-For: 198.51.100.7", "X-Forwarded-For: 10.0.0.2", "Forwarded: for=198.51.100.7",
            "X-Forwarded-Proto: https",
        ]
        let platform = Platform.adding("trusted_proxies: [10.0.0.0/8]")
        let sent = try forwarded(head(Self.everybody, fields), from: "10.0.0.1", platform: platform)
        #expect(values("x-forwarded-for", sent) == ["198.51.100.7, 10.0.0.2, 10.0.0.1"])
        #expect(values("x-forwarded-proto", sent) == ["https"])
        #expect(values("forwarded", sent) == [#"for=198.51.100.7, for=10.0.0.1;host="api.example";proto=https"#])
    }

    @Test("an IPv6 client is written with brackets where RFC 7239 asks for them")
    func sixth() throws {
        let sent = try forwarded(head(Self.everybody), from: "2001:db8::9", isSecure: true)
        #expect(values("x-forwarded-for", sent) == ["2001:db8::9"])
        #expect(values("forwarded", sent) == [#"for="[2001:db8::9]";host="api.example";proto=https"#])
    }

    @Test("the fields the gateway does not care about go on in order and as they were written")
    func untouched() throws {
        let sent = try forwarded(head(Self.everybody, ["X-A:1", "ACCEPT:  */*", "X-A: 2", "User-Agent: t"]))
        #expect(sent[2...5] == ["X-A:1", "ACCEPT:  */*", "X-A: 2", "User-Agent: t"])
    }
}
