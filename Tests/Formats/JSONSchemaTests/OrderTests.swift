import JSONSchema
import Testing

@Suite struct OrderTests {
    @Test("answers errors in the order of the value, whatever the order of the rules")
    func order() throws {
        let schema =
            "{allOf: [{properties: {z: {type: string}}}, {properties: {a: {type: string}}}], required: [y], properties: {m: {type: string}}}"
        #expect(try errors(schema, #"{"a":1,"m":2,"z":3}"#).map(\.instancePointer) == ["", "/a", "/m", "/z"])
    }

    @Test("keeps the first errors of the value when there are more", arguments: 1...5)
    func bound(most: Int) throws {
        let schema =
            "{allOf: [{properties: {d: {type: string}, e: {type: string}}}, {properties: {a: {type: string}, b: {type: string}, c: {type: string}}}]}"
        let found = try errors(schema, #"{"a":1,"b":2,"c":3,"d":4,"e":5}"#, maxErrors: most)
        #expect(found.map(\.instancePointer) == ["/a", "/b", "/c", "/d", "/e"].prefix(most).map(\.self))
    }

    @Test("says what is wrong under the one alternative that allows the type")
    func explained() throws {
        let schema = "{anyOf: [{type: \"null\"}, {type: object, properties: {a: {type: integer}}}]}"
        #expect(try errors(schema, #"{"a":"x"}"#).map(\.instancePointer) == ["/a"])
        #expect(try errors(schema, "1").map(\.keyword) == ["anyOf"])
        let referring =
            ##"{oneOf: [{$ref: "#/$defs/a", description: d}, {type: string}], $defs: {a: {allOf: [{type: object}, {required: [k]}]}}}"##
        #expect(try errors(referring, "{}").map(\.keyword) == ["required"])
    }

    @Test(
        "compares numbers exactly whatever their size",
        arguments: [
            ("{minimum: 123456789012345678901234567890}", "123456789012345678901234567889", ["minimum"]),
            ("{minimum: 123456789012345678901234567890}", "123456789012345678901234567890", []),
            ("{exclusiveMinimum: 1e400}", "1e400", ["exclusiveMinimum"]), ("{minimum: 1e400}", "10e399", []),
            ("{maximum: 1e400}", "1.0000000001e400", ["maximum"]), ("{maximum: -1e400}", "-1e401", []),
            ("{maximum: -1e400}", "-1e399", ["maximum"]),
            ("{maximum: 0.1}", "0.1000000000000000000001", ["maximum"]),
            ("{minimum: 0.1}", "0.0999999999999999999999", ["minimum"]),
            ("{exclusiveMaximum: 9007199254740993}", "9007199254740992.9", []), ("{minimum: 0}", "-0.0", []),
            ("{exclusiveMinimum: 0}", "1e-999", []),
            ("{multipleOf: 3}", "300000000000000000000000000000000000000003", []),
            ("{multipleOf: 3}", "300000000000000000000000000000000000000001", ["multipleOf"]),
            ("{multipleOf: 0.01}", "123456789012345678901234567890.12", []),
            ("{multipleOf: 0.01}", "123456789012345678901234567890.123", ["multipleOf"]),
            ("{multipleOf: 0.123456789}", "1e308", ["multipleOf"]),
        ] as [(String, String, [String])])
    func numbers(schema: String, value: String, expected: [String]) throws {
        #expect(try broken(schema, value) == expected)
    }

    @Test("ends a check whose pattern takes too long as invalid, also where it is inverted")
    func patterns() throws {
        let text = "\"\(String(repeating: "a", count: 40))!\""
        #expect(try broken(#"{pattern: "^(?=(a|a)*$)(a+)+\\1$"}"#, text).isEmpty == false)
        let value = "[\(Array(repeating: text, count: 2000).joined(separator: ","))]"
        #expect(try errors(#"{items: {not: {pattern: "^(?!x)(a+)+\\1$"}}}"#, value).map(\.keyword) == ["limit"])
    }
}
