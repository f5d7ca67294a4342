import JSONSchema
import Testing

@Suite struct ContentTests {
    @Test(
        "checks what strings hold when asked to",
        arguments: [
            ("{contentEncoding: base64}", "Zm9vYmFy", []), ("{contentEncoding: base64}", "Zm9vYg==", []),
            ("{contentEncoding: base64}", "", []),
            ("{contentEncoding: base64}", "Zm9vYg", ["contentEncoding"]),
            ("{contentEncoding: base64}", "Zm9vYh==", ["contentEncoding"]),
            ("{contentEncoding: base64}", "Zm9v-g==", ["contentEncoding"]),
            ("{contentEncoding: base64}", "=", ["contentEncoding"]),
            ("{contentEncoding: base64}", "A===", ["contentEncoding"]),
            ("{contentEncoding: base64url}", "Zm9v-g", []), ("{contentEncoding: base64url}", "Zm9v-g==", []),
            ("{contentEncoding: base32}", "MZXW6YTB", []), ("{contentEncoding: base32}", "MZXW6===", []),
            ("{contentEncoding: base32}", "MZXW6==", ["contentEncoding"]),
            ("{contentEncoding: base32}", "mzxw6ytb", ["contentEncoding"]),
            ("{contentEncoding: base16}", "00fF", []), ("{contentEncoding: base16}", "0", ["contentEncoding"]),
            ("{contentMediaType: application/json}", "[1]", []),
            ("{contentMediaType: application/json}", "[1", ["contentMediaType"]),
            ("{contentMediaType: text/plain}", "[1", []),
            ("{contentMediaType: application/json, contentEncoding: base64}", "WzFd", []),
            ("{contentMediaType: application/json, contentEncoding: base64}", "WzE=", ["contentMediaType"]),
            ("{contentMediaType: application/json, contentSchema: {type: array}}", "[1]", []),
            ("{contentMediaType: application/json, contentSchema: {type: object}}", "[1]", ["contentMediaType"]),
            ("{contentSchema: {type: object}}", "[1]", []),
        ] as [(String, String, [String])])
    func content(schema: String, text: String, expected: [String]) throws {
        #expect(try errors(schema, "\"\(text)\"", content: true).map(\.keyword) == expected)
        #expect(try errors(schema, "\"\(text)\"") == [])
    }
}
