import Documents
import OpenAPI
import OpenAPIDiff
import Testing

/// One schema in a body both ways.
private func body(_ schema: String, version: String = "3.1.0", components: String = "") -> String {
    """
    openapi: \(version)
    paths:
      /a:
        post:
          requestBody: {content: {application/json: {schema: \(schema)}}}
          responses: {200: {description: ok, content: {application/json: {schema: \(schema)}}}}
    components:
      schemas:
        Name: {type: string}
        Pet: {type: object, properties: {name: {type: string}}}
    \(components)
    """
}

@Suite("what means the same")
struct SameMeaningTests {
    @Test(
        "different words for one schema are no change",
        arguments: [
            ("{type: [string, \"null\"]}", "{anyOf: [{type: string}, {type: \"null\"}]}"),
            ("{$ref: \"#/components/schemas/Name\"}", "{type: string}"),
            ("{$ref: \"#/components/schemas/Pet\"}", "{allOf: [{$ref: \"#/components/schemas/Pet\"}], description: a pet}"),
            ("{$ref: \"#/components/schemas/Pet\"}", "{type: object, properties: {name: {$ref: \"#/components/schemas/Name\"}}}"),
            (
                "{type: object, required: [a], properties: {a: {type: string}}}",
                "{allOf: [{type: object, properties: {a: {type: string}}}, {required: [a]}]}"
            ),
            ("{enum: [a, b]}", "{oneOf: [{const: a, title: A}, {const: b, title: B}]}"),
            ("{const: 1}", "{enum: [1.0]}"),
            ("{type: [integer, string]}", "{type: [string, integer], minLength: 0}"),
            ("{type: integer, minimum: 1}", "{type: integer, minimum: 1.0}"),
            ("{type: integer, exclusiveMinimum: 1}", "{type: integer, minimum: 1, exclusiveMinimum: 1}"),
            ("{oneOf: [{type: string}, {type: integer}]}", "{oneOf: [{type: integer, description: n}, {type: string}]}"),
            ("{type: object}", "{type: object, additionalProperties: true}"),
            ("{type: object, description: a, title: b, example: {}}", "{type: object, examples: [1]}"),
        ])
    func alike(_ left: String, _ right: String) throws {
        #expect(try codes(body(left), body(right)) == [])
        #expect(try codes(body(right), body(left)) == [])
    }

    @Test("nullable of 3.0 is the type null of 3.1")
    func versions() throws {
        let old = body("{type: string, nullable: true, minimum: 1, exclusiveMinimum: true}", version: "3.0.3")
        let new = body("{type: [string, \"null\"], exclusiveMinimum: 1}")
        #expect(try codes(old, new) == ["note openapi-version-changed"])
        #expect(try codes(new, old) == ["note openapi-version-changed"])
        // Beside a reference, 3.0 reads nothing and 3.1 everything.
        let beside = "{$ref: \"#/components/schemas/Name\", maxLength: 3}"
        #expect(try codes(body(beside, version: "3.0.3"), body("{$ref: \"#/components/schemas/Name\"}", version: "3.0.3")) == [])
        #expect(
            try codes(body(beside), body("{$ref: \"#/components/schemas/Name\"}"))
                == ["note request-max-length-widened", "warning response-max-length-widened"])
    }

    @Test("a type that becomes one of two is wider")
    func widening() throws {
        #expect(
            try codes(body("{type: string}"), body("{oneOf: [{type: string}, {type: integer}]}"))
                == [
                    "breaking response-type-widened", "note request-type-widened", "note request-variant-widened",
                    "warning response-variant-widened",
                ])
    }

    @Test("a schema that moves to another file of the bundle is no change")
    func files() throws {
        let text =
            "openapi: 3.1.0\npaths: {/a: {get: {responses: {200: {description: a, content: {text/x: {schema: SCHEMA}}}}}}}\n"
        let (one, _) = OpenAPIDocument.load(
            file: "a.yaml", source: .memory(["a.yaml": text.replacing("SCHEMA", with: "{type: string, maxLength: 3}")]))
        let (two, findings) = OpenAPIDocument.load(
            file: "b.yaml",
            source: .memory([
                "b.yaml": text.replacing("SCHEMA", with: "{$ref: c.yaml}"), "c.yaml": "{type: string, maxLength: 3}",
            ]))
        #expect(DocumentDiff(from: try #require(one), to: try #require(two, "\(findings)")).changes == [])
    }

    @Test("parameters of a path may be renamed")
    func renamedParameters() throws {
        let renamed = base.replacing("{id}", with: "{key}").replacing("{name: id,", with: "{name: key,")
        #expect(try codes(base, renamed) == ["note path-parameter-renamed"])
        let asked = base.replacing("shop.items.read", with: "\"shop.{id}.read\"")
        let askedRenamed = renamed.replacing("shop.items.read", with: "\"shop.{key}.read\"")
        #expect(try codes(asked, askedRenamed) == ["note path-parameter-renamed"])
    }

    @Test("a shared schema is told of once")
    func shared() throws {
        let changed = base.replacing("maxLength: 20", with: "maxLength: 10")
        let changes = try diff(base, changed).changes
        #expect(changes.count == 2, "\(changes)")
    }
}

@Suite("costs of a diff")
struct DiffLimitTests {
    @Test("schemas that hold themselves end")
    func cycles() throws {
        let list =
            "components: {schemas: {A: {type: object, properties: {next: {$ref: \"#/components/schemas/B\"}}}, B: {allOf: [{$ref: \"#/components/schemas/A\"}, {anyOf: [{$ref: \"#/components/schemas/A\"}, {$ref: \"#/components/schemas/B\"}]}]}}}"
        let text = """
            openapi: 3.1.0
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/A"}}}}}}}
            \(list)
            """
        let outcome = try diff(text, text)
        #expect(outcome.changes == [] && outcome.isComplete)
    }

    @Test("a chain of references beyond the depth is cut short and said to be")
    func depth() throws {
        func chain(_ length: Int, _ end: String) -> String {
            var text =
                "openapi: 3.1.0\npaths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: \"#/components/schemas/S0\"}}}}}}}\n"
            text += "components:\n  schemas:\n"
            for index in 0..<length {
                text += "    S\(index): {type: object, properties: {a: {$ref: \"#/components/schemas/S\(index + 1)\"}}}\n"
            }
            return text + "    S\(length): {type: \(end)}\n"
        }
        let near = try diff(chain(DocumentDiff.maximumDepth - 1, "string"), chain(DocumentDiff.maximumDepth - 1, "integer"))
        #expect(near.isComplete && near.gravest == .breaking)
        let far = try diff(chain(5000, "string"), chain(5000, "integer"))
        #expect(!far.isComplete && far.changes == [])
    }

    @Test("choices of choices of choices cost no more than their text")
    func choices() throws {
        var text =
            "openapi: 3.1.0\npaths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}}}}\n"
        text += "components:\n  schemas:\n"
        for index in 0..<40 {
            let branch = "{$ref: '#/components/schemas/S\(index + 1)'}"
            text += "    S\(index): {anyOf: [\(Array(repeating: branch, count: 9).joined(separator: ", "))]}\n"
        }
        text += "    S40: {type: string}\n"
        #expect(try diff(text, text).changes == [])
        let wide = (0..<300).map { "{const: \($0), type: [integer, string]}, {minimum: \($0)}" }.joined(separator: ", ")
        let many =
            "openapi: 3.1.0\npaths: {/a: {post: {requestBody: {content: {application/json: {schema: {oneOf: [\(wide)]}}}}}}}\n"
        #expect(try !diff(many, many).isComplete)
    }

    @Test("changes beyond the limit are left out and said to be")
    func count() throws {
        func list(_ prefix: String) -> String {
            "openapi: 3.1.0\npaths: {}\n".replacing(
                "{}",
                with: "\n  /a:\n    get:\n      parameters:\n"
                    + (0..<12_000).map { "        - {name: \(prefix)\($0), in: query}\n" }.joined())
        }
        let outcome = try diff(list("a"), list("b"))
        #expect(outcome.changes.count == DocumentDiff.maximumChanges && !outcome.isComplete)
    }
}
