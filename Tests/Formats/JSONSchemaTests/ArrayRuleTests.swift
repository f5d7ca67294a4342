import JSONSchema
import Testing

@Suite struct ArrayRuleTests {
    @Test(
        "checks elements",
        arguments: [
            ("{items: {type: integer}}", "[1,2]", []), ("{items: {type: integer}}", "[1,\"a\",true]", ["type", "type"]),
            ("{items: false}", "[]", []),
            ("{items: false}", "[1]", ["items"]), ("{prefixItems: [{type: string}, {type: integer}]}", "[\"a\",1,null]", []),
            ("{prefixItems: [{type: string}, {type: integer}]}", "[\"a\"]", []),
            ("{prefixItems: [{type: string}], items: {type: integer}}", "[\"a\",\"b\"]", ["type"]),
            ("{prefixItems: [{}], items: false}", "[1,2]", ["items"]), ("{minItems: 1, maxItems: 2}", "[]", ["minItems"]),
            ("{minItems: 1, maxItems: 2}", "[1]", []),
            ("{minItems: 1, maxItems: 2}", "[1,2]", []), ("{minItems: 1, maxItems: 2}", "[1,2,3]", ["maxItems"]),
            ("{contains: {type: string}}", "[1]", ["contains"]),
            ("{contains: {type: string}}", "[1,\"a\"]", []),
            ("{contains: {}, minContains: 2, maxContains: 3}", "[1]", ["minContains"]),
            ("{contains: {}, minContains: 2, maxContains: 3}", "[1,2,3]", []),
            ("{contains: {}, minContains: 2, maxContains: 3}", "[1,2,3,4]", ["maxContains"]),
            ("{contains: {type: string}, minContains: 0}", "[1]", []), ("{items: {type: integer}, uniqueItems: true}", "{}", []),
        ] as [(String, String, [String])])
    func elements(schema: String, value: String, expected: [String]) throws {
        #expect(try broken(schema, value) == expected)
    }

    @Test("finds equal elements in arrays of every size", arguments: [2, 3, 8, 9, 10, 100, 3000])
    func unique(count: Int) throws {
        let elements = (0..<count).map { "{\"k\":[\($0),\"\($0)\"]}" }
        #expect(try broken("{uniqueItems: true}", "[\(elements.joined(separator: ","))]") == [])
        // The same element written otherwise.
        let repeated = elements + ["{ \"\\u006b\": [\(count / 2).0, \"\(count / 2)\"] }"]
        #expect(try broken("{uniqueItems: true}", "[\(repeated.joined(separator: ","))]") == ["uniqueItems"])
        #expect(try broken("{uniqueItems: false}", "[\(repeated.joined(separator: ","))]") == [])
    }
}
