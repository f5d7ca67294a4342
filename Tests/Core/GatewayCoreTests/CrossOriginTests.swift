import Bytes
import HTTP1
import HTTPSemantics
import ProblemDetails
import Testing

@testable import GatewayCore

@Suite("Pages of other origins")
struct CrossOriginTests {
    private static let configuration = """
        cors:
          default: { origins: ["https://any.example"] }
          tenants:
            tenant-1: { origins: ["https://one.example", "https://*.one.example"], credentials: true, headers: [X-Own, Authorization] }
            tenant-2: { origins: ["https://two.example"], methods: [GET] }
          hosts: { api.two.example: tenant-2 }
        """

    private static let date: StaticString = "Thu, 01 Jan 1970 00:00:00 GMT"
    private static let preflightVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

    private func pipeline(_ configuration: String = Self.configuration) throws -> Pipeline {
        var platform = Platform.adding(configuration)
        // One route says whose it is.
        let document = platform.files["etc/crm.yaml"] ?? ""
        platform.files["etc/crm.yaml"] = document.replacing("/open:\n", with: "/open:\n    x-cors-tenant: tenant-1\n")
        return try platform.pipeline()
    }

    /// The head of the gateway's own answer, or of a service's where the request is admitted.
    private func answer(_ request: RequestContext, _ service: [String] = []) throws -> [String] {
        if request.problem != nil { return try refusal(request) }
        if request.allowsPreflight {
            return lines { ClientResponseHead.writePreflight(request: request, closes: false, date: ByteView(Self.date), to: $0) }
        }
        let response = ResponseHead()
        return (["HTTP/1.1 200 OK", "Content-Length: 0"] + service + ["", ""]).joined(separator: "\r\n").withByteView { bytes in
            _ = response.parse(bytes, answering: .get)
            return lines {
                ClientResponseHead.write(
                    response, bytes: bytes, request: request, isChunked: false, closes: false, date: ByteView(Self.date), to: $0)
            }
        }
    }

    private func foreign(_ lines: [String]) -> [String] { lines.filter { $0.lowercased().hasPrefix("access-control-") } }

    private func preflight(
        _ path: String, _ origin: String, method: String = "GET", _ fields: [String] = [], host: String = "api.example"
    ) -> String {
        head("OPTIONS \(path)", ["Origin: \(origin)", "Access-Control-Request-Method: \(method)"] + fields, host: host)
    }

    // MARK: Requests

    @Test(
        "read answers by the rules of the token's tenant, before it is known by those of the host, the route or all",
        arguments: [
            // The token's tenant, whatever host and route say.
            ("GET /api/v1/contacts", "member", "api.example", "https://one.example", true),
            ("GET /api/v1/contacts", "member", "api.example", "https://x.one.example", true),
            ("GET /api/v1/contacts", "member", "api.two.example", "https://one.example", true),
            ("GET /api/v1/contacts", "member", "api.two.example", "https://two.example", false),
            ("GET /api/v1/contacts", "member", "api.example", "https://any.example", false),
            // 401: the host's tenant, else the route's, else the default.
            ("GET /api/v1/contacts", nil, "api.two.example", "https://two.example", true),
            ("GET /api/v1/contacts", nil, "API.two.EXAMPLE:8443", "https://two.example", true),
            ("GET /api/v1/contacts", nil, "api.two.example", "https://any.example", false),
            ("GET /api/v1/contacts", nil, "x.api.two.example", "https://two.example", false),
            ("GET /api/v1/contacts", nil, "api.example", "https://any.example", true),
            ("GET /api/v1/open", nil, "api.example", "https://one.example", true),
            ("GET /api/v1/open", nil, "api.example", "https://any.example", false),
            ("GET /api/v1/open", nil, "api.two.example", "https://two.example", true),
            ("GET /api/v1/open", nil, "api.two.example", "https://one.example", false),
            ("GET /api/v1/contacts", "forged", "api.example", "https://any.example", true),
            // 200 of a public operation, 403, 404, 405, 400 of the target and of parameters.
            ("GET /api/v1/public", nil, "api.two.example", "https://two.example", true),
            ("GET /api/v1/contacts", "no roles", "api.example", "https://one.example", true),
            ("GET /nothing", nil, "api.two.example", "https://two.example", true),
            ("GET /nothing", nil, "api.example", "https://any.example", true),
            ("DELETE /api/v1/contacts", nil, "api.two.example", "https://two.example", true),
            ("GET /api/%zz", nil, "api.two.example", "https://two.example", true),
            ("GET /live", nil, "api.example", "https://any.example", true),
        ] as [(String, String?, String, String, Bool)])
    func rules(start: String, token: String?, host: String, origin: String, isAllowed: Bool) throws {
        let request = try arrived(head(start, ["Origin: \(origin)"], token: token, host: host))
        _ = try pipeline().run(request)
        let sent = try answer(request)
        #expect(values("access-control-allow-origin", sent) == (isAllowed ? [origin] : []), "\(sent)")
        #expect(isAllowed || foreign(sent) == [])
        #expect(values("vary", sent) == ["Origin"])
    }

    @Test("are told nothing of other origins, and caches are told to keep answers apart, when the request names none")
    func noOrigin() throws {
        let pipeline = try pipeline()
        for start in ["GET /api/v1/public", "GET /nothing", "GET /api/v1/contacts", "OPTIONS /api/v1/public"] {
            let request = try arrived(head(start))
            _ = pipeline.run(request)
            let sent = try answer(request)
            #expect(foreign(sent) == [] && values("vary", sent) == ["Origin"], "\(start)")
        }
    }

    @Test("are none when two lines name origins, be they the same")
    func severalOrigins() throws {
        let pipeline = try pipeline()
        for second in ["https://any.example", "https://evil.example"] {
            let request = try arrived(head("GET /api/v1/public", ["Origin: https://any.example", "Origin: \(second)"]))
            #expect(pipeline.word(request) == "proceed")
            #expect(foreign(try answer(request)) == [])
            let preflight = try arrived(preflight("/api/v1/public", "https://any.example", ["Origin: \(second)"]))
            #expect(pipeline.word(preflight) == "proceed" && !preflight.allowsPreflight)
        }
    }

    @Test("are the services' matter without the key, also when they ask with a preflight")
    func notConfigured() throws {
        let pipeline = try Platform().pipeline()
        let request = try arrived(head("GET /api/v1/public", ["Origin: https://any.example"]))
        #expect(pipeline.word(request) == "proceed")
        let service = ["Access-Control-Allow-Origin: *", "Vary: Accept"]
        let sent = try answer(request, service)
        #expect(foreign(sent) == ["Access-Control-Allow-Origin: *"] && values("vary", sent) == ["Accept"])
        #expect(try pipeline.word(preflight("/api/v1/public", "https://any.example")) == "405 method-not-allowed")
    }

    @Test("read nothing where no rules are theirs")
    func empty() throws {
        let pipeline = try pipeline("cors: {}")
        let request = try arrived(head("GET /api/v1/public", ["Origin: https://any.example"]))
        #expect(pipeline.word(request) == "proceed")
        #expect(foreign(try answer(request, ["Access-Control-Allow-Origin: *"])) == [])
        let asked = try arrived(preflight("/api/v1/public", "https://any.example"))
        #expect(pipeline.word(asked) == "proceed" && !asked.allowsPreflight)
    }

    // MARK: Services

    @Test(
        "hear one voice: what a service says of origins ends here, its Vary is merged",
        arguments: [
            ([], "Origin"), (["Vary: Accept"], "Accept, Origin"),
            (["vary: Accept, Accept-Language"], "Accept, Accept-Language, Origin"),
            (["Vary: Accept", "Vary: Cookie"], "Accept, Cookie, Origin"), (["Vary: origin"], "origin"),
            (["Vary: Accept,ORIGIN"], "Accept, ORIGIN"), (["Vary: *"], "*"), (["Vary:"], "Origin"), (["Vary: ,"], "Origin"),
        ] as [([String], String)])
    func services(vary: [String], sent: String) throws {
        let pipeline = try pipeline()
        let service = [
            "Access-Control-Allow-Origin: *", "access-control-allow-credentials: true", "ACCESS-CONTROL-EXPOSE-HEADERS: *",
            "Access-Control-Allow-Private-Network: true", "X-Access-Control: kept", "Access-Control: kept",
        ]
        for origin in ["https://any.example", "https://evil.example"] {
            let request = try arrived(head("GET /api/v1/public", ["Origin: \(origin)"]))
            #expect(pipeline.word(request) == "proceed")
            let lines = try answer(request, service + vary)
            let isAllowed = origin == "https://any.example"
            #expect(
                foreign(lines)
                    == (isAllowed
                        ? [
                            "access-control-allow-origin: https://any.example",
                            "access-control-expose-headers: Retry-After, RateLimit, RateLimit-Policy, traceparent, X-Request-ID",
                        ] : []))
            #expect(values("vary", lines) == [sent])
            #expect(values("x-access-control", lines) == ["kept"] && values("access-control", lines) == ["kept"])
        }
    }

    // MARK: Preflights

    @Test(
        "are allowed by a preflight what rules and routes have, without a token",
        arguments: [
            ("/api/v1/contacts", "https://any.example", "POST", "api.example", true),
            ("/api/v1/contacts", "https://any.example", "HEAD", "api.example", true),
            ("/api/v1/data/crm/contact", "https://any.example", "GET", "api.example", true),
            ("/api/v1/open", "https://one.example", "GET", "api.example", true),
            ("/api/v1/contacts", "https://two.example", "GET", "api.two.example", true),
            ("/live", "https://any.example", "GET", "api.example", true),
            // Not the origin, the tenant, the method of the rules, the method of the route, the path.
            ("/api/v1/contacts", "https://evil.example", "GET", "api.example", false),
            ("/api/v1/contacts", "https://one.example", "GET", "api.example", false),
            ("/api/v1/open", "https://any.example", "GET", "api.example", false),
            ("/api/v1/contacts", "https://two.example", "POST", "api.two.example", false),
            ("/api/v1/contacts", "https://any.example", "DELETE", "api.example", false),
            ("/api/v1/contacts", "https://any.example", "get", "api.example", false),
            ("/api/v1/contacts", "https://any.example", "PURGE", "api.example", false),
            ("/api/v1/contacts", "https://any.example", "", "api.example", false),
            ("/nothing", "https://any.example", "GET", "api.example", false),
        ])
    func preflights(path: String, origin: String, method: String, host: String, isAllowed: Bool) throws {
        let request = try arrived(preflight(path, origin, method: method, host: host))
        #expect(try pipeline().word(request) == "proceed")
        #expect(request.allowsPreflight == isAllowed)
        #expect(request.operation?.kind == .preflight && request.tokenFault == nil)
        guard isAllowed else {
            request.reject(.forbidden, "")
            let sent = try refusal(request)
            return #expect(foreign(sent) == [] && values("vary", sent) == [Self.preflightVary])
        }
        let sent = try answer(request)
        #expect(sent.first == "HTTP/1.1 204 No Content")
        #expect(values("access-control-allow-origin", sent) == [origin] && values("vary", sent) == [Self.preflightVary])
        #expect(values("access-control-max-age", sent) == ["600"] && values("access-control-expose-headers", sent) == [])
        #expect(values("content-length", sent) == [] && values("content-type", sent) == [])
    }

    @Test(
        "may set the header fields that rules name",
        arguments: [
            ([], true), (["x-own"], true), (["X-Own, authorization"], true), (["x-own", "authorization"], true),
            (["x-other"], false),
            (["x-own", "x-other"], false), (["a b"], false),
        ] as [([String], Bool)])
    func headers(lists: [String], isAllowed: Bool) throws {
        let fields = lists.map { "Access-Control-Request-Headers: \($0)" }
        let request = try arrived(preflight("/api/v1/open", "https://one.example", fields))
        #expect(try pipeline().word(request) == "proceed" && request.allowsPreflight == isAllowed)
    }

    @Test("ask for one method: a preflight that asks for two is refused")
    func twoMethods() throws {
        let request = try arrived(preflight("/api/v1/public", "https://any.example", ["Access-Control-Request-Method: GET"]))
        #expect(try pipeline().word(request) == "proceed" && !request.allowsPreflight)
    }

    @Test("may not know that a path has an OPTIONS operation of its own, which answers all other OPTIONS requests")
    func declaredOptions() throws {
        var platform = Platform.adding(Self.configuration)
        platform.files["etc/crm.yaml"] = (platform.files["etc/crm.yaml"] ?? "").replacing(
            "  /public:\n", with: "  /public:\n    options: { operationId: ask, security: [], responses: {} }\n")
        let pipeline = try platform.pipeline()
        let plain = try arrived(head("OPTIONS /api/v1/public", ["Origin: https://any.example"]))
        #expect(pipeline.word(plain) == "proceed" && plain.operation?.name == "crm.ask")
        let request = try arrived(preflight("/api/v1/public", "https://any.example"))
        #expect(pipeline.word(request) == "proceed" && request.operation?.kind == .preflight && request.allowsPreflight)
        let unnamed = try arrived(head("OPTIONS /api/v1/public", ["Access-Control-Request-Method: GET"]))
        #expect(pipeline.word(unnamed) == "proceed" && unnamed.operation?.name == "crm.ask")
    }

    @Test("are limited by address in their preflights, allowed or not, as public operations are")
    func limited() throws {
        let pipeline = try pipeline()
        for index in 0..<300 {
            let origin = index.isMultiple(of: 2) ? "https://any.example" : "https://evil.example"
            #expect(try pipeline.word(preflight("/api/v1/contacts", origin)) == "proceed")
        }
        let refused = try arrived(preflight("/api/v1/contacts", "https://any.example"))
        #expect(pipeline.word(refused) == "429 rate-limit-exceeded")
        #expect(foreign(try refusal(refused)) == [])
        let visitor = try arrived(head("GET /api/v1/public", ["Origin: https://any.example"]))
        #expect(pipeline.word(visitor) == "429 rate-limit-exceeded")
        #expect(values("access-control-allow-origin", try refusal(visitor)) == ["https://any.example"])
    }

    @Test("call gRPC methods by gRPC-Web after a preflight, and read the status")
    func grpcWeb() throws {
        var platform = Platform.adding(Self.configuration)
        platform.files[Platform.configurationFile] = platform.files[Platform.configurationFile]?.replacing(
            "descriptors: shop.pb", with: "descriptors: shop.pb\n    grpc_clients: true")
        let pipeline = try platform.pipeline()
        let methods = try #require(pipeline.snapshot.grpcMethods)
        let index = try #require(methods.operations.first)
        let path = try #require(pipeline.snapshot.operations[index].callPath)
        let asked = try arrived(preflight(path, "https://any.example", method: "POST"))
        #expect(pipeline.word(asked) == "proceed" && asked.allowsPreflight)
        let fields = ["Origin: https://any.example", "Content-Type: application/grpc-web", "Content-Length: 5"]
        let request = try arrived(head("POST \(path)", fields))
        #expect(pipeline.word(request).hasPrefix("401"))
        let exposed = try #require(values("access-control-expose-headers", try refusal(request)).first)
        #expect(exposed.hasSuffix(", grpc-status, grpc-message, grpc-status-details-bin"))
        #expect(request.isForeign(ByteView("access-control-allow-origin")) && !request.isForeign(ByteView("access-control-")))
    }

    // MARK: Upgrades

    @Test(
        "open a WebSocket only where rules allow them, or where they come from",
        arguments: [
            (["Origin: https://any.example"], "api.example", "proceed"), ([], "api.example", "proceed"),
            (["Origin: https://evil.example"], "api.example", "403 forbidden"),
            (["Origin: null"], "api.example", "403 forbidden"), (["Origin:"], "api.example", "403 forbidden"),
            (["Origin: https://any.example", "Origin: https://any.example"], "api.example", "403 forbidden"),
            (["Origin: https://api.example"], "API.example", "proceed"),
            (["Origin: http://api.example:81"], "api.example:81", "proceed"),
            (["Origin: https://api.example"], "api.example:81", "403 forbidden"),
            (["Origin: https://api.example.evil.example"], "api.example", "403 forbidden"),
            (["Origin: https://two.example"], "api.two.example", "proceed"),
            (["Origin: https://any.example"], "api.two.example", "403 forbidden"),
        ] as [([String], String, String)])
    func upgrades(origins: [String], host: String, word: String) throws {
        let fields = origins + ["Connection: Upgrade", "Upgrade: websocket"]
        #expect(try pipeline().word(head("GET /api/v1/socket", fields, host: host)) == word)
        // Without rules the service is left to look.
        #expect(try pipeline("cors: {}").word(head("GET /api/v1/socket", fields, host: host)) == "proceed")
        // What is no upgrade is no connection.
        #expect(try pipeline().word(head("GET /api/v1/socket", origins, host: host)) == "proceed")
    }

    @Test("leave nothing behind for the next request of the connection")
    func reuse() throws {
        let pipeline = try pipeline()
        let request = try arrived(preflight("/api/v1/public", "https://any.example"))
        #expect(pipeline.word(request) == "proceed" && request.allowsPreflight)
        request.end()
        try arrive(request, head("GET /api/v1/public", ["Origin: https://evil.example"]))
        #expect(pipeline.word(request) == "proceed" && !request.allowsPreflight)
        #expect(foreign(try answer(request)) == [])
        request.end()
        let other = try Platform().pipeline()
        try arrive(request, head("GET /api/v1/public", ["Origin: https://any.example"]))
        #expect(other.word(request) == "proceed")
        #expect(values("vary", try answer(request)) == [])
    }
}
