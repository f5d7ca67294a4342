import Documents
import OpenAPI
import OpenAPIValidation
import Testing

@Suite("Compiling a document")
struct CompilerTests {
    private func findings(_ operation: String, version: String = "3.1.0") -> [String] {
        let (document, loaded) = OpenAPIDocument.load(
            text: Array("openapi: \(version)\npaths: {/x: {post: \(operation)}}".utf8), file: "api.yaml")
        guard let document else { return loaded.map(\.description) }
        let (validators, findings) = ValidationCompiler.compile(document)
        #expect((validators == nil) == findings.hasErrors)
        return findings.map { "\($0.code) \($0.pointer.dropFirst("/paths/~1x/post".count))" }
    }

    @Test(
        "what cannot be checked, or not as it is meant, is a finding",
        arguments: [
            ("{parameters: [{name: a, in: query, schema: {type: strin}}]}", ["schema-keyword-invalid /parameters/0/schema/type"]),
            (
                "{parameters: [{name: a, in: query, style: deepObject, schema: {type: string}}]}",
                ["parameter-style /parameters/0/style"]
            ),
            (
                "{parameters: [{name: a, in: query, schema: {type: object, properties: {b: {}}}}, {name: b, in: query, schema: {}}]}",
                ["ambiguous-parameter /parameters/0/schema/properties/b"]
            ),
            (
                "{parameters: [{name: a, in: query, schema: {type: object}}, {name: b, in: query, schema: {type: object}}]}",
                ["ambiguous-parameter /parameters/1"]
            ),
            (
                "{parameters: [{name: a, in: query, content: {image/png: {schema: {}}}}]}",
                ["unchecked-parameter /parameters/0/content/image~1png"]
            ),
            (
                "{requestBody: {content: {multipart/mixed: {schema: {}}}}}",
                ["unchecked-body /requestBody/content/multipart~1mixed"]
            ),
            (
                "{requestBody: {content: {multipart/form-data: {schema: {properties: {a: {}}}, encoding: {b: {}}}}}}",
                ["unknown-encoding /requestBody/content/multipart~1form-data/encoding/b"]
            ),
            (
                "{requestBody: {content: {application/x-www-form-urlencoded: {schema: {properties: {a: {type: string}}}, encoding: {a: {style: deepObject}}}}}}",
                ["parameter-style /requestBody/content/application~1x-www-form-urlencoded/encoding/a/style"]
            ),
            (
                "{requestBody: {content: {a/json: {schema: {minimum: x}}}}, responses: {200: {content: {a/b: {schema: {maximum: x}}}}}}",
                [
                    "schema-keyword-invalid /requestBody/content/a~1json/schema/minimum",
                    "schema-keyword-invalid /responses/200/content/a~1b/schema/maximum",
                ]
            ),
        ] as [(String, [String])])
    func findings(operation: String, expected: [String]) {
        #expect(findings(operation) == expected)
    }

    @Test("OpenAPI 3.0 has null by nullable, and ignores what stands beside a reference")
    func version30() throws {
        let service = try #require(
            Service.one(
                """
                {parameters: [{name: a, in: query, schema: {type: integer, nullable: true}}, \
                {name: b, in: query, schema: {$ref: '#/components/schemas/B', type: string}}]}
                """, version: "3.0.3", components: "{schemas: {B: {type: integer}}}"))
        #expect(service.faults(query: "a=null&b=1") == [])
        #expect(service.faults(query: "a=x&b=x") == ["query.a type", "query.b type"])
    }

    @Test("schemas that refer to themselves, or branch again and again, cost no more than they are large")
    func recursion() throws {
        let levels = (0..<40).map {
            "L\($0): {anyOf: [{$ref: '#/components/schemas/L\($0 + 1)'}, {$ref: '#/components/schemas/L\($0 + 1)'}]}"
        }
        let service = Service.one(
            "{parameters: [{name: a, in: query, schema: {$ref: '#/components/schemas/Tree'}}, {name: b, in: query, schema: {$ref: '#/components/schemas/L0'}}]}",
            components:
                "{schemas: {Tree: {type: object, properties: {t: {$ref: '#/components/schemas/Tree'}}}, \(levels.joined(separator: ", ")), L40: {type: integer}}}"
        )
        #expect(try #require(service).faults(query: "t=1") == ["query.a /t type"])
    }

    @Test("a thousand operations compile")
    func thousand() throws {
        let paths = (0..<1000).map { index in
            """
              /p\(index)/{id}:
                get:
                  parameters: [{name: id, in: path, required: true, schema: {type: integer}}, {name: q\(index), in: query, schema: {$ref: '#/components/schemas/S'}}]
                  requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}
                  responses: {200: {description: ok, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/S'}}}}}}
            """
        }
        let service = try #require(
            Service(
                "openapi: 3.1.0\npaths:\n\(paths.joined(separator: "\n"))\ncomponents: {schemas: {S: {type: object, properties: {a: {type: integer}}}}}\n"
            ))
        #expect(service.validators.count == 1000)
        #expect(service.faults(of: 999, captures: ["x"], query: "a=x") == ["path.id type", "query.q999 /a type"])
    }
}
