import JSONSchema
import Testing

@Suite struct SchemaErrorTests {
    static let schema = """
        type: object
        properties:
          list: {type: array, items: {type: object, properties: {"a/b~c": {type: integer, minimum: 3}}}}
        additionalProperties: false
        """

    @Test("points at the value and at the rule")
    func pointers() throws {
        let found = try errors(Self.schema, #"{"list":[{},{"a/b~c":1}],"x/y":0}"#)
        #expect(
            found == [
                SchemaError(
                    instancePointer: "/list/1/a~1b~0c", schemaPointer: "/properties/list/items/properties/a~1b~0c/minimum",
                    keyword: "minimum", message: "must be at least 3"),
                SchemaError(
                    instancePointer: "/x~1y", schemaPointer: "/additionalProperties", keyword: "additionalProperties",
                    message: "is not a member this object may have", subject: "integer"),
            ])
    }

    @Test(
        "names what a rule is about where that is no value",
        arguments: [
            ("{type: string}", "1", "integer"), ("{type: string}", "1.5e1", "integer"), ("{type: string}", "1.5", "number"),
            ("{type: string}", "[]", "array"), ("{type: string}", "{}", "object"), ("{type: string}", "true", "boolean"),
            ("{type: string}", "null", "null"), ("{type: integer}", #""secret""#, "string"), ("{required: [a]}", "{}", "a"),
            ("{additionalProperties: false}", #"{"x":"secret"}"#, "string"),
            ("{unevaluatedProperties: false, allOf: [{properties: {a: {}}}]}", #"{"x":"secret"}"#, "string"),
            ("{properties: {x: false}}", #"{"x":[1]}"#, "array"),
            ("{dependentRequired: {a: [b]}}", #"{"a":1}"#, "b"), ("{const: secret}", "1", nil), ("{maximum: 0}", "1", nil),
            ("{propertyNames: {type: integer}}", #"{"secret":1}"#, nil),
        ] as [(String, String, String?)])
    func subject(schema: String, text: String, expected: String?) throws {
        #expect(try errors(schema, text).map(\.subject) == [expected])
    }

    @Test(
        "answers at most as many errors as asked for, and one at least",
        arguments: [(-1, 1), (0, 1), (1, 1), (2, 2), (5, 5), (6, 6), (7, 6)])
    func limit(most: Int, expected: Int) throws {
        #expect(try errors("{items: {type: integer}}", #"["a","b","c","d","e","f"]"#, maxErrors: most).count == expected)
    }

    @Test("points at the root with an empty pointer")
    func root() throws {
        let found = try errors("{type: string}", "1")
        #expect(found.map(\.instancePointer) == [""])
        #expect(found.map(\.schemaPointer) == ["/type"])
    }
}
