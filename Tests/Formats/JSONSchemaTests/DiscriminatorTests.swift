import Documents
import JSONSchema
import Testing

@Suite struct DiscriminatorTests {
    static let schema = #"""
        oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
        discriminator: {propertyName: kind, mapping: {puppy: "#/components/schemas/Dog", hound: Dog}}
        components:
          schemas:
            Cat: {type: object, required: [kind], properties: {kind: {type: string}, lives: {type: integer}}}
            Dog: {type: object, required: [kind, bark], properties: {kind: {type: string}, bark: {type: boolean}}}
        """#

    @Test(
        "chooses the alternative that the member names and says what is wrong under it",
        arguments: [
            (#"{"kind":"Cat","lives":9}"#, []), (#"{"kind":"Cat","lives":"x"}"#, ["/lives type"]),
            (#"{"kind":"puppy","bark":true}"#, []), (#"{"kind":"hound","bark":1}"#, ["/bark type"]),
            (#"{"kind":"Dog"}"#, [" required"]), (#"{"k\u0069nd":"C\u0061t"}"#, []),
            (#"{"kind":"Fish"}"#, [" discriminator"]), (#"{"kind":1}"#, [" discriminator"]), ("{}", [" discriminator"]),
            // Matches both alternatives; the member decides.
            (#"{"kind":"Cat","bark":true}"#, []), ("1", [" oneOf"]),
        ] as [(String, [String])],
        [SchemaDialect.oas30, .oas31])
    func choice(subject: (value: String, expected: [String]), dialect: SchemaDialect) throws {
        let found = try errors(Self.schema, subject.value, dialect: dialect)
        #expect(found.map { "\($0.instancePointer) \($0.keyword)" } == subject.expected)
    }

    @Test("tries alternatives without a name for a value that names none")
    func unnamed() throws {
        let schema =
            "{discriminator: {propertyName: k}, anyOf: [{$ref: \"#/$defs/A\"}, {properties: {k: {const: x}}, required: [k]}], $defs: {A: {type: object}}}"
        #expect(try broken(schema, #"{"k":"x"}"#, dialect: .oas31) == [])
        #expect(
            try broken(
                "{discriminator: {propertyName: k}, oneOf: [{type: object, required: [z]}, {type: integer}]}", #"{"k":"y"}"#,
                dialect: .oas31) == ["required"])
    }

    @Test("is a note in JSON Schema, and where there are no alternatives")
    func notes() throws {
        #expect(try broken("{discriminator: {propertyName: k}, oneOf: [{}, {}]}", "{}", dialect: .draft2020) == ["oneOf"])
        #expect(try broken("{discriminator: {propertyName: k}, type: object}", "{}", dialect: .oas30) == [])
    }

    @Test("warns of a mapping that leads to none of the alternatives and refuses one without a name")
    func findings() throws {
        let stray =
            ##"{discriminator: {propertyName: k, mapping: {a: "#/nowhere"}}, oneOf: [{$ref: "#/$defs/A"}], $defs: {A: {}}}"##
        #expect(try compile(stray, dialect: .oas31).findings.map(\.code) == ["schema-discriminator-unmatched"])
        #expect(
            try compile("{discriminator: {}, oneOf: [{}]}", dialect: .oas30).findings.map(\.code) == ["schema-keyword-invalid"])
    }
}
