import Documents
import JSONSchema
import Testing

@Suite struct FindingTests {
    func codes(_ schema: String, _ dialect: SchemaDialect = .draft2020) throws -> [String] {
        let compiled = try compile(schema, dialect: dialect)
        #expect((compiled.program == nil) == compiled.findings.hasErrors)
        return compiled.findings.map { "\($0.severity.rawValue) \($0.code) \($0.pointer)" }
    }

    @Test(
        "warns of rules that 2020-12 no longer has",
        arguments: ["additionalItems", "$recursiveRef", "extends", "disallow", "divisibleBy"])
    func replaced(keyword: String) throws {
        #expect(try codes("{properties: {a: {\(keyword): x}}}") == ["warning schema-keyword-ignored /properties/a/\(keyword)"])
    }

    @Test(
        "ignores notes",
        arguments: [
            "title: t", "description: d", "default: 1", "examples: [1]", "$comment: c", "x-mine: {a: 1}", "deprecated: true",
            "readOnly: true", "$defs: {a: {type: nonsense}}",
        ])
    func notes(entry: String) throws {
        #expect(try codes("{\(entry)}").isEmpty)
    }

    @Test(
        "refuses values a keyword cannot have",
        arguments: [
            "type: text", "type: 1", "type: []", "type: [string, 1]", "minLength: -1", "minLength: 1.5", "maxLength: x",
            "minItems: null", "minimum: a", "maximum: .inf",
            "pattern: 1", "pattern: \"(\"", "patternProperties: 1", "patternProperties: {\"[\": {}}", "$dynamicRef: 1",
            "multipleOf: 0", "multipleOf: -1", "multipleOf: x", "required: a", "required: [1]", "properties: []", "enum: a",
            "allOf: []", "anyOf: {}", "oneOf: x", "uniqueItems: 1",
            "dependentRequired: []", "dependentRequired: {a: b}", "dependentSchemas: 1", "$ref: 1", "enum: [.nan]",
        ])
    func invalid(entry: String) throws {
        #expect(
            try codes("{\(entry)}").contains {
                $0.hasPrefix("error schema-keyword-invalid") || $0.hasPrefix("error schema-pattern-invalid")
            })
    }

    @Test("refuses what is no schema", arguments: ["1", "a", "[]", "{items: 1}", "{properties: {a: x}}", "{items: [{}]}"])
    func notASchema(text: String) throws {
        #expect(try codes(text).contains { $0.hasPrefix("error schema-not-an-object") })
    }

    @Test("accepts whole numbers however they are written")
    func counts() throws {
        #expect(try codes("{minLength: 2.0, maxLength: 99999999999}").isEmpty)
    }

    @Test("refuses references to nothing and circles without progress")
    func references() throws {
        #expect(try codes("{$ref: \"#/nowhere\"}") == ["error schema-reference-unresolved /$ref"])
        #expect(try codes("{$ref: \"#\"}") == ["error schema-reference-cycle "])
        #expect(try codes("{allOf: [{anyOf: [{$ref: \"#/allOf/0\"}]}]}").first?.hasPrefix("error schema-reference-cycle") == true)
        #expect(try codes("{if: true, then: {$ref: \"#\"}}") == ["error schema-reference-cycle "])
        #expect(try codes("{dependentSchemas: {a: {$ref: \"#\"}}}") == ["error schema-reference-cycle "])
        #expect(try codes("{items: {$ref: \"#\"}}").isEmpty)
    }

    @Test("refuses other dialects and identifiers that stand twice")
    func identifiers() throws {
        #expect(try codes("{$schema: \"https://json-schema.org/draft/2020-12/schema\", $id: \"http://x/y\"}").isEmpty)
        #expect(
            try codes("{$schema: \"http://json-schema.org/draft-07/schema#\"}") == ["error schema-dialect-unsupported /$schema"])
        #expect(try codes("{items: {$id: other}}").isEmpty)
        #expect(
            try codes("{items: {$id: other}, not: {$id: other}}") == ["error schema-identifier-duplicate /not/$id"])
        #expect(
            try codes("{items: {$anchor: a}, not: {$anchor: a}}") == ["error schema-identifier-duplicate /not/$anchor"])
    }

    @Test("OpenAPI 3.0 warns of keywords it does not have and refuses types it does not have")
    func oas30() throws {
        #expect(try codes("{const: 1}", .oas30) == ["warning schema-keyword-ignored /const"])
        #expect(try codes("{type: [string]}", .oas30).first?.hasPrefix("error") == true)
        #expect(try codes("{type: \"null\"}", .oas30).first?.hasPrefix("error") == true)
        #expect(try codes("{minimum: 1, exclusiveMinimum: 2}", .oas30).first?.hasPrefix("error") == true)
        #expect(try codes("{items: true}", .oas30).first?.hasPrefix("error") == true)
        #expect(try codes("{additionalProperties: true}", .oas30).isEmpty)
    }

    @Test("collects every finding at once, with its place")
    func everything() throws {
        let compiled = try compile("properties:\n  a: {minLength: -1}\n  b: {pattern: 1}\nrequired: 3\n")
        #expect(
            Set(compiled.findings.map { "\($0.line) \($0.pointer)" }) == [
                "2 /properties/a/minLength", "3 /properties/b/pattern", "4 /required",
            ])
    }

    @Test("refuses chains of schemas on one value that are too long")
    func tooDeep() throws {
        let links = (0..<300).map { "s\($0): {$ref: \"#/$defs/s\($0 + 1)\"}" }.joined(separator: ", ")
        #expect(
            try codes("{$ref: \"#/$defs/s0\", $defs: {\(links), s300: {}}}").contains { $0.hasPrefix("error schema-too-deep") })
    }
}
