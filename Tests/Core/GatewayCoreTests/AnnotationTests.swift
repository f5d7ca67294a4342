import Bytes
import Documents
import HTTPSemantics
import JSON
import Protobuf
import Routing
import Testing
import Transcoding

@testable import GatewayCore

/// The calls of a gRPC service with a document, by annotation and by `x-grpc`; descriptors of `calls.proto`.
@Suite("Calls of documents")
struct AnnotationTests {
    private static func platform(_ paths: String) -> Platform {
        var platform = Platform.with("descriptors: shop.pb", "descriptors: shop.pb\n    openapi: shop.yaml")
        platform.descriptors = Fixtures.callDescriptors
        platform.files["etc/shop.yaml"] = "openapi: 3.1.0\ninfo: { title: Books, version: \"1\" }\npaths:\n" + paths
        return platform
    }

    /// What the compiler found beside parameters and permissions, which the documents here do not care to declare.
    private static func findings(_ outcome: SnapshotCompiler.Outcome) -> [Finding] {
        outcome.findings.filter { $0.code != "undeclared-parameter" && $0.code != "operation-without-permission" }
    }

    private static let byShape = """
          /v1/shelves/{shelf}/books/{id}:
            patch: { operationId: update, x-permission: "{shelf}.book.write", x-timeout: 2s, responses: {} }
        """
    private static let asWritten = """
          /v1/{book.name}:
            patch: { operationId: update, x-permission: shelf.book.write, responses: {} }
        """

    /// The operation a request leads to, and its request message as JSON.
    private func call(
        _ method: String, _ path: String, _ body: String?, in snapshot: Snapshot, query: String = ""
    ) throws -> (operation: GatewayCore.Operation, message: String) {
        let captures = Captures()
        let bytes = Array(path.utf8)
        let outcome = bytes.withByteView { path in
            method.withByteView { snapshot.routes.match(path: path, method: RequestMethod(token: $0), captures: captures) }
        }
        guard case .found(let index) = outcome, let operation = snapshot.operation(index) else {
            Issue.record("\(method) \(path): \(outcome)")
            throw NoRoute()
        }
        let program = try #require(operation.call)
        let pool = CodecPool(try #require(Fixtures.calls))
        let codec = try #require(pool.codec(named: "calls.UpdateBookRequest"))
        let tape = JSONTape(seed: 1)
        let wire = ByteWriter()
        let out = ByteWriter()
        let scratch = TranscodingScratch(seed: 1)
        let fault = Array((body ?? "").utf8).withByteView { body in
            if !body.isEmpty { #expect(tape.parse(body) == nil) }
            return bytes.withByteView { path in
                query.withByteView { query in
                    program.encodeRequest(
                        body: body.isEmpty ? nil : tape, path: path, captures: { $0 < captures.count ? captures[$0] : nil },
                        query: query, into: wire, scratch: scratch)
                }
            }
        }
        if let fault { throw fault }
        #expect(codec.decode(wire.view, into: out, scratch: scratch) == nil)
        return (operation, String(out.view))
    }

    private struct NoRoute: Error {}

    @Test("a variable of several segments is put together of the document's parameters")
    func shape() throws {
        let snapshot = try Self.platform(Self.byShape).snapshot()
        let (operation, message) = try call("PATCH", "/v1/shelves/a%20b/books/c%2Fd", #"{"title":"t"}"#, in: snapshot)
        #expect(message == #"{"book":{"name":"shelves/a b/books/c%2Fd","title":"t"},"updateMask":"title"}"#)
        #expect(operation.name == "shop.update" && operation.access == "{shelf}.book.write")
    }

    @Test("a path written without patterns takes those of the annotation")
    func written() throws {
        let snapshot = try Self.platform(Self.asWritten).snapshot()
        let (operation, message) = try call("PATCH", "/v1/shelves/a/books/b", #"{"title":"t"}"#, in: snapshot)
        #expect(message == #"{"book":{"name":"shelves/a/books/b","title":"t"},"updateMask":"title"}"#)
        #expect(operation.template == "/v1/{book.name}")
    }

    @Test("the method's other bindings are served under the described operation's rules")
    func additional() throws {
        let outcome = try Self.platform(Self.asWritten).compile()
        #expect(Self.findings(outcome) == [])
        let snapshot = try #require(outcome.snapshot)
        let whole = try call("PATCH", "/v1/books/b", #"{"book":{"tags":["x"]}}"#, in: snapshot)
        #expect(
            whole.message == #"{"book":{"tags":["x"],"name":"b"},"updateMask":"tags"}"#
                || whole.message.contains(#""updateMask":"tags""#))
        #expect(whole.operation.name == "shop.update" && whole.operation.access == "shelf.book.write")
        let put = try call("PUT", "/v1/books/b", #"{"title":"t"}"#, in: snapshot)
        #expect(put.message == #"{"book":{"name":"b","title":"t"}}"#)
        #expect(put.operation.method == "PUT" && put.operation.permission == whole.operation.permission)
        // BatchGet is annotated as well, but the document says nothing of it.
        let unknown = "/v1/books:batchGet".withByteView { snapshot.routes.match(path: $0, method: .get, captures: Captures()) }
        if case .found = unknown { Issue.record("an operation that the document does not name is served") }
    }

    @Test("a binding whose path lacks a parameter of the permission is left out with a warning")
    func leftOut() throws {
        let outcome = try Self.platform(Self.byShape).compile()
        #expect(outcome.snapshot != nil)
        #expect(Self.findings(outcome).map(\.code) == ["additional-binding-left-out", "additional-binding-left-out"])
        #expect(Self.findings(outcome).allSatisfy { $0.severity == .warning && $0.file == "etc/shop.yaml" && $0.line == 5 })
    }

    @Test("bindings of a method whose described operations ask for different permissions are left out")
    func undecided() throws {
        let outcome = try Self.platform(
            """
              /v1/{book.name}:
                patch: { x-permission: shelf.book.write, responses: {} }
              /v1/books/{book.name}:
                patch: { x-permission: shelf.book.other, responses: {} }
            """
        ).compile()
        #expect(Self.findings(outcome).map(\.code) == ["additional-binding-left-out"])
        #expect(Self.findings(outcome).first?.message.contains("PUT /v1/books/{book.name}") == true)
    }

    @Test("a described binding is not added once more")
    func described() throws {
        let outcome = try Self.platform(
            """
              /v1/{book.name}:
                patch: { responses: {} }
              /v1/books/{name}:
                patch: { responses: {} }
                put:
                  x-grpc: { method: calls.Books/UpdateBook, body: book, bind: { book.name: "{name}" } }
                  responses: {}
            """
        ).compile()
        #expect(Self.findings(outcome) == [])
        #expect(outcome.snapshot?.operations.filter { $0.kind == .grpc }.count == 3)
    }

    @Test("x-grpc binds parameters of several segments")
    func segments() throws {
        let snapshot = try Self.platform(
            """
              /v2/{name}:rename:
                patch:
                  x-grpc:
                    method: calls.Books/UpdateBook
                    body: book
                    bind: { book.name: "{name}" }
                    segments: { name: "shelves/*/**" }
                  responses: {}
            """
        ).snapshot()
        let (_, message) = try call("PATCH", "/v2/shelves/a/b%2Fc/d:rename", #"{"title":"t"}"#, in: snapshot)
        #expect(message == #"{"book":{"name":"shelves/a/b%2Fc/d","title":"t"},"updateMask":"title"}"#)
    }

    @Test(
        "x-grpc that says otherwise than an annotation is a warning with its place",
        arguments: [
            ("UpdateBook, body: \"*\"", true), ("UpdateBook, body: book, response_body: title", true),
            ("UpdateTwo, body: book", true),
            ("UpdateBook, body: book", false),
        ])
    func conflict(call: String, isConflict: Bool) throws {
        let outcome = try Self.platform(
            """
              /v1/books/{name}:
                put:
                  x-grpc: { method: calls.Books/\(call), bind: { book.name: "{name}" } }
                  responses: {}
            """
        ).compile()
        #expect(outcome.snapshot != nil)
        #expect(Self.findings(outcome).map(\.code) == (isConflict ? ["grpc-annotation-conflict"] : []))
        #expect(Self.findings(outcome).allSatisfy { $0.severity == .warning && $0.line == 6 })
    }

    @Test("a body on GET is a finding, one on DELETE is none", arguments: [("get", 1), ("delete", 0), ("post", 0)])
    func bodyOnGet(method: String, count: Int) throws {
        let outcome = try Self.platform(
            """
              /v3/{name}:
                \(method):
                  x-grpc: { method: calls.Books/UpdateTwo, body: book, bind: { author.first_name: "{name}" } }
                  responses: {}
            """
        ).compile()
        #expect(Self.findings(outcome).filter { $0.code == "body-on-get" && $0.pointer.hasSuffix("/x-grpc/body") }.count == count)
        #expect(Self.findings(outcome).count == count)
    }

    @Test("items are compiled, by name and by annotation, and told with their place when they are none")
    func items() throws {
        func paths(_ grpc: String) -> String { "  /v1/books:batchGet:\n    get:\n      x-grpc: \(grpc)\n      responses: {}\n" }
        let good = [
            "{ items: { field: results } }", "{ method: calls.Books/BatchGet, items: { field: results, status: status } }",
        ]
        for grpc in good {
            let snapshot = try Self.platform(paths(grpc)).snapshot()
            let operation = try #require(snapshot.operations.first { $0.kind == .grpc })
            #expect(operation.call?.itemReader(.empty) != nil)
        }
        let bad = try Self.platform(paths("{ items: { field: nothing } }")).compile()
        #expect(
            Self.findings(bad).map(\.code) == ["items-field-missing"] && bad.findings.first?.file == "etc/shop.yaml"
                && bad.findings.first?.pointer.hasSuffix("/get") == true)
        #expect(try Self.platform(paths("{ items: {} }")).compile().findings.contains { $0.code == "missing-key" })
    }

    @Test("unknown parameters are refused unless the service says otherwise", arguments: ["refuse", "ignore"])
    func unknownParameters(mode: String) throws {
        let platform = Self.platform(Self.asWritten).replacing(
            "descriptors: shop.pb", with: "descriptors: shop.pb\n    unknown_parameters: \(mode)", in: Platform.configurationFile)
        let snapshot = try platform.snapshot()
        let result = Result { try call("PATCH", "/v1/shelves/a/books/b", nil, in: snapshot, query: "nope=1") }
        switch result {
        case .success: #expect(mode == "ignore")
        case .failure(let error): #expect(mode == "refuse" && (error as? TranscodingFault)?.code == .unknownParameter)
        }
    }
}

@Suite("Annotations of a descriptor set")
struct AnnotationIndexTests {
    @Test(
        "the pattern of a variable is not part of its name",
        arguments: [
            ("/v1/{name=shelves/*}:x", "/v1/{name}:x"), ("/v1/{a}/b/{c.d=**}", "/v1/{a}/b/{c.d}"), ("/v1/a", "/v1/a"), ("", ""),
        ])
    func unpatterned(path: String, wanted: String) { #expect(AnnotationIndex.unpatterned(path) == wanted) }

    @Test(
        "methods that no request brings to a route",
        arguments: [("GET", true), ("PURGE", true), ("*", true), ("CONNECT", false), ("a b", false), ("gé", false)])
    func served(token: String, isServed: Bool) { #expect(RouteMethod(token: token).isServed == isServed) }
}
