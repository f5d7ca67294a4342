import Bytes
import Documents
import HTTP1
import HTTPSemantics
import JSON
import ProblemDetails
import Testing
import TraceContext

@testable import GatewayCore

@Suite("Lists of requests")
struct BatchRequestTests {
    private let list = BatchRequest()
    private let tape = JSONTape(seed: 1)
    private let rule = BatchRule(PlatformConfiguration.Batch())

    private func parse(_ json: String, _ rule: BatchRule? = nil) -> BatchFault? {
        Array(json.utf8).withByteView { bytes in
            #expect(tape.parse(bytes) == nil)
            return list.parse(tape, rule: rule ?? self.rule)
        }
    }

    private func item(_ members: String) -> String { #"{"requests":[{"method":"GET","path":"/a",\#(members)}]}"# }

    @Test("what a request says is kept, also when the tape and the bytes are gone")
    func kept() throws {
        let json = #"""
            {"requests": [
              {"id": "a\u0062", "method": "POST", "path": "/x?y=%20z", "headers": {"X-A": "1", "Content-Type": "application/x+json"},
               "body": {"k": [1, "\u0041"]}},
              {"method": "DELETE", "path": "/\u0079"},
              {"method": "PUT", "path": "/s", "body": "te\"xt"}
            ]}
            """#
        #expect(parse(json) == nil)
        #expect("[]".withByteView { tape.parse($0) } == nil)
        #expect(list.count == 3)
        #expect((0..<3).map { String(list.id($0)) } == ["ab", "1", "2"])
        #expect((0..<3).map { list.method($0) } == [.post, .delete, .put])
        #expect((0..<3).map { String(list.target($0)) } == ["/x?y=%20z", "/y", "/s"])
        #expect((0..<3).map { String(list.body($0)) } == [#"{"k": [1, "\u0041"]}"#, "", #""te\"xt""#])
    }

    @Test(
        "a list that is malformed names the place",
        arguments: [
            ("[]", BatchFault.Code.wrongType, ""), ("{}", .missing, "/requests"), (#"{"requests":{}}"#, .wrongType, "/requests"),
            (#"{"requests":[]}"#, .empty, "/requests"), (#"{"requests":[{}],"a/b~c":1}"#, .unknownMember, "/a~1b~0c"),
            (#"{"requests":[1]}"#, .wrongType, "/requests/0"), (#"{"requests":[{"path":"/a"}]}"#, .missing, "/requests/0/method"),
            (#"{"requests":[{"method":"GET"}]}"#, .missing, "/requests/0/path"),
            (#"{"requests":[{"method":"GET","path":"/a"},{"method":"GET","path":"/b","x":1}]}"#, .unknownMember, "/requests/1/x"),
            (
                #"{"requests":[{"method":"GET","path":"/a","id":"1"},{"method":"GET","path":"/b"}]}"#, .duplicateIdentifier,
                "/requests/1/id"
            ),
            (
                #"{"requests":[{"method":"GET","path":"/a","id":"x"},{"method":"GET","path":"/b","id":"x"}]}"#,
                .duplicateIdentifier, "/requests/1/id"
            ),
        ])
    func malformed(json: String, code: BatchFault.Code, pointer: String) {
        #expect(parse(json) == BatchFault(code: code, pointer: pointer))
        #expect(list.count == 0)
    }

    @Test(
        "a member that is no such thing is refused",
        arguments: [
            (#""id":1"#, BatchFault.Code.wrongType, "/id"), (#""id":"""#, .identifier, "/id"),
            (#""id":"a b""#, .identifier, "/id"),
            (#""id":"é""#, .identifier, "/id"), (#""headers":[]"#, .wrongType, "/headers"),
            (#""headers":{"a":1}"#, .wrongType, "/headers/a"), (#""headers":{"":"x"}"#, .headerName, "/headers/"),
            (#""headers":{"a b":"x"}"#, .headerName, "/headers/a b"), (#""headers":{"a:":"x"}"#, .headerName, "/headers/a:"),
            (#""headers":{"a":"x\r\ny: z"}"#, .headerValue, "/headers/a"),
            (#""headers":{"a":"\u0000"}"#, .headerValue, "/headers/a"),
            (#""headers":{"a":"é"}"#, .headerValue, "/headers/a"),
            (#""headers":{"content-type":"text/csv"},"body":1"#, .contentType, "/headers"),
        ])
    func badMember(members: String, code: BatchFault.Code, pointer: String) {
        #expect(parse(item(members)) == BatchFault(code: code, pointer: "/requests/0" + pointer))
    }

    @Test(
        "fields of the connection, the caller and the gateway are refused in any spelling",
        arguments: [
            "Authorization", "connection", "Transfer-Encoding", "content-length", "HOST", "te", "trailer", "upgrade", "cookie",
            "x-user-id", "X_User_ID", "x-tenant-id", "x-user-roles", "x-forwarded-for", "forwarded", "traceparent",
            "x-request-id",
            "expect", "accept-encoding", "proxy-authorization", "keep-alive", "origin", "user-agent", "via", "content-encoding",
        ])
    func reserved(name: String) {
        #expect(
            parse(item(#""headers":{"\#(name)":"x"}"#))
                == BatchFault(code: .headerRefused, pointer: "/requests/0/headers/\(name)"))
    }

    @Test("other fields are taken", arguments: ["accept", "if-match", "idempotency-key", "x-anything", "prefer", "range"])
    func allowed(name: String) { #expect(parse(item(#""headers":{"\#(name)":"a\tb"}"#)) == nil) }

    @Test("known methods alone are taken", arguments: ["OPTIONS", "TRACE", "CONNECT", "get", "PURGE", ""])
    func methods(method: String) {
        #expect(
            parse(#"{"requests":[{"method":"\#(method)","path":"/a"}]}"#)
                == BatchFault(code: .method, pointer: "/requests/0/method"))
    }

    @Test(
        "a path is absolute and nothing but a path and a query",
        arguments: [
            "", "a", "http://x/a", "*", "/a b", "/a#b", "/a\\r\\nx: y", "/%zz", "/..", "/é", "/a\\\\b", "?a=b",
        ])
    func paths(path: String) {
        #expect(
            parse(#"{"requests":[{"method":"GET","path":"\#(path)"}]}"#)
                == BatchFault(code: .path, pointer: "/requests/0/path"))
    }

    @Test(
        "a list holds no other one, however its path is written",
        arguments: [
            "/api/v1/batch", "/api/v1/batch?x=1", "/api/v1/./batch", "/api/v1/%62atch", "/api/x/../v1/batch", "/%61pi/v1/batch",
        ])
    func nested(path: String) {
        #expect(
            parse(#"{"requests":[{"method":"POST","path":"\#(path)"}]}"#)
                == BatchFault(code: .nested, pointer: "/requests/0/path"))
        #expect(parse(#"{"requests":[{"method":"POST","path":"/api/v1/batch/"}]}"#) == nil)
    }

    @Test("takes as many as the rule says and not one more", arguments: [(1, 100), (100, 100), (101, 100), (3, 2), (2, 2)])
    func count(count: Int, most: Int) {
        var batch = PlatformConfiguration.Batch()
        batch.maximumItems = most
        let items = Array(repeating: #"{"method":"GET","path":"/a"}"#, count: count).joined(separator: ",")
        let fault = parse(#"{"requests":[\#(items)]}"#, BatchRule(batch))
        #expect(fault == (count <= most ? nil : BatchFault(code: .tooManyItems, pointer: "/requests")))
    }

    @Test("lengths are bounded on both sides of each bound")
    func lengths() {
        func text(_ count: Int) -> String { String(repeating: "a", count: count) }
        #expect(parse(item(#""id":"\#(text(64))""#)) == nil)
        #expect(parse(item(#""id":"\#(text(65))""#))?.code == .identifier)
        #expect(parse(item(#""headers":{"\#(text(64))":""}"#)) == nil)
        #expect(parse(item(#""headers":{"\#(text(65))":""}"#))?.code == .headerName)
        #expect(parse(item(#""headers":{"a":"\#(text(4096))"}"#)) == nil)
        #expect(parse(item(#""headers":{"a":"\#(text(4097))"}"#))?.code == .headerValue)
        let headers = (0..<17).map { #""h\#($0)":"""# }
        #expect(parse(item(#""headers":{\#(headers[..<16].joined(separator: ","))}"#)) == nil)
        #expect(parse(item(#""headers":{\#(headers.joined(separator: ","))}"#))?.code == .tooManyHeaders)
        #expect(parse(#"{"requests":[{"method":"GET","path":"/\#(text(8191))"}]}"#) == nil)
        #expect(parse(#"{"requests":[{"method":"GET","path":"/\#(text(8192))"}]}"#)?.code == .path)
    }

    @Test("writes heads that carry the caller, and parse")
    func heads() throws {
        let json = #"""
            {"requests": [
              {"method": "PATCH", "path": "/x?y=1", "headers": {"X-A": "1"}, "body": {"a": 1}},
              {"method": "GET", "path": "/y", "headers": {"accept": "text/csv"}},
              {"method": "PUT", "path": "/z", "headers": {"content-type": "application/merge-patch+json"}, "body": null}
            ]}
            """#
        #expect(parse(json) == nil)
        let pipeline = try Platform().pipeline()
        let outer = try arrived(
            head(
                "POST /api/v1/batch", ["X-Forwarded-For: 1.2.3.4", "User-Agent: test", "Cookie: a=b", "Accept: x/y"],
                token: "member"))
        _ = pipeline.run(outer)
        let heads = (0..<3).map { index in lines { list.writeHead(of: index, in: outer, to: $0) } }
        #expect(heads.map { $0[0] } == ["PATCH /x?y=1 HTTP/1.1", "GET /y HTTP/1.1", "PUT /z HTTP/1.1"])
        for lines in heads {
            #expect(values("host", lines) == ["api.example"])
            #expect(values("authorization", lines) == ["Bearer \(Fixtures.token("member"))"])
            #expect(values("x-forwarded-for", lines) == ["1.2.3.4"] && values("user-agent", lines) == ["test"])
            #expect(values("cookie", lines) == [] && values("accept", lines) != ["x/y"])
            #expect(values("traceparent", lines).count == 1 && values("x-request-id", lines).count == 1)
        }
        #expect(values("x-a", heads[0]) == ["1"] && values("content-type", heads[0]) == ["application/json"])
        #expect(values("content-length", heads[0]) == ["8"] && values("content-length", heads[1]) == [])
        #expect(
            values("content-type", heads[2]) == ["application/merge-patch+json"] && values("content-length", heads[2]) == ["4"])
        let inner = RequestContext(limits: .default)
        let out = ByteWriter()
        list.writeHead(of: 1, in: outer, to: out)
        try arrive(inner, String(out.view))
        #expect(pipeline.word(inner) == "404 not-found")
        #expect(inner.trace.traceHigh == outer.trace.traceHigh && inner.trace.traceLow == outer.trace.traceLow)
    }

    @Test("a refused list is a problem with a pointer")
    func problem() throws {
        let request = try arrived(head("POST /api/v1/batch"))
        request.reject(BatchFault(code: .headerRefused, pointer: "/requests/3/headers/host"))
        let problem = try #require(request.problem)
        #expect(problem.status == 400 && problem.slug == .validationFailed)
        #expect(problem.errors.map(\.pointer) == ["/requests/3/headers/host"])
        #expect(problem.errors.map(\.code) == ["header-not-allowed"] && problem.errors.map(\.field) == ["host"])
        #expect(BatchFault.Code.allCases.allSatisfy { !BatchFault(code: $0, pointer: "").message.isEmpty })
    }

    @Test("the endpoint is an operation of the gateway where the configuration has it")
    func operation() throws {
        let snapshot = try Platform().snapshot()
        let operation = try #require(snapshot.operations.first { $0.kind == .batch })
        #expect(operation.method == "POST" && operation.template == "/api/v1/batch" && operation.name == "gateway.batch")
        #expect(!operation.isPublic && operation.checks == nil)
        #expect(operation.maximumBodyBytes == 4 << 20)
        #expect(snapshot.batch?.maximumItems == 100 && snapshot.batch?.concurrency == 8)
        let other = try Platform.adding("batch: { path: /many, max_items: 3, concurrency: 2 }").snapshot()
        #expect(other.operations.first { $0.kind == .batch }?.template == "/many")
        #expect(
            other.batch == BatchRule(PlatformConfiguration.Batch(isEnabled: true, path: "/many", maximumItems: 3, concurrency: 2))
        )
        let none = try Platform.adding("batch: { enabled: false }").snapshot()
        #expect(none.batch == nil && !none.operations.contains { $0.kind == .batch })
    }

    @Test("a path that no request can have is a finding")
    func badPath() throws {
        let outcome = try Platform.adding("batch: { path: /a/../b }").compile()
        #expect(outcome.snapshot == nil)
        #expect(outcome.findings.map(\.code) == ["template-dot-segment"] && outcome.findings.first?.pointer == "/batch/path")
    }

    @Test("a path another operation has is a conflict")
    func conflict() throws {
        let outcome = try Platform.adding("batch: { path: /api/v1/contacts }").compile()
        #expect(outcome.snapshot?.quarantined.map(\.service) == ["crm"])
        #expect(outcome.findings.map(\.code) == ["route-conflict"] && outcome.findings.first?.file == "etc/crm.yaml")
    }
}
