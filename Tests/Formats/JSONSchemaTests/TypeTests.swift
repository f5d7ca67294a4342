import JSONSchema
import Testing

@Suite struct TypeTests {
    static let values: [(text: String, types: Set<String>)] = [
        ("{}", ["object"]), ("[]", ["array"]), ("\"\"", ["string"]), ("1", ["integer", "number"]),
        ("1.0", ["integer", "number"]), ("1e2", ["integer", "number"]),
        ("1e400", ["integer", "number"]), ("1.5", ["number"]), ("1e-1", ["number"]), ("true", ["boolean"]),
        ("false", ["boolean"]), ("null", ["null"]),
    ]
    static let names = ["object", "array", "string", "integer", "number", "boolean", "null"]

    @Test("accepts exactly the values of a type", arguments: names)
    func single(name: String) throws {
        for value in Self.values {
            #expect(
                try broken("{type: \(name == "null" ? "\"null\"" : name)}", value.text)
                    == (value.types.contains(name) ? [] : ["type"]))
        }
    }

    @Test(
        "accepts the values of every type in a list",
        arguments: [["string", "null"], ["integer", "object"], ["array", "boolean", "number"]])
    func several(names: [String]) throws {
        let schema = "{type: [\(names.map { "\"\($0)\"" }.joined(separator: ", "))]}"
        for value in Self.values {
            #expect(try broken(schema, value.text) == (value.types.isDisjoint(with: names) ? ["type"] : []))
        }
    }

    @Test("OpenAPI 3.0 adds null by nullable")
    func nullable() throws {
        #expect(try broken("{type: string, nullable: true}", "null", dialect: .oas30) == [])
        #expect(try broken("{type: string, nullable: false}", "null", dialect: .oas30) == ["type"])
        #expect(try broken("{type: string, nullable: true}", "1", dialect: .oas30) == ["type"])
        #expect(try broken("{type: string, nullable: true, enum: [a]}", "null", dialect: .oas30) == ["enum"])
        #expect(try broken("{type: string, nullable: true}", "null", dialect: .oas31) == ["type"])
    }

    @Test("boolean schemas allow everything or nothing")
    func booleans() throws {
        for value in Self.values {
            #expect(try broken("true", value.text) == [])
            #expect(try broken("false", value.text) == ["false"])
            #expect(try broken("{}", value.text) == [])
        }
    }
}
