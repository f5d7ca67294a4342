import Bytes
import Documents
import JSON
import JSONSchema
import Testing

@Suite struct ReferenceTests {
    /// What compiling a document beside others finds, and the keywords a value breaks.
    func check(_ documents: [String: String], _ value: String = "null") throws -> (codes: [String], broken: [String]) {
        let roots = try documents.mapValues { try SourceDocument.parse(text: Array($0.utf8), file: "doc.json").get() }
        let library = SchemaLibrary(dialect: .draft2020, documents: roots)
        let root = try #require(roots["http://x/root"])
        let (program, findings) = SchemaProgram.compile([root], options: SchemaOptions(dialect: .draft2020), library: library)
        let codes = (library.findings + findings).map(\.code)
        guard let program else { return (codes, []) }
        let tape = JSONTape(seed: 1)
        let keywords = Array(value.utf8).withByteView { bytes in
            tape.parse(bytes) == nil ? program.validate(tape, scratch: SchemaScratch(seed: 1)).map(\.keyword) : ["syntax"]
        }
        return (codes, keywords)
    }

    @Test(
        "resolves references against the identifiers around them",
        arguments: [
            ##"{"$ref":"other"}"##, ##"{"$ref":"http://x/other#"}"##, ##"{"$ref":"/other#/$defs/s"}"##, ##"{"$ref":"other#s"}"##,
            ##"{"$id":"http://y/z","$ref":"http://x/a/../other"}"##, ##"{"$id":"deep/er","$ref":"../other"}"##,
            ##"{"$ref":"#/$defs/in","$defs":{"in":{"$id":"in","$ref":"other"}}}"##,
            ##"{"$ref":"in","$defs":{"in":{"$id":"in","$ref":"#here","$defs":{"h":{"$anchor":"here","type":"string"}}}}}"##,
            ##"{"$ref":"#/%24defs/a~1b","$defs":{"a/b":{"type":"string"}}}"##,
            ##"{"$ref":"#/allOf/1","allOf":[true,{"type":"string"}]}"##,
        ])
    func identifiers(schema: String) throws {
        let other = ##"{"$id":"http://x/other","type":"string","$defs":{"s":{"$anchor":"s","type":"string"}}}"##
        let documents = ["http://x/root": schema, "http://x/other": other]
        #expect(try check(documents, "\"a\"").broken == [])
        #expect(try check(documents, "1").broken == ["type"])
        #expect(try check(documents).codes == [])
    }

    @Test(
        "finds no identifier in what is no schema",
        arguments: [
            ##"{"$ref":"in","const":{"$id":"in"}}"##, ##"{"$ref":"#a","enum":[{"$anchor":"a"}]}"##,
            ##"{"$ref":"#a","x-y":{"$anchor":"a"}}"##,
            ##"{"$ref":"http://nowhere/x"}"##, ##"{"$ref":"#/allOf/01","allOf":[true]}"##, ##"{"$ref":"#/%zz"}"##,
        ])
    func unresolved(schema: String) throws {
        #expect(try check(["http://x/root": schema]).codes == ["schema-reference-unresolved"])
    }

    @Test("a dynamic reference means the outermost schema of that name on the way")
    func dynamic() throws {
        let tree =
            ##"{"$id":"http://x/tree","$dynamicAnchor":"node","type":"object","properties":{"next":{"$dynamicRef":"#node"}}}"##
        let strict = ##"{"$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false}"##
        let documents = ["http://x/root": strict, "http://x/tree": tree]
        #expect(try check(documents, #"{"next":{"next":{}}}"#).broken == [])
        #expect(try check(documents, #"{"next":{"other":1}}"#).broken == ["unevaluatedProperties"])
        let loose = ["http://x/root": ##"{"$ref":"tree"}"##, "http://x/tree": tree]
        #expect(try check(loose, #"{"next":{"other":1}}"#).broken == [])
    }

    @Test(
        "knows the metaschemas by heart",
        arguments: [
            ("https://json-schema.org/draft/2020-12/schema", #"{"type":"string","properties":{"a":{"minLength":1}}}"#, true),
            ("https://json-schema.org/draft/2020-12/schema", #"{"properties":{"a":{"minLength":-1}}}"#, false),
            ("https://json-schema.org/draft/2020-12/schema", #"{"allOf":[]}"#, false),
            ("https://json-schema.org/draft/2020-12/meta/validation", #"{"type":"text"}"#, false),
            ("https://json-schema.org/draft/2020-12/schema", #"{"$id":"a#b"}"#, false),
            ("https://spec.openapis.org/oas/3.1/dialect/base", #"{"discriminator":{"propertyName":"a"}}"#, true),
            ("https://spec.openapis.org/oas/3.1/dialect/base", #"{"discriminator":{"mapping":{}}}"#, false),
            ("https://spec.openapis.org/oas/3.1/dialect/base", #"{"items":{"xml":{"x-a":1,"b":2}}}"#, false),
        ])
    func metaschemas(uri: String, schema: String, isValid: Bool) throws {
        let found = try check(["http://x/root": "{\"$ref\":\"\(uri)\"}"], schema)
        #expect(found.codes == [])
        #expect(found.broken.isEmpty == isValid)
    }

    @Test("follows the vocabularies of a dialect and refuses one that needs more than it has")
    func vocabularies() throws {
        func documents(_ vocabulary: String) -> [String: String] {
            [
                "http://x/root": #"{"$schema":"http://x/meta","properties":{"a":{"minimum":5}},"minProperties":2}"#,
                "http://x/meta": #"{"$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/core":true,\#(vocabulary)}}"#,
            ]
        }
        let prefix = "https://json-schema.org/draft/2020-12/vocab"
        #expect(try check(documents("\"\(prefix)/validation\":true"), #"{"a":1}"#).broken == ["minProperties"])
        #expect(try check(documents("\"\(prefix)/applicator\":true"), #"{"a":1}"#).broken == [])
        #expect(try check(documents("\"http://x/vocab\":true"), "{}").codes == ["schema-dialect-unsupported"])
        #expect(try check(documents("\"http://x/vocab\":false"), "{}").codes == [])
        #expect(try check(["http://x/root": #"{"$schema":"http://x/nowhere"}"#]).codes == ["schema-dialect-unsupported"])
    }

    @Test("refuses a document with more schemas than are allowed, once")
    func size() throws {
        let text = "{\"allOf\":[\((0..<20).map { "{\"minimum\":\($0)}" }.joined(separator: ","))]}"
        let root = try SourceDocument.parse(text: Array(text.utf8), file: "doc.json").get()
        var options = SchemaOptions(dialect: .draft2020)
        for (most, codes) in [(21, []), (20, ["schema-too-large"])] {
            options.mostSchemas = most
            #expect(
                SchemaProgram.compile([root], options: options, library: SchemaLibrary(dialect: .draft2020)).findings.map(\.code)
                    == codes)
        }
    }

    @Test("compiles several schemas into one program that has what they share once")
    func several() throws {
        let text =
            ##"{"a":{"$ref":"#/s"},"b":{"type":"array","items":{"$ref":"#/s"}},"s":{"type":"object","properties":{"n":{"type":"integer"}}}}"##
        let root = try SourceDocument.parse(text: Array(text.utf8), file: "doc.json").get()
        let library = SchemaLibrary(dialect: .oas30, documents: ["doc.json": root])
        let schemas = ["a", "b"].compactMap { root[$0] }
        let program = try #require(
            SchemaProgram.compile(schemas, options: SchemaOptions(dialect: .oas30), library: library).program)
        #expect(program.schemaCount == 3)
        let tape = JSONTape(seed: 1)
        let scratch = SchemaScratch(seed: 1)
        Array(#"[{"n":"x"}]"#.utf8).withByteView { bytes in
            #expect(tape.parse(bytes) == nil)
            #expect(program.validate(tape, entry: 0, scratch: scratch).map(\.keyword) == ["type"])
            #expect(program.validate(tape, entry: 1, scratch: scratch).map(\.instancePointer) == ["/0/n"])
            #expect(!program.isValid(tape, at: 1, entry: 0, scratch: scratch))
        }
    }
}
