import JSONSchema
import Testing

@Suite struct CombinationTests {
    @Test(
        "combines schemas",
        arguments: [
            ("{allOf: [{minimum: 1}, {maximum: 3}]}", "2", []),
            ("{allOf: [{minimum: 1}, {maximum: 0}]}", "0.5", ["maximum", "minimum"]),
            ("{anyOf: [{type: string}, {minimum: 5}]}", "6", []), ("{anyOf: [{type: string}, {minimum: 5}]}", "4", ["minimum"]),
            ("{anyOf: [{type: string}, {minimum: 5}, {maximum: 0}]}", "4", ["anyOf"]),
            ("{oneOf: [{minimum: 1}, {minimum: 5}]}", "2", []),
            ("{oneOf: [{minimum: 1}, {minimum: 5}]}", "6", ["oneOf"]), ("{oneOf: [{minimum: 1}, {minimum: 5}]}", "0", ["oneOf"]),
            ("{not: {type: string}}", "1", []),
            ("{not: {type: string}}", "\"a\"", ["not"]), ("{not: {}}", "1", ["not"]),
            ("{if: {type: string}, then: {minLength: 2}, else: {minimum: 2}}", "\"a\"", ["minLength"]),
            ("{if: {type: string}, then: {minLength: 2}, else: {minimum: 2}}", "1", ["minimum"]),
            ("{if: {type: string}, then: {minLength: 2}, else: {minimum: 2}}", "\"ab\"", []),
            ("{if: {type: string}}", "1", []), ("{then: {minimum: 2}}", "1", []),
            ("{type: string, anyOf: [{minLength: 3}]}", "1", ["type"]),
        ] as [(String, String, [String])])
    func combinations(schema: String, value: String, expected: [String]) throws {
        #expect(try broken(schema, value) == expected)
    }

    @Test("follows references into the document, also around in circles through the value")
    func references() throws {
        let tree = "{type: object, required: [v], properties: {v: {type: integer}, left: {$ref: \"#\"}, right: {$ref: \"#\"}}}"
        #expect(try broken(tree, #"{"v":1,"left":{"v":2,"right":{"v":3}}}"#) == [])
        let found = try errors(tree, #"{"v":1,"left":{"v":2,"right":{"v":"x"}}}"#)
        #expect(found.map(\.instancePointer) == ["/left/right/v"])
        #expect(found.map(\.schemaPointer) == ["/properties/v/type"])
    }

    @Test("JSON Schema applies what stands beside a reference, OpenAPI 3.0 ignores it")
    func siblings() throws {
        let schema = "{properties: {a: {$ref: \"#/$defs/n\", maximum: 5}}, $defs: {n: {type: integer}}}"
        #expect(try broken(schema, #"{"a":6}"#) == ["maximum"])
        #expect(try broken(schema, #"{"a":6}"#, dialect: .oas31) == ["maximum"])
        #expect(try broken(schema, #"{"a":6}"#, dialect: .oas30) == [])
        #expect(try broken(schema, #"{"a":"x"}"#, dialect: .oas30) == ["type"])
    }

    @Test("ends a check that would take exponential time, as invalid")
    func budget() throws {
        let schema = "{anyOf: [{properties: {c: {$ref: \"#\"}}, required: [x]}, {properties: {c: {$ref: \"#\"}}, required: [y]}]}"
        let value = String(repeating: "{\"c\":", count: 40) + "{}" + String(repeating: "}", count: 40)
        #expect(try !errors(schema, value).isEmpty)
        let inverted = "{not: \(schema)}"
        #expect(try !errors(inverted.replacing("\"#\"", with: "\"#/not\""), value).isEmpty)
    }
}
