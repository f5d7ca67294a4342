import Bytes
import Documents
import HTTPSemantics
import OpenAPIValidation
import Routing
import Testing

@testable import GatewayCore

@Suite("Snapshot compiler")
struct SnapshotCompilerTests {
    private func operation(_ method: String, _ path: String, in snapshot: Snapshot) throws -> Operation {
        let token = Array(method.utf8)
        let outcome = path.withByteView { path in
            token.withByteView { token in
                snapshot.routes.match(path: path, method: RequestMethod(token: token), customMethod: token, captures: Captures())
            }
        }
        guard case .found(let index) = outcome else {
            Issue.record("\(method) \(path): \(outcome)")
            throw NoRoute()
        }
        return try #require(snapshot.operation(index))
    }

    private struct NoRoute: Error {}

    @Test("a good platform compiles without a finding")
    func good() throws {
        let outcome = try Platform().compile(generation: 7)
        #expect(outcome.findings == [])
        let snapshot = try #require(outcome.snapshot)
        #expect(snapshot.generation == 7)
        #expect(snapshot.services.map(\.name) == ["crm", "shop"])
        #expect(snapshot.services.map(\.index) == [0, 1])
        #expect(snapshot.operations.map(\.index) == Array(snapshot.operations.indices))
    }

    @Test(
        "every operation has its route",
        arguments: [
            ("GET", "/api/v1/public", "crm.readPublic", "http", true),
            ("GET", "/api/v1/contacts", "crm.GET /contacts", "http", false),
            ("HEAD", "/api/v1/contacts", "crm.GET /contacts", "http", false),
            ("POST", "/api/v1/contacts", "crm.POST /contacts", "http", false),
            ("GET", "/api/v1/data/a/b", "crm.GET /data/{module}/{model}", "http", false),
            ("GET", "/v1/shelves/a/items/b", "shop.GetItem", "grpc", false),
            ("GET", "/v1/items/a/b/c", "shop.GetItem", "grpc", false),
            ("TAKE", "/v1/shelves/a/items/b", "shop.TakeItem", "grpc", false), ("GET", "/live", "gateway.live", "own", true),
            ("GET", "/livez", "gateway.live", "own", true), ("GET", "/ready", "gateway.ready", "own", true),
            ("GET", "/readyz", "gateway.ready", "own", true), ("GET", "/health", "gateway.health", "own", false),
            ("GET", "/healthz", "gateway.health", "own", false), ("POST", "/api/v1/batch", "gateway.batch", "own", false),
            ("GET", "/api-docs", "gateway.documents", "own", true),
            ("GET", "/api-docs/v1", "gateway.documents", "own", true),
            ("GET", "/problems", "gateway.problems", "own", true), ("GET", "/problems/conflict", "gateway.problems", "own", true),
        ])
    func routes(method: String, path: String, name: String, kind: String, isPublic: Bool) throws {
        let operation = try operation(method, path, in: Platform().snapshot())
        #expect(operation.name == name)
        #expect(operation.isPublic == isPublic)
        switch operation.kind {
        case .http: #expect(kind == "http" && operation.call == nil && operation.callPath == nil)
        case .grpc: #expect(kind == "grpc" && operation.call != nil && operation.callPath == "/shop.Shop/" + name.dropFirst(5))
        case .operational, .documents, .problemPages, .batch, .preflight: #expect(kind == "own" && operation.service == nil)
        }
    }

    @Test("health asks for the roles of the configuration, admin when it names none", arguments: [nil, ["ops", "sre"]])
    func adminRoles(roles: [String]?) throws {
        let platform = roles.map { Platform.adding("admin_roles: [\($0.joined(separator: ", "))]") } ?? Platform()
        let operation = try operation("GET", "/health", in: platform.snapshot())
        #expect(operation.requiredRoles.map { String(decoding: $0, as: UTF8.self) } == roles ?? ["admin"])
        #expect(try self.operation("GET", "/ready", in: platform.snapshot()).requiredRoles.isEmpty)
    }

    @Test("an operation's own limits stand before the service's, the service's before the platform's")
    func limits() throws {
        var platform = Platform.with("openapi: crm.yaml", "openapi: crm.yaml\n    max_body: 2Mi\n    timeout: 7s")
        platform.files["etc/crm.yaml"] = platform.files["etc/crm.yaml"]?.replacing(
            "/open:\n    get: { ", with: "/open:\n    get: { x-max-body: 1Ki, x-timeout: 250ms, ")
        let snapshot = try platform.snapshot()
        let own = try operation("GET", "/api/v1/open", in: snapshot)
        #expect((own.maximumBodyBytes, own.timeoutMilliseconds) == (1024, 250))
        let service = try operation("GET", "/api/v1/public", in: snapshot)
        #expect((service.maximumBodyBytes, service.timeoutMilliseconds) == (2 << 20, 7000))
        let standard = try operation("GET", "/v1/items/a", in: snapshot)
        #expect((standard.maximumBodyBytes, standard.timeoutMilliseconds) == (4 << 20, 5000))
    }

    @Test(
        "a body that must be held whole is bounded more tightly than one that streams, unless the platform's bound is lower",
        arguments: [
            (nil, 128 << 20, 4 << 20), ("1Mi", 1 << 20, 1 << 20), ("4Mi", 4 << 20, 4 << 20), ("8Mi", 8 << 20, 4 << 20),
        ] as [(String?, Int, Int)])
    func bodyLimits(platformLimit: String?, streamed: Int, whole: Int) throws {
        let platform = platformLimit.map { Platform.adding("limits: { body_bytes: \($0) }") } ?? Platform()
        let snapshot = try platform.snapshot()
        #expect(try operation("GET", "/api/v1/open", in: snapshot).maximumBodyBytes == streamed)
        let checked = try operation("POST", "/api/v1/contacts", in: snapshot)
        #expect(checked.maximumBodyBytes == streamed && checked.maximumWholeBodyBytes == whole)
        #expect(try operation("GET", "/v1/items/a", in: snapshot).maximumBodyBytes == whole)
    }

    @Test("what is checked follows the service's validation", arguments: ["off", "report", "enforce"])
    func validation(mode: String) throws {
        let platform = Platform.with(
            "openapi: crm.yaml", "openapi: crm.yaml\n    validation: { request: \(mode), response: off }")
        let checks = try operation("POST", "/api/v1/contacts", in: platform.snapshot()).checks
        #expect((checks == nil) == (mode == "off"))
        #expect(checks.map { "\($0.parameters) \($0.body) \($0.answer)" } == (mode == "off" ? nil : "off \(mode) off"))
        #expect(checks?.validator.needsBody != false)
    }

    @Test(
        "an operation, its path and its document may say how strictly it is held, each direction by itself",
        arguments: [
            ("", "", "enforce report"), ("{ request: report }", "", "report report"),
            ("", "{ response: enforce }", "enforce enforce"),
            ("{ request: off }", "{ request: report, response: off }", "off off"),
            ("{ response: enforce }", "{ request: off }", "off enforce"),
        ])
    func nearestModes(own: String, root: String, expected: String) throws {
        var platform = Platform()
        let text = try #require(platform.files["etc/crm.yaml"])
        let key = own.isEmpty ? "" : "      x-validation: \(own)\n"
        let described = "{ '200': { description: x, content: { application/json: { schema: {} } } } }"
        platform.files["etc/crm.yaml"] =
            (root.isEmpty ? "" : "x-validation: \(root)\n")
            + text.replacing("      x-permission: crm.contact.write\n", with: "      x-permission: crm.contact.write\n" + key)
            .replacing("      responses: {}\n", with: "      responses: \(described)\n")
        let checks = try operation("POST", "/api/v1/contacts", in: platform.snapshot()).checks
        #expect(checks.map { "\($0.body) \($0.answer)" } ?? "off off" == expected)
    }

    /// A fault, and where it is told: the first finding's code, file and line.
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let platform: @Sendable () -> Platform
        let code: String
        let file: String
        let line: Int
        var testDescription: String { name }
    }

    private static let crm = "etc/crm.yaml"
    private static let grpc = """
        openapi: 3.1.0
        info: { title: Shop, version: "1" }
        paths:
          /v1/shelves/{shelf}/items/{name}:
            get: { responses: {} }
        """

    /// The shop with a document of its own.
    private static func shop(_ document: String) -> Platform {
        var platform = Platform.with("descriptors: shop.pb", "descriptors: shop.pb\n    openapi: shop.yaml")
        platform.files["etc/shop.yaml"] = document
        return platform
    }

    private static let faults: [Fault] = [
        Fault(
            name: "two services answer the same path",
            platform: {
                var platform = shop(grpc.replacing("paths:", with: "servers: [{ url: / }]\npaths:"))
                platform.files[crm] = platform.files[crm]?.replacing("[{ url: /api/v1 }]", with: "[{ url: /v1 }]")
                    .replacing("/open:", with: "/shelves/{a}/items/{b}:")
                return platform
            }, code: "route-conflict", file: "etc/shop.yaml", line: 6),
        Fault(
            name: "a binding of an annotation has the path of another service's operation",
            platform: {
                .with("[{ url: /api/v1 }]", "[{ url: /v1 }]", in: crm).replacing(
                    "/open:", with: "/shelves/{a}/items/{b}:", in: crm)
            }, code: "route-conflict", file: "etc/shop.pb", line: 0),
        Fault(
            name: "a service answers the path of an endpoint of the gateway",
            platform: {
                .with("/open:", "/live:", in: crm).replacing("[{ url: /api/v1 }]", with: "[{ url: / }]", in: crm)
            }, code: "route-conflict", file: crm, line: 10),
        Fault(
            name: "an operation names a method the descriptors lack",
            platform: { shop(grpc.replacing("get: { ", with: "get: { x-grpc: { method: shop.Shop/Nothing }, ")) },
            code: "unknown-grpc-method", file: "etc/shop.yaml", line: 5),
        Fault(
            name: "an operation has no call", platform: { shop(grpc.replacing("/items/{name}", with: "/boxes/{name}")) },
            code: "operation-without-call", file: "etc/shop.yaml", line: 5),
        Fault(
            name: "a permission of two parts",
            platform: { .with("x-permission: crm.contact.read", "x-permission: crm.contact", in: crm) },
            code: "permission-syntax", file: crm, line: 12),
        Fault(
            name: "a permission with a part that is no name",
            platform: { .with("x-permission: crm.contact.read", "x-permission: crm.con tact.read", in: crm) },
            code: "permission-syntax", file: crm, line: 12),
        Fault(
            name: "a permission with a parameter the path lacks",
            platform: { .with("{module}.{model}.read", "{module}.{thing}.read", in: crm) }, code: "unknown-path-parameter",
            file: crm, line: 23),
        Fault(
            name: "a keyword with a value that it cannot have",
            platform: { .with("{ type: string }", "{ type: string, maxLength: long }", in: crm) },
            code: "schema-keyword-invalid", file: crm, line: 19),
        Fault(
            name: "a reference that leads nowhere", platform: { .with("{ type: string }", "{ $ref: '#/nowhere' }", in: crm) },
            code: "unknown-reference", file: crm, line: 19),
        Fault(
            name: "a document that is not there", platform: { .with("crm.yaml", "other.yaml") }, code: "unreadable-file",
            file: "etc/other.yaml", line: 0),
        Fault(
            name: "descriptors that are not there", platform: { .with("shop.pb", "other.pb") }, code: "descriptors-unreadable",
            file: Platform.configurationFile, line: 0),
        Fault(
            name: "a service that did not say what its messages are",
            platform: {
                .with("name: shop", "name: store").replacing("shop.pb", with: "reflection", in: Platform.configurationFile)
            }, code: "descriptors-unreadable", file: Platform.configurationFile, line: 0),
        Fault(
            name: "descriptors that are no descriptor set",
            platform: {
                var platform = Platform()
                platform.descriptors = [0x0a, 0xff]
                return platform
            }, code: "malformed-descriptor-set", file: "etc/shop.pb", line: 0),
    ]

    @Test("a fault is told with its file and line, and its service is not served", arguments: faults)
    func findings(fault: Fault) throws {
        let outcome = try fault.platform().compile()
        let quarantined = try #require(outcome.snapshot?.quarantined.first)
        #expect(!quarantined.isServed)
        #expect(outcome.snapshot?.operations.contains { $0.service?.name == quarantined.service } == false)
        let finding = try #require(outcome.findings.first { $0.code == fault.code }, "\(outcome.findings)")
        #expect(finding.severity == .error)
        #expect(finding.file == fault.file && finding.line == fault.line, "\(finding)")
        #expect(!finding.message.isEmpty)
    }

    @Test("descriptors from the service itself make the same routes as those of a file")
    func reflection() throws {
        let reflected = try Platform.with("shop.pb", "reflection").snapshot()
        #expect(try Platform().snapshot().operations.map(\.template) == reflected.operations.map(\.template))
    }

    @Test("a conflict names the other place")
    func conflict() throws {
        let fault = try #require(Self.faults.first)
        let finding = try #require(fault.platform().compile().findings.first { $0.code == "route-conflict" })
        #expect(finding.message.contains("etc/crm.yaml:10"), "\(finding.message)")
    }

    @Test("the faults of all services are told at once")
    func all() throws {
        var platform = Platform.with("{ type: string }", "{ type: string, maxLength: long }", in: Self.crm)
        platform.descriptors = [0x0a, 0xff]
        let codes = Set(try platform.compile().findings.map(\.code))
        #expect(codes.isSuperset(of: ["schema-keyword-invalid", "malformed-descriptor-set"]))
    }
}

extension Platform {
    /// The same with one more text replaced.
    func replacing(_ text: String, with replacement: String, in file: String) -> Platform {
        var platform = self
        platform.files[file] = platform.files[file]?.replacing(text, with: replacement)
        return platform
    }
}
