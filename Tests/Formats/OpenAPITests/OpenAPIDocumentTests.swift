import Documents
import HTTPSemantics
import OpenAPI
import Testing

/// Loads one text, or several files of which `api.yaml` is the document.
func load(_ text: String) -> (document: OpenAPIDocument?, findings: [Finding]) {
    OpenAPIDocument.load(text: Array(text.utf8), file: "api.yaml")
}

func load(_ files: [String: String]) -> (document: OpenAPIDocument?, findings: [Finding]) {
    OpenAPIDocument.load(file: "specs/api.yaml", source: .memory(files))
}

@Suite("OpenAPI documents")
struct OpenAPIDocumentTests {
    static let crm = """
        openapi: 3.1.0
        info: {title: CRM, version: "1.0"}
        servers:
          - url: https://{host}/api/{version}/
            variables: {host: {default: example.com}, version: {default: v1}}
        security: [{bearer: []}]
        x-module: crm
        paths:
          /data/{module}/{model}:
            x-permission: "{module}.{model}.read"
            x-module: "{module}"
            parameters:
              - {name: module, in: path, required: true, schema: {type: string}}
              - {name: model, in: path, required: true, schema: {type: string}}
              - {name: X-Page, in: header, schema: {type: string}}
            get:
              operationId: listRecords
              parameters:
                - {name: x-page, in: header, schema: {type: integer}}
              x-timeout: 2s
              x-grpc:
                method: platform.data.v1.DataService/ListRecords
                bind: {collection: "{module}.{model}", kind: fixed}
                response_body: records
              responses: {200: {description: ok}, 4XX: {description: bad}, default: {$ref: "#/components/responses/Error"}}
            post:
              operationId: createRecord
              x-permission: "{module}.{model}.create"
              x-max-body: 1Gi
              x-grpc: {method: platform.data.v1.DataService/CreateRecord, body: "*"}
              requestBody: {$ref: "#/components/requestBodies/Record"}
          /public:
            get: {operationId: hello, security: []}
          /socket:
            get: {x-websocket: true, x-upgrade: [Other]}
        components:
          securitySchemes: {bearer: {type: http, scheme: bearer}}
          responses: {Error: {description: error}}
          requestBodies:
            Record: {required: true, content: {Application/JSON: {schema: {$ref: "#/components/schemas/Record"}}, text/csv: {}}}
          schemas: {Record: {type: object, properties: {self: {$ref: "#/components/schemas/Record"}}}}
        """

    @Test("everything the gateway needs is read")
    func complete() throws {
        let (loaded, findings) = load(Self.crm)
        #expect(findings.isEmpty)
        let document = try #require(loaded)
        #expect(document.version == .v3_1)
        #expect(document.basePath == "/api/v1")
        #expect(document.title == "CRM" && document.documentVersion == "1.0")
        #expect(document.operations.map(\.method) == [.get, .post, .get, .get])
        #expect(document.operations.map(\.isPublic) == [false, false, true, false])

        let list = document.operations[0]
        #expect(list.path == "/data/{module}/{model}" && list.pathParameters == ["module", "model"])
        #expect(list.operationID == "listRecords")
        #expect(
            list.extensions.permission?.parts == [.parameter("module"), .literal("."), .parameter("model"), .literal(".read")])
        #expect(list.extensions.module?.parameters == ["module"])
        #expect(list.extensions.timeout == .seconds(2))
        #expect(list.extensions.grpc?.service == "platform.data.v1.DataService" && list.extensions.grpc?.method == "ListRecords")
        #expect(list.extensions.grpc?.body == GRPCBinding.Body.none)
        #expect(list.extensions.grpc?.fields.map(\.field) == ["collection", "kind"])
        #expect(list.extensions.grpc?.fields[1].value.constant == "fixed")
        #expect(list.extensions.grpc?.responseBody == "records")
        #expect(list.parameters.map(\.name) == ["module", "model", "x-page"])
        #expect(list.responses.map(\.status) == ["200", "4XX", "default"])
        #expect(list.responses[2].node["description"]?.string == "error")

        let create = document.operations[1]
        #expect(create.extensions.permission?.text == "{module}.{model}.create")
        #expect(create.extensions.maximumBodyBytes == 1 << 30)
        #expect(create.extensions.grpc?.body == .whole)
        #expect(create.extensions.grpc?.fields.map(\.field) == ["module", "model"])
        #expect(create.requestBody?.isRequired == true)
        #expect(create.requestBody?.content.map(\.mediaType) == ["application/json", "text/csv"])
        let schema = try #require(create.requestBody?.content[0].schema)
        #expect(document.bundle.resolved(schema)?["type"]?.string == "object")

        #expect(document.operations[2].extensions.module?.constant == "crm")
        #expect(document.operations[3].extensions.upgrades == ["other", "websocket"])
    }

    @Test(
        "the base path is the path of the first server",
        arguments: [
            ("[{url: /api/v1}]", "/api/v1"), ("[{url: /}]", ""), ("[{url: https://x.io}]", ""),
            ("[{url: https://x.io/a/b/}]", "/a/b"),
            ("[{url: v2}]", "/v2"), ("[{url: ./v2/}]", "/v2"), ("[{url: //x.io/c}]", "/c"), ("[]", ""),
            ("[{url: /a}, {url: /b}]", "/a"),
        ])
    func servers(servers: String, expected: String) {
        let (document, findings) = load("openapi: 3.0.3\nservers: \(servers)\npaths: {}")
        #expect(findings.isEmpty)
        #expect(document?.basePath == expected)
    }

    @Test(
        "what cannot be acted on is a finding with its place",
        arguments: [
            ("a: 1", "unsupported-version", ""), ("swagger: \"2.0\"", "unsupported-version", "/swagger"),
            ("openapi: 3.2.0\npaths: {}", "unsupported-version", "/openapi"),
            ("openapi: 3.x.0\npaths: {}", "unsupported-version", "/openapi"),
            ("openapi: 3.0.0", "missing-key", ""), ("openapi: 3.0.0\npaths: []", "wrong-type", "/paths"),
            ("[1]", "wrong-type", ""),
            ("openapi: 3.0.0\npaths: {a: {}}", "path-syntax", "/paths/a"),
            ("openapi: 3.0.0\npaths: {\"/{a\": {}}", "path-syntax", "/paths/~1{a"),
            ("openapi: 3.0.0\npaths: {}\npath: {}", "unknown-key", "/path"),
            ("openapi: 3.0.0\npaths: {}\nservers: {}", "wrong-type", "/servers"),
            ("openapi: 3.0.0\npaths: {}\nservers: [{url: \"/{v}\"}]", "server-variable", "/servers/0/url"),
            ("openapi: 3.0.0\npaths: {}\nservers: [{url: \"/a?b\"}]", "server-url", "/servers/0/url"),
            ("openapi: 3.0.0\npaths: {}\nservers: [{url: \"/a/../b\"}]", "server-url", "/servers/0/url"),
            ("openapi: 3.0.0\npaths: {}\nservers: [{}]", "missing-key", "/servers/0"),
            ("openapi: 3.0.0\npaths: {}\nsecurity: {}", "wrong-type", "/security"),
            ("openapi: 3.0.0\npaths: {}\nx-grpc: {}", "unknown-key", "/x-grpc"),
        ])
    func badDocument(text: String, code: String, pointer: String) {
        let (document, findings) = load(text)
        #expect(document == nil || !findings.hasErrors)
        #expect(findings.contains { $0.code == code && $0.pointer == pointer }, "\(findings)")
    }

    @Test("a quota stands at any level, the nearest one holds, and null ends it; so does x-plan")
    func quotas() throws {
        let (document, findings) = load(
            """
            openapi: 3.0.3
            x-quota: storage
            x-plan: off
            paths:
              /a/{b}:
                x-quota: "{b}.items"
                get: {x-quota: {name: exports, on: [GET, POST]}}
                post: {x-plan: enforce}
                put: {x-quota: null}
              /c:
                delete: {}
            """)
        #expect(!findings.hasErrors)
        let extensions = try #require(document).operations.map(\.extensions)
        #expect(extensions.map { $0.quota?.name.text } == ["exports", "{b}.items", nil, "storage"])
        #expect(extensions.map { $0.quota?.methods } == [[.get, .post], nil, nil, nil])
        #expect(extensions.map(\.ignoresPlan) == [true, false, true, true])
    }

    @Test("without a list of methods those count that can add something")
    func quotaMethods() throws {
        let name = try #require(ValueTemplate("a"))
        let counted = RequestMethod.allCases.filter { QuotaUse(name: name).counts($0) }
        #expect(counted == [.post, .put, .patch, .connect, .other])
        #expect(RequestMethod.allCases.filter { QuotaUse(name: name, methods: [.get, .delete]).counts($0) } == [.get, .delete])
    }

    @Test("items stand with a method or without, segments with one")
    func grpcParts() throws {
        func extensions(_ grpc: String) throws -> OperationExtensions {
            let (document, findings) = load("openapi: 3.0.3\npaths:\n  /a/{b}:\n    get: {x-grpc: \(grpc)}\n")
            #expect(!findings.hasErrors)
            return try #require(document?.operations.first?.extensions)
        }
        let alone = try extensions("{items: {field: r}}")
        #expect(alone.grpc == nil && alone.grpcItems?.field == "r" && alone.grpcItems?.status == "status")
        let both = try extensions("{method: s.S/M, items: {field: r, status: s}, segments: {b: \"x/**\"}}")
        #expect(both.grpcItems?.field == "r" && both.grpcItems?.status == "s")
        #expect(both.grpc?.method == "M" && both.grpc?.segments == ["b": "x/**"])
    }

    @Test("the tenant whose rules on other origins count is the nearest level's")
    func corsTenant() throws {
        let text =
            "openapi: 3.0.3\nx-cors-tenant: root\npaths: {/a: {x-cors-tenant: path, get: {x-cors-tenant: own}, post: {}}, /b: {get: {}}}"
        let document = try #require(OpenAPIDocument.load(text: Array(text.utf8), file: "api.yaml").document)
        #expect(document.operations.map(\.extensions.corsTenant) == ["own", "path", "root"])
    }

    @Test(
        "what is wrong in an operation is a finding with its place",
        arguments: [
            ("{x-permision: a.b.c}", "unknown-key", "/x-permision"), ("{securty: []}", "unknown-key", "/securty"),
            ("{servers: []}", "unsupported-servers", "/servers"), ("{x-permission: a.b}", "permission-syntax", "/x-permission"),
            ("{x-permission: a.*.c}", "permission-syntax", "/x-permission"),
            ("{x-permission: \"a.{c}.d\"}", "unknown-path-parameter", "/x-permission"),
            ("{x-permission: \"a.{b.d\"}", "template-syntax", "/x-permission"), ("{x-module: A B}", "module-syntax", "/x-module"),
            ("{x-quota: a..b}", "quota-syntax", "/x-quota"), ("{x-quota: a.b.c.d.e}", "quota-syntax", "/x-quota"),
            ("{x-quota: \"*\"}", "quota-syntax", "/x-quota"), ("{x-quota: \"{c}\"}", "unknown-path-parameter", "/x-quota"),
            ("{x-quota: [a]}", "wrong-type", "/x-quota"), ("{x-quota: {on: [GET]}}", "missing-key", "/x-quota"),
            ("{x-quota: {name: \"{c}\"}}", "unknown-path-parameter", "/x-quota/name"),
            ("{x-quota: {name: a, on: [get]}}", "unknown-value", "/x-quota/on"),
            ("{x-quota: {name: a, on: []}}", "empty-list", "/x-quota/on"),
            ("{x-quota: {name: a, when: x}}", "unknown-key", "/x-quota/when"), ("{x-qouta: a}", "unknown-key", "/x-qouta"),
            ("{x-plan: false}", "wrong-type", "/x-plan"), ("{x-plan: ignore}", "unknown-value", "/x-plan"),
            ("{x-module: \"x{b}\"}", "module-syntax", "/x-module"), ("{x-timeout: 5}", "wrong-type", "/x-timeout"),
            ("{x-cors-tenant: a b}", "tenant-name", "/x-cors-tenant"), ("{x-cors-tenant: 5}", "wrong-type", "/x-cors-tenant"),
            ("{x-cors-tenant: \"\"}", "tenant-name", "/x-cors-tenant"),
            ("{x-timeout: 2h}", "out-of-range", "/x-timeout"), ("{x-max-body: 1TB}", "wrong-type", "/x-max-body"),
            ("{x-websocket: yes}", "wrong-type", "/x-websocket"), ("{x-grpc: {}}", "missing-key", "/x-grpc"),
            ("{x-grpc: {method: a.b}}", "grpc-method", "/x-grpc/method"),
            ("{x-grpc: {method: a/b, bnd: {}}}", "unknown-key", "/x-grpc/bnd"),
            ("{x-grpc: {method: a/b, bind: {c: \"{d}\"}}}", "unknown-path-parameter", "/x-grpc/bind/c"),
            ("{x-grpc: {method: a/b, bind: {c: [1]}}}", "grpc-bind", "/x-grpc/bind/c"),
            ("{x-grpc: {method: a/b, segments: {d: \"*\"}}}", "unknown-path-parameter", "/x-grpc/segments/d"),
            ("{x-grpc: {method: a/b, segments: {b: 1}}}", "segment-pattern", "/x-grpc/segments/b"),
            ("{x-grpc: {items: {status: s}}}", "missing-key", "/x-grpc/items"),
            ("{x-grpc: {items: {field: r}, body: \"*\"}}", "missing-key", "/x-grpc"),
            ("{x-grpc: {items: {field: r, state: s}}}", "unknown-key", "/x-grpc/items/state"),
            ("{parameters: [{name: q}]}", "parameter", "/parameters/0"), ("{parameters: {}}", "wrong-type", "/parameters"),
            ("{parameters: [{name: q, in: path}]}", "unknown-path-parameter", "/parameters/0/name"),
            ("{requestBody: {}}", "missing-key", "/requestBody"), ("{responses: {600: {}}}", "response-status", "/responses/600"),
            ("{responses: {2xx: {}}}", "response-status", "/responses/2xx"), ("{operationId: 5}", "wrong-type", "/operationId"),
            ("[]", "wrong-type", ""), ("{security: true}", "wrong-type", "/security"),
            ("{requestBody: {$ref: \"#/components/requestBodies/X\"}}", "unknown-reference", "/requestBody/$ref"),
            ("{requestBody: {$ref: \"https://x.io/a.yaml\"}}", "remote-reference", "/requestBody/$ref"),
            ("{requestBody: {$ref: \"../secret.yaml\"}}", "outside-reference", "/requestBody/$ref"),
            ("{requestBody: {$ref: \"missing.yaml\"}}", "unknown-reference", "/requestBody/$ref"),
            ("{requestBody: {$ref: \"#/paths/~1a~1{b}/get/requestBody\"}}", "circular-reference", "/requestBody/$ref"),
        ])
    func badOperation(operation: String, code: String, pointer: String) {
        let (document, findings) = load("openapi: 3.0.3\npaths:\n  /a/{b}:\n    get: \(operation)\n")
        #expect(document == nil)
        let errors = findings.filter { $0.severity == .error }
        #expect(errors.map(\.code) == [code], "\(findings)")
        #expect(errors.first?.pointer == "/paths/~1a~1{b}/get" + pointer)
        #expect(errors.first?.line == 4)
    }

    @Test("findings of the whole document are collected, warnings let it pass")
    func collected() {
        let (document, findings) = load(
            "openapi: 3.0.3\npaths: {\"/a/{b}\": {get: {x-timeout: 1}, "
                + "post: {x-timeout: 2, operationId: q}, put: {operationId: q}}}"
        )
        #expect(document == nil)
        #expect(findings.filter { $0.severity == .error }.map(\.code) == ["wrong-type", "wrong-type", "duplicate-operation-id"])
        let (accepted, warnings) = load("openapi: 3.0.3\npaths: {\"/a/{b}\": {get: {security: [{x: []}]}}}")
        #expect(accepted != nil)
        #expect(warnings.map(\.code) == ["unknown-security-scheme", "undeclared-parameter"])
    }

    @Test("references lead into files of the bundle and on from there")
    func files() throws {
        let (document, findings) = load([
            "specs/api.yaml": "openapi: 3.1.0\npaths: {/a: {$ref: \"paths/a.yaml#/item\"}}",
            "specs/paths/a.yaml": "item: {get: {requestBody: {$ref: \"../shared/body%20x.json#/a~1b\"}}}",
            "specs/shared/body x.json":
                ##"{"a/b": {"$ref": "#/c/0"}, "c": [{"content": {"a/b": {"schema": {"$ref": "../api.yaml#/info"}}}}]}"##,
        ])
        #expect(findings.map(\.code) == ["unknown-reference"])
        #expect(findings.first?.file == "specs/shared/body x.json")
        #expect(document == nil)
        let (repaired, none) = load([
            "specs/api.yaml": "openapi: 3.1.0\ninfo: {x: 1}\npaths: {/a: {$ref: \"paths/a.yaml#/item\"}}",
            "specs/paths/a.yaml": "item: {get: {requestBody: {$ref: \"../shared/body%20x.json#/a~1b\"}}}",
            "specs/shared/body x.json":
                ##"{"a/b": {"$ref": "#/c/0"}, "c": [{"content": {"a/b": {"schema": {"$ref": "../api.yaml#/info"}}}}]}"##,
        ])
        #expect(none.isEmpty)
        let schema = try #require(repaired?.operations.first?.requestBody?.content.first?.schema)
        #expect(repaired?.bundle.resolved(schema)?["x"]?.integer == 1)
    }

    @Test("a file outside the folder is not even asked for")
    func outside() {
        let asked = Asked()
        let source = FileSource { path in
            asked.append(path)
            return .success(
                Array("openapi: 3.1.0\npaths: {/a: {$ref: \"../../etc/passwd#/x\"}, /b: {$ref: \"/etc/passwd\"}}".utf8))
        }
        let (_, findings) = OpenAPIDocument.load(file: "specs/api.yaml", source: source)
        #expect(findings.map(\.code) == ["outside-reference", "remote-reference"])
        #expect(asked.paths == ["specs/api.yaml"])
    }

    @Test("words in examples and extensions are no references")
    func data() {
        let (_, findings) = load(
            "openapi: 3.1.0\npaths: {}\nx-note: {$ref: nowhere}\n"
                + "components: {schemas: {A: {example: {$ref: nowhere}, enum: [{$ref: x}]}}}"
        )
        #expect(findings.isEmpty)
    }

    @Test("path items shared by reference cannot stand for endless work")
    func sharedItems() {
        let item = "[" + (0..<2000).map { "{name: a\($0), in: query, schema: {}}" }.joined(separator: ", ") + "]"
        let paths = (0..<2000).map { "  /p\($0): {$ref: \"#/components/pathItems/A\"}\n" }.joined()
        let (document, findings) = load(
            "openapi: 3.1.0\npaths:\n\(paths)components: {pathItems: {A: {parameters: \(item)}}}\n")
        #expect(document == nil)
        #expect(findings.map(\.code) == ["too-many-nodes"])
    }

    @Test("references have a longest length")
    func longReference() {
        func findings(_ count: Int) -> [String] {
            load("openapi: 3.1.0\npaths: {/a: {$ref: \"#\(String(repeating: "/", count: count - 1))\"}}").findings.map(\.code)
        }
        #expect(findings(4096) == ["unknown-reference"])
        #expect(findings(4097) == ["remote-reference"])
    }

    @Test("a document cut anywhere is a document or findings")
    func truncation() {
        let text = Array(Self.crm.utf8)
        for length in 0..<text.count {
            let (document, findings) = OpenAPIDocument.load(text: Array(text.prefix(length)), file: "api.yaml")
            #expect(document != nil || findings.hasErrors)
        }
    }
}

/// The paths a source was asked for; tests load on one thread.
final class Asked: @unchecked Sendable {
    private(set) var paths: [String] = []
    func append(_ path: String) { paths.append(path) }
}
