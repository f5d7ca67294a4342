import JSONSchema
import Testing

@Suite struct UnevaluatedTests {
    @Test(
        "refuses members that no rule for the same object looked at",
        arguments: [
            ("{properties: {a: {}}, unevaluatedProperties: false}", #"{"a":1,"b":2}"#, ["/b"]),
            ("{properties: {a: {}}, additionalProperties: {}, unevaluatedProperties: false}", #"{"a":1,"b":2}"#, []),
            ("{patternProperties: {^a: {}}, unevaluatedProperties: false}", #"{"ab":1,"b":2}"#, ["/b"]),
            ("{unevaluatedProperties: {type: integer}}", #"{"a":1,"b":"x"}"#, ["/b"]),
            (
                "{allOf: [{properties: {a: {}}}, {properties: {b: {}}}], unevaluatedProperties: false}", #"{"a":1,"b":2,"c":3}"#,
                ["/c"]
            ),
            (
                "{anyOf: [{required: [x], properties: {a: {}}}, {properties: {b: {}}}], unevaluatedProperties: false}",
                #"{"a":1,"b":2}"#, ["/a"]
            ),
            ("{anyOf: [{properties: {a: {}}}, {properties: {b: {}}}], unevaluatedProperties: false}", #"{"a":1,"b":2}"#, []),
            (
                "{oneOf: [{required: [a], properties: {a: {}}}, {required: [z]}], unevaluatedProperties: false}",
                #"{"a":1,"b":2}"#, ["/b"]
            ),
            (
                "{not: {not: {properties: {a: {}}}}, properties: {b: {}}, allOf: [{}], unevaluatedProperties: false}",
                #"{"a":1,"b":2}"#, ["/a"]
            ),
            (
                "{if: {properties: {a: {const: 1}}, required: [a]}, else: {properties: {b: {}}}, unevaluatedProperties: false}",
                #"{"a":1}"#, []
            ),
            (
                "{if: {properties: {a: {const: 1}}, required: [a]}, else: {properties: {b: {}}}, unevaluatedProperties: false}",
                #"{"a":2,"b":1}"#, ["/a"]
            ),
            ("{dependentSchemas: {a: {properties: {a: {}, b: {}}}}, unevaluatedProperties: false}", #"{"a":1,"b":2}"#, []),
            ("{dependentSchemas: {a: {properties: {a: {}, b: {}}}}, unevaluatedProperties: false}", #"{"b":2}"#, ["/b"]),
            ("{$ref: \"#/$defs/d\", $defs: {d: {properties: {a: {}}}}, unevaluatedProperties: false}", #"{"a":1,"b":2}"#, ["/b"]),
            (
                "{allOf: [{properties: {a: {}}, allOf: [{}], unevaluatedProperties: {}}], unevaluatedProperties: false}",
                #"{"a":1,"b":2}"#, []
            ),
            (
                "{properties: {a: {allOf: [{properties: {b: {}}}], unevaluatedProperties: false}}, allOf: [{}], unevaluatedProperties: false}",
                #"{"a":{"b":1},"b":2}"#, ["/b"]
            ),
            ("{allOf: [{}], unevaluatedProperties: false}", "[1]", []),
        ] as [(String, String, [String])])
    func members(schema: String, value: String, places: [String]) throws {
        let found = try errors(schema, value)
        #expect(found.map(\.instancePointer) == places)
    }

    @Test(
        "refuses elements that no rule for the same array looked at",
        arguments: [
            ("{prefixItems: [{}], unevaluatedItems: false}", "[1,2]", ["/1"]),
            ("{items: {}, unevaluatedItems: false}", "[1,2]", []),
            ("{contains: {type: string}, unevaluatedItems: false}", #"["a",1,"b"]"#, ["/1"]),
            ("{allOf: [{prefixItems: [{}, {}]}], prefixItems: [{}], unevaluatedItems: false}", "[1,2,3]", ["/2"]),
            ("{anyOf: [{prefixItems: [{const: 1}]}, {prefixItems: [{}, {const: 9}]}], unevaluatedItems: false}", "[1,2]", ["/1"]),
            ("{anyOf: [{items: {type: string}}, {prefixItems: [{}]}], unevaluatedItems: {type: integer}}", "[1,2]", []),
            ("{allOf: [{}], unevaluatedItems: false}", "{}", []),
        ] as [(String, String, [String])])
    func elements(schema: String, value: String, places: [String]) throws {
        #expect(try errors(schema, value).map(\.instancePointer) == places)
    }

    @Test("marks members of objects of every size", arguments: [1, 63, 64, 65, 128, 5000])
    func sizes(count: Int) throws {
        let schema = "{anyOf: [{patternProperties: {^m: {type: integer}}}, {required: [none]}], unevaluatedProperties: false}"
        let members = (0..<count).map { "\"m\($0)\":1" }
        #expect(try errors(schema, "{\(members.joined(separator: ","))}") == [])
        let found = try errors(schema, "{\(members.joined(separator: ",")),\"other\":1}")
        #expect(found.map(\.instancePointer) == ["/other"])
    }

    @Test("does not blame members of an alternative that failed for being unknown")
    func alternatives() throws {
        let schema =
            "{oneOf: [{properties: {a: {const: 1}}, required: [a]}, {properties: {b: {const: 1}}, required: [b]}], unevaluatedProperties: false}"
        #expect(try broken(schema, #"{"a":2}"#) == ["oneOf"])
    }
}
