import JSONSchema
import Testing

@Suite struct ScalarRuleTests {
    @Test(
        "counts code points, not bytes or escapes",
        arguments: [
            ("", ["minLength"]), ("a", ["minLength"]), ("ab", []), ("abc", []), ("abcd", ["maxLength"]), ("éé", []), ("日本語", []),
            ("日", ["minLength"]),
            ("😀😀😀", []), ("😀😀😀😀", ["maxLength"]), (#"\n\n\n"#, []), (#"\u0061"#, ["minLength"]), (#"\ud83d\ude00b"#, []),
            (#"\ud83d\ude00bcd"#, ["maxLength"]),
        ] as [(String, [String])])
    func lengths(text: String, expected: [String]) throws {
        #expect(try broken("{minLength: 2, maxLength: 3}", "\"\(text)\"") == expected)
    }

    @Test(
        "compares numbers by value",
        arguments: [
            ("{minimum: 1}", "1", []), ("{minimum: 1}", "0", ["minimum"]), ("{minimum: 1}", "0.999", ["minimum"]),
            ("{minimum: 1}", "1e0", []), ("{maximum: 1.5}", "1.5", []),
            ("{maximum: 1.5}", "1.51", ["maximum"]), ("{exclusiveMinimum: 1}", "1", ["exclusiveMinimum"]),
            ("{exclusiveMinimum: 1}", "1.0001", []),
            ("{exclusiveMaximum: 1}", "1.0", ["exclusiveMaximum"]), ("{exclusiveMaximum: 1}", "0", []),
            ("{maximum: 9007199254740993}", "9007199254740993", []),
            ("{maximum: 9007199254740993}", "9007199254740994", ["maximum"]),
            ("{maximum: 9223372036854775807}", "9223372036854775807", []),
            ("{maximum: 9223372036854775807}", "1e19", ["maximum"]), ("{maximum: 5}", "1e999", ["maximum"]),
            ("{minimum: 5}", "-1e999", ["minimum"]), ("{minimum: 5}", "\"x\"", []),
            ("{minimum: 1, exclusiveMinimum: 1}", "1", ["exclusiveMinimum"]), ("{minimum: 2, exclusiveMinimum: 1}", "2", []),
            ("{minimum: 2, exclusiveMinimum: 1}", "1.5", ["minimum"]),
            ("{maximum: 2, exclusiveMaximum: 3}", "2.5", ["maximum"]), ("{multipleOf: 0.01}", "19.99", []),
            ("{multipleOf: 0.01}", "19.999", ["multipleOf"]),
            ("{multipleOf: 3}", "9", []), ("{multipleOf: 3}", "10", ["multipleOf"]), ("{multipleOf: 3}", "0", []),
            ("{multipleOf: 1e-8}", "12391239123", []),
        ] as [(String, String, [String])])
    func numbers(schema: String, value: String, expected: [String]) throws {
        #expect(try broken(schema, value) == expected)
    }

    @Test(
        "compares the integers of members by value",
        arguments: [
            ("{minimum: -2, maximum: 12}", ["-2", "-0", "12", "12.0", "1.2e1"], ["-3", "13", "12.5", "1e2", "-10"]),
            ("{exclusiveMinimum: -2, exclusiveMaximum: 12}", ["-1", "11", "11.9"], ["-2", "12", "-2.0", "1.2e1"]),
            ("{minimum: 100000000000000000}", ["100000000000000000", "1000000000000000000", "1e17"], ["99999999999999999"]),
            ("{exclusiveMinimum: 9223372036854775807}", ["9223372036854775808"], ["9223372036854775807", "1"]),
            ("{exclusiveMaximum: -9223372036854775808}", ["-9223372036854775809"], ["-9223372036854775808", "-1"]),
            ("{minimum: 9223372036854775808}", ["9223372036854775808"], ["9223372036854775807"]),
            ("{type: integer, minimum: 1}", ["1", "1.0", "10e-1"], ["0", "1.5", "true"]),
        ] as [(String, [String], [String])])
    func members(schema: String, allowed: [String], refused: [String]) throws {
        let schema = "{properties: {m: \(schema)}}"
        for value in allowed { #expect(try broken(schema, "{\"m\":\(value)}") == [], "\(value)") }
        for value in refused { #expect(try broken(schema, "{\"m\":\(value)}").count == 1, "\(value)") }
    }

    @Test(
        "counts the code points of members",
        arguments: [
            ("{minLength: 1}", ["a", #"\n"#, "é"], [""]),
            ("{maxLength: 3}", ["", "abc", "日本語", #"\u0061bc"#], ["abcd", #"\u0061bcd"#]),
            (
                "{minLength: 3, maxLength: 4}", ["abc", "日本語", #"\ud83d\ude00\ud83d\ude00x"#],
                ["ab", "日本", #"\ud83d\ude00x"#, "abcde"]
            ),
            (
                "{enum: [ab, abcdefgh, \"\", abcdefghijklmnopq]}", ["ab", "abcdefgh", "", "abcdefghijklmnopq"],
                ["a", "abcdefgx", "abcdefghijklmnopr"]
            ),
        ] as [(String, [String], [String])])
    func texts(schema: String, allowed: [String], refused: [String]) throws {
        let schema = "{properties: {m: \(schema)}}"
        for value in allowed { #expect(try broken(schema, "{\"m\":\"\(value)\"}") == [], "\(value)") }
        for value in refused { #expect(try broken(schema, "{\"m\":\"\(value)\"}").count == 1, "\(value)") }
    }

    @Test(
        "reads OpenAPI 3.0's boolean exclusive bounds",
        arguments: [
            ("{minimum: 1, exclusiveMinimum: true}", "1", ["exclusiveMinimum"]),
            ("{minimum: 1, exclusiveMinimum: false}", "1", []),
            ("{maximum: 1, exclusiveMaximum: true}", "1", ["exclusiveMaximum"]),
            ("{maximum: 1, exclusiveMaximum: true}", "0.9", []),
        ] as [(String, String, [String])])
    func booleanBounds(schema: String, value: String, expected: [String]) throws {
        #expect(try broken(schema, value, dialect: .oas30) == expected)
    }

    @Test(
        "compares constants by value",
        arguments: [
            ("{enum: [a, 1, null, {x: [1]}]}", "\"a\"", []), ("{enum: [a, 1, null, {x: [1]}]}", "1.0", []),
            ("{enum: [a, 1, null, {x: [1]}]}", "null", []),
            ("{enum: [a, 1, null, {x: [1]}]}", "{\"x\":[1e0]}", []), ("{enum: [a, 1, null, {x: [1]}]}", "\"b\"", ["enum"]),
            ("{enum: [a]}", #""\u0061""#, []),
            ("{enum: []}", "1", ["enum"]), ("{const: \"q\\\"\\n\"}", #""q\"\n""#, []), ("{const: false}", "0", ["const"]),
            ("{const: null}", "null", []),
            ("{const: 123456789012345678901234567890}", "123456789012345678901234567890", []),
            ("{const: 123456789012345678901234567890}", "123456789012345678901234567891", ["const"]),
        ] as [(String, String, [String])])
    func constants(schema: String, value: String, expected: [String]) throws {
        #expect(try broken(schema, value) == expected)
    }
}
