import Documents
import OpenAPI
import Testing

/// A document made to cost more than it is worth, and what is said of it.
private struct Hostile: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var file = "api.yaml"
    /// The code of the finding; nil when the document loads.
    var code: String?
    var text: @Sendable () -> [UInt8]

    init(_ description: String, _ code: String?, file: String = "api.yaml", _ text: @escaping @Sendable () -> String) {
        testDescription = description
        self.file = file
        self.code = code
        self.text = { Array(text().utf8) }
    }

    init(_ description: String, _ code: String?, bytes: @escaping @Sendable () -> [UInt8]) {
        testDescription = description
        self.code = code
        self.text = bytes
    }
}

private let head = "openapi: 3.1.0\n"

/// `count` schemas, each of which says `link` of the next.
private func chain(_ count: Int, _ link: (String) -> String) -> String {
    head + "paths: {}\ncomponents:\n  schemas:\n"
        + (0..<count).map { "    S\($0): \(link("{$ref: \"#/components/schemas/S\($0 + 1)\"}"))\n" }.joined()
        + "    S\(count): {type: string}\n"
}

private func nested(_ count: Int) -> String {
    head + "paths: {}\ncomponents: {schemas: {S: " + String(repeating: "{items: ", count: count) + "{}"
        + String(repeating: "}", count: count) + "}}\n"
}

@Suite("hostile documents", .timeLimit(.minutes(1)))
struct HostileDocumentTests {
    private static let documents: [Hostile] = [
        Hostile("two schemas that are each other", "circular-reference") {
            head
                + "paths: {}\ncomponents: {schemas: {A: {$ref: \"#/components/schemas/B\"}, B: {$ref: \"#/components/schemas/A\"}}}"
        },
        Hostile("a path item that is itself", "circular-reference") { head + "paths: {/a: {$ref: \"#/paths/~1a\"}}" },
        Hostile("a path item that is the document", "unknown-key") { head + "paths: {/a: {$ref: \"#\"}}" },
        Hostile("a path item that is the file", "unknown-key") { head + "paths: {/a: {$ref: api.yaml}}" },
        Hostile("schemas that hold each other", nil) { chain(5_000) { "{type: object, properties: {a: \($0)}}" } },
        Hostile("a chain of references as long as allowed", nil) { chain(DocumentBundle.maximumChain) { $0 } },
        Hostile("a chain of references one longer", "reference-chain") { chain(DocumentBundle.maximumChain + 1) { $0 } },
        Hostile("a chain of 20 000 references", "reference-chain") { chain(20_000) { $0 } },
        Hostile("90 levels", nil) { nested(90) },
        Hostile("100 levels", "too-deep") { nested(100) },
        Hostile("10 000 levels", "too-deep") { nested(10_000) },
        Hostile("a million open brackets", "syntax") { String(repeating: "[", count: 1_000_000) },
        Hostile("a million dashes", "too-deep") { String(repeating: "- ", count: 1_000_000) },
        Hostile("10 000 levels of JSON", "too-deep", file: "api.json") {
            String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        },
        Hostile("aliases of aliases", "too-many-nodes") {
            "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
                + (1..<30).map { "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ","))]\n" }
                .joined()
        },
        Hostile("50 MB", "document-too-large") { head + "paths: {}\nx-a: \"" + String(repeating: "a", count: 50_000_000) + "\"" },
        Hostile("4 MB of comments", nil) { head + "paths: {}\n" + String(repeating: "# c\n", count: 1_000_000) },
        Hostile("half a million paths", "too-many-nodes", file: "api.json") {
            "{\"openapi\":\"3.1.0\",\"paths\":{" + (0..<500_001).map { "\"/\($0)\":{}" }.joined(separator: ",") + "}}"
        },
        Hostile("more operations than allowed", "too-many-operations", file: "api.json") {
            "{\"openapi\":\"3.1.0\",\"paths\":{"
                + (0...OpenAPIDocument.maximumOperations).map { "\"/\($0)\":{\"get\":{}}" }.joined(separator: ",") + "}}"
        },
        Hostile("one path item under many paths", "too-many-operations", file: "api.json") {
            "{\"openapi\":\"3.1.0\",\"x-i\":{\"get\":{},\"put\":{},\"post\":{}},\"paths\":{"
                + (0..<20_000).map { "\"/\($0)\":{\"$ref\":\"#/x-i\"}" }.joined(separator: ",") + "}}"
        },
        Hostile("a huge list of values", nil, file: "api.json") {
            "{\"openapi\":\"3.1.0\",\"paths\":{},\"components\":{\"schemas\":{\"A\":{\"enum\":["
                + (0..<100_000).map { "\"v\($0)\"" }.joined(separator: ",") + "]}}}}"
        },
        Hostile("100 000 tag directives", "syntax") {
            (0..<100_000).map { "%TAG !a\($0)! tag:\($0)\n" }.joined() + "---\n" + head
        },
        Hostile("a file that is not there", "unknown-reference") { head + "paths: {/a: {$ref: other.yaml}}" },
        Hostile("a file of the host", "remote-reference") { head + "paths: {/a: {$ref: /dev/zero}}" },
        Hostile("a file above the document", "outside-reference") { head + "paths: {/a: {$ref: ../../secret.yaml}}" },
        Hostile("a key that stands twice", "duplicate-key") { head + "paths: {/a: {get: {}, get: {}}}" },
        Hostile("100 000 keys of one name", "duplicate-key") { head + String(repeating: "x-a: 1\n", count: 100_000) },
        Hostile("bytes that are not UTF-8", "syntax", bytes: { Array(head.utf8) + [0x78, 0x3A, 0x20, 0xFF, 0xFE, 0x0A] }),
        Hostile("UTF-16", "syntax", bytes: { [0xFF, 0xFE] + head.utf8.flatMap { [$0, 0] } }),
        Hostile("a NUL byte", "syntax", bytes: { Array(head.utf8) + Array("x-a: 'a".utf8) + [0] + Array("b'\n".utf8) }),
        Hostile("nothing", "empty-document") { "" },
        Hostile("keys nobody knows", "unknown-key", file: "api.json") {
            "{\"openapi\":\"3.1.0\",\"paths\":{}" + (0..<20_000).map { ",\"key\($0)\":1" }.joined() + "}"
        },
    ]

    @Test("is refused with a finding or loads, in bounded time", arguments: documents)
    private func hostile(_ document: Hostile) {
        let text = document.text()
        let (loaded, findings) = OpenAPIDocument.load(text: text, file: document.file)
        #expect(findings.count <= FindingList.maximumCount)
        guard let code = document.code else {
            #expect(loaded != nil && findings == [])
            return
        }
        #expect(loaded == nil)
        #expect(
            findings.contains { $0.code == code && $0.severity == .error && $0.file == document.file }, "\(findings.prefix(3))")
    }

    @Test("a bundle is bounded in files")
    func files() {
        var files = ["api.yaml": head + "paths: {}\ncomponents: {schemas: {A: {$ref: f0.yaml}}}"]
        for index in 0..<(DocumentBundle.maximumFiles + 10) { files["f\(index).yaml"] = "a: {$ref: f\(index + 1).yaml}" }
        let (document, findings) = OpenAPIDocument.load(file: "api.yaml", source: .memory(files))
        #expect(document == nil && findings.contains { $0.code == "bundle-too-large" })
    }

    @Test("a thousand operations with shared components load in a moment")
    func thousand() throws {
        var text = head + "paths:\n"
        for index in 0..<500 {
            let schema = "{$ref: '#/components/schemas/M\(index)'}"
            text += "  /r\(index):\n"
            for method in ["get", "post"] {
                text +=
                    "    \(method):\n      operationId: \(method)\(index)\n      parameters: [{$ref: '#/components/parameters/limit'}]\n"
                if method == "post" { text += "      requestBody: {content: {application/json: {schema: \(schema)}}}\n" }
                text += "      responses: {200: {description: ok, content: {application/json: {schema: \(schema)}}}}\n"
            }
        }
        text += "components:\n  parameters: {limit: {name: limit, in: query, schema: {type: integer}}}\n  schemas:\n"
        for index in 0..<500 {
            let properties = (0..<20).map { "f\($0): {type: string, maxLength: \($0)}" }.joined(separator: ", ")
            text +=
                "    M\(index): {type: object, required: [f0], properties: {\(properties), next: {$ref: '#/components/schemas/M\((index + 1) % 500)'}}}\n"
        }
        var document: OpenAPIDocument?
        let time = ContinuousClock().measure { document = load(text).document }
        #expect(try #require(document).operations.count == 1000)
        // Release builds take a tenth of a second; unoptimised ones on a busy machine may take long.
        #expect(time < .seconds(30))
    }
}
