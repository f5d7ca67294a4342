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

@Suite struct HostileSchemaTests {
    /// Compiles within what a test may take; the codes of what is found, each once.
    func codes(_ text: String, _ dialect: SchemaDialect = .oas31) -> Set<String> {
        switch SourceDocument.parse(text: Array(text.utf8), file: "schema.yaml") {
        case .failure(let findings): return Set(findings.map(\.code))
        case .success(let root):
            let options = SchemaOptions(dialect: dialect, direction: .request)
            let library = SchemaLibrary(dialect: dialect, documents: ["schema.yaml": root])
            return Set(
                (SchemaProgram.compile([root], options: options, library: library).findings + library.findings).map(\.code))
        }
    }

    @Test("refuses aliases that stand for more text than a document may have")
    func aliases() {
        let word = String(repeating: "a", count: 100_000)
        #expect(
            codes("x: &a \(word)\nenum: [\(Array(repeating: "*a", count: 2000).joined(separator: ", "))]") == ["too-many-nodes"])
        let levels = (1...30).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]" }.joined(separator: "\n")
        #expect(codes("a0: &a0 {type: string}\n\(levels)\nallOf: *a30") == ["too-many-nodes"])
    }

    @Test("ends on schemas that include one another in every way")
    func lattices() {
        let parts = (0..<60).map { level in
            let next = "{$ref: \"#/$defs/s\(level + 1)\"}"
            return "s\(level): {required: [a], allOf: [\(next), \(next)], properties: {a: \(next)}}"
        }
        let text = "{$ref: \"#/$defs/s0\", $defs: {\(parts.joined(separator: ", ")), s60: {type: object}}}"
        #expect(codes(text) == [])
        #expect(
            codes("{$ref: \"#/$defs/s0\", $defs: {\(parts.joined(separator: ", ")), s60: {allOf: [{$ref: \"#/$defs/s0\"}]}}}")
                == ["schema-reference-cycle"])
    }

    @Test("ends checks of schemas that apply one another in ever more ways")
    func checks() throws {
        let parts = (0..<60).map {
            "s\($0): {anyOf: [{$ref: \"#/$defs/s\($0 + 1)\", title: a}, {allOf: [{$ref: \"#/$defs/s\($0 + 1)\"}]}]}"
        }
        let schema = "{$ref: \"#/$defs/s0\", $defs: {\(parts.joined(separator: ", ")), s60: {type: string}}}"
        #expect(try errors(schema, "1").map(\.keyword) == ["limit"])
    }

    @Test("refuses documents that are too deep or too large, and keeps a bounded number of findings")
    func sizes() {
        #expect(codes(String(repeating: "{items: ", count: 101) + "{}" + String(repeating: "}", count: 101)) == ["too-deep"])
        #expect(codes(String(repeating: " ", count: (16 << 20) + 1)) == ["document-too-large"])
        let wrong = "allOf: [\((0..<5000).map { "{minLength: -\($0 + 1)}" }.joined(separator: ", "))]"
        let root = try? SourceDocument.parse(text: Array(wrong.utf8), file: "schema.yaml").get()
        let library = SchemaLibrary(dialect: .draft2020)
        let found = root.map {
            SchemaProgram.compile([$0], options: SchemaOptions(dialect: .draft2020), library: library).findings.count
        }
        #expect(found == FindingList.maximumCount)
    }

    @Test("compiles no more patterns than a program may have")
    func patterns() {
        let many = "{allOf: [\((0..<4097).map { "{pattern: \"^a\($0)$\"}" }.joined(separator: ", "))]}"
        #expect(codes(many) == ["schema-too-large"])
    }
}
