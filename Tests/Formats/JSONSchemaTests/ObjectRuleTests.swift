import JSONSchema
import Testing

@Suite struct ObjectRuleTests {
    static let contact = """
        type: object
        required: [name, email]
        additionalProperties: false
        properties: {name: {type: string}, email: {type: string}, age: {type: integer}, a_name_longer_than_eight: {type: "null"}}
        """

    @Test(
        "checks declared, required and further members",
        arguments: [
            (#"{"name":"a","email":"b"}"#, []), (#"{"email":"b","name":"a","age":3,"a_name_longer_than_eight":null}"#, []),
            (#"{"name":"a"}"#, ["required"]),
            (#"{}"#, ["required", "required"]), (#"{"name":"a","email":"b","other":1}"#, ["additionalProperties"]),
            (#"{"name":1,"email":"b"}"#, ["type"]),
            (#"{"n\u0061me":"a","email":"b"}"#, []), (#"{"n\u0061me":1,"email":"b"}"#, ["type"]),
            (#"{"name":"a","email":"b","Age":1}"#, ["additionalProperties"]),
            (#"{"name":"a","email":"b","a_name_longer_than_eighs":null}"#, ["additionalProperties"]),
            (#"{"name":2,"x":1}"#, ["additionalProperties", "required", "type"]),
            (#"{"name":"a","email":"b","":null}"#, ["additionalProperties"]), ("[]", ["type"]),
        ] as [(String, [String])])
    func members(value: String, expected: [String]) throws {
        #expect(try broken(Self.contact, value) == expected)
    }

    @Test("finds names of every length, in the order of their declaration and in any other", arguments: 1...20)
    func lengths(length: Int) throws {
        // Names that share a beginning, an end, or both.
        let other = String(repeating: "m", count: length)
        let names = [String(repeating: "n", count: length), "n\(other)", "\(other)n", "n\(other)n", "n\(other)m\(other)n"]
        let declared = names.map { "\"\($0)\": {type: integer, minimum: 1}" }.joined(separator: ", ")
        let schema = "{additionalProperties: false, required: [\"\(names[3])\"], properties: {\(declared)}}"
        for order in [names, names.reversed(), Array(names.dropFirst(2)) + names.prefix(2)] {
            #expect(try broken(schema, "{\(order.map { "\"\($0)\":1" }.joined(separator: ","))}") == [])
            #expect(try broken(schema, "{\(order.map { "\"\($0)\":0" }.joined(separator: ","))}").count == order.count)
        }
        #expect(try broken(schema, "{\"n\(other)n\":1,\"o\(other)n\":1}") == ["additionalProperties"])
        #expect(try broken(schema, "{\"n\(other)n\":1,\"n\(other)o\":1}") == ["additionalProperties"])
    }

    @Test("applies a schema to members that are not declared, and to required ones that are not")
    func additionalSchema() throws {
        let schema = "{required: [r], properties: {p: {}}, additionalProperties: {type: integer}}"
        #expect(try broken(schema, #"{"r":1,"p":"x","q":2}"#) == [])
        #expect(try broken(schema, #"{"r":"x"}"#) == ["type"])
        #expect(try broken(schema, #"{"r":1,"q":"x"}"#) == ["type"])
    }

    @Test("requires every one of many names", arguments: [1, 63, 64, 65, 66, 200])
    func manyRequired(count: Int) throws {
        let names = (0..<count).map { "n\($0)" }
        let schema = "{required: [\(names.joined(separator: ", "))], properties: {n0: {type: integer}}}"
        let members = names.map { "\"\($0)\":1" }
        #expect(try broken(schema, "{\(members.joined(separator: ","))}") == [])
        for missing in [0, count / 2, count - 1] {
            var rest = members
            rest.remove(at: missing)
            let found = try errors(schema, "{\(rest.joined(separator: ","))}")
            #expect(found.map(\.message) == ["must have the member n\(missing)"])
        }
    }

    @Test("counts members", arguments: [(0, ["minProperties"]), (1, []), (2, []), (3, ["maxProperties"])] as [(Int, [String])])
    func counts(members: Int, expected: [String]) throws {
        let value = "{\((0..<members).map { "\"m\($0)\":0" }.joined(separator: ","))}"
        #expect(try broken("{minProperties: 1, maxProperties: 2}", value) == expected)
    }

    @Test("checks names and dependencies")
    func names() throws {
        #expect(try broken("{propertyNames: {maxLength: 2}}", #"{"ab":1,"abc":2}"#) == ["maxLength"])
        #expect(try broken("{dependentRequired: {a: [b]}}", #"{"a":1}"#) == ["dependentRequired"])
        #expect(try broken("{dependentRequired: {a: [b]}}", #"{"a":1,"b":1}"#) == [])
        #expect(try broken("{dependentRequired: {a: [b]}}", "{}") == [])
        #expect(try broken("{dependentSchemas: {a: {maxProperties: 1}}}", #"{"a":1,"b":1}"#) == ["maxProperties"])
    }

    @Test(
        "does not require what the other direction owns",
        arguments: [
            (.request, "id", true), (.request, "secret", false), (.response, "id", false), (.response, "secret", true),
            (.either, "id", false),
        ] as [(SchemaDirection, String, Bool)])
    func directions(direction: SchemaDirection, missing: String, isValid: Bool) throws {
        let schema = """
            {required: [id, secret], properties: {id: {$ref: "#/$defs/id"}, secret: {type: string, writeOnly: true}}, $defs: {id: {type: string, readOnly: true}}}
            """
        let value = missing == "id" ? #"{"secret":"s"}"# : #"{"id":"i"}"#
        #expect(try errors(schema, value, direction: direction).isEmpty == isValid)
    }
}
