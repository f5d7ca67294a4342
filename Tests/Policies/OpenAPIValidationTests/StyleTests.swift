import Bytes
import OpenAPIValidation
import Testing

/// The table of styles (OpenAPI 3.1.1 section 4.8.12.3), in each location and with each kind of value.
@Suite("Styles of parameters")
struct StyleTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let location: String
        let style: String
        let explode: Bool
        let type: String
        let raw: String
        let expected: String

        init(_ location: String, _ style: String, _ explode: Bool, _ type: String, _ raw: String, _ expected: String) {
            (self.location, self.style, self.explode, self.type) = (location, style, explode, type)
            (self.raw, self.expected) = (raw, expected)
        }

        var testDescription: String { "\(location) \(style) explode: \(explode) \(type): \(raw)" }
    }

    private static let list = #"["blue","black","brown"]"#
    private static let color = #"{"R":"100","G":"200","B":"150"}"#

    static let rows: [Row] = [
        Row("path", "matrix", false, "string", ";param=blue", "\"blue\""),
        Row("path", "matrix", true, "string", ";param=blue", "\"blue\""),
        Row("path", "matrix", false, "string", ";param", "\"\""),
        Row("path", "matrix", false, "array", ";param=blue,black,brown", list),
        Row("path", "matrix", true, "array", ";param=blue;param=black;param=brown", list),
        Row("path", "matrix", false, "object", ";param=R,100,G,200,B,150", color),
        Row("path", "matrix", true, "object", ";R=100;G=200;B=150", color),
        Row("path", "label", false, "string", ".blue", "\"blue\""),
        Row("path", "label", true, "string", ".blue", "\"blue\""),
        Row("path", "label", false, "array", ".blue,black,brown", list),
        Row("path", "label", true, "array", ".blue.black.brown", list),
        Row("path", "label", false, "object", ".R,100,G,200,B,150", color),
        Row("path", "label", true, "object", ".R=100.G=200.B=150", color),
        Row("path", "simple", false, "string", "blue", "\"blue\""),
        Row("path", "simple", true, "string", "blue", "\"blue\""),
        Row("path", "simple", false, "array", "blue,black,brown", list),
        Row("path", "simple", true, "array", "blue,black,brown", list),
        Row("path", "simple", false, "object", "R,100,G,200,B,150", color),
        Row("path", "simple", true, "object", "R=100,G=200,B=150", color),
        Row("header", "simple", false, "string", "blue", "\"blue\""),
        Row("header", "simple", true, "string", "blue", "\"blue\""),
        Row("header", "simple", false, "array", "blue,black,brown", list),
        Row("header", "simple", true, "array", "blue, black ,brown", list),
        Row("header", "simple", false, "object", "R,100,G,200,B,150", color),
        Row("header", "simple", true, "object", "R=100,G=200,B=150", color),
        Row("query", "form", false, "string", "param=blue", "\"blue\""),
        Row("query", "form", true, "string", "param=blue", "\"blue\""),
        Row("query", "form", true, "string", "param=", "\"\""),
        Row("query", "form", false, "array", "param=blue,black,brown", list),
        Row("query", "form", true, "array", "param=blue&param=black&param=brown", list),
        Row("query", "form", true, "array", "param=", "[]"),
        Row("query", "form", false, "object", "param=R,100,G,200,B,150", color),
        Row("query", "form", true, "object", "R=100&G=200&B=150", color),
        Row("query", "spaceDelimited", false, "array", "param=blue%20black%20brown", list),
        Row("query", "spaceDelimited", false, "array", "param=blue+black+brown", list),
        Row("query", "spaceDelimited", false, "object", "param=R%20100%20G%20200%20B%20150", color),
        Row("query", "pipeDelimited", false, "array", "param=blue|black|brown", list),
        Row("query", "pipeDelimited", false, "array", "param=blue%7Cblack%7cbrown", list),
        Row("query", "pipeDelimited", false, "object", "param=R|100|G|200|B|150", color),
        Row("query", "deepObject", true, "object", "param[R]=100&param%5BG%5D=200&param[B]=150", color),
        Row("cookie", "form", false, "string", "a=b; param=blue", "\"blue\""),
        Row("cookie", "form", true, "string", "param=blue", "\"blue\""),
        Row("cookie", "form", false, "array", "param=blue,black,brown", list),
        Row("cookie", "form", true, "array", "param=blue; param=black; param=brown", list),
        Row("cookie", "form", false, "object", "param=R,100,G,200,B,150", color),
        Row("cookie", "form", true, "object", "R=100; G=200; B=150", color),
        // What is escaped is no delimiter; what is not written in the style is a fault.
        Row("path", "simple", false, "array", "a%2Cb,c", #"["a,b","c"]"#),
        Row("query", "form", false, "array", "param=a%2Cb,c", #"["a,b","c"]"#),
        Row("header", "simple", false, "string", "100%25", "\"100%25\""),
        Row("cookie", "form", false, "string", "param=100%25+", "\"100%+\""),
        Row("path", "matrix", false, "string", "blue", "path.param malformed"),
        Row("path", "matrix", false, "string", ";other=blue", "path.param malformed"),
        Row("path", "matrix", true, "array", ";param=blue;other=black", "path.param malformed"),
        Row("path", "label", false, "string", "blue", "path.param malformed"),
        Row("path", "simple", false, "object", "R,100,G", "path.param malformed"),
        Row("path", "simple", true, "object", "R=100,G", "path.param malformed"),
        Row("path", "simple", true, "object", "R=100,R=200", "path.param repeated"),
        Row("query", "deepObject", true, "object", "param=1", "query.param malformed"),
        Row("query", "deepObject", true, "object", "param[a][b]=1", "query.param malformed"),
        Row("query", "deepObject", true, "object", "param[]=1", "query.param malformed"),
        Row("query", "form", false, "array", "param=a&param=b", "query.param repeated"),
        Row("query", "form", true, "string", "param=a&param=b", "query.param repeated"),
        Row("query", "form", true, "string", "other=a", "query.param required"),
        Row("query", "form", true, "string", "param=%f", "query.param percent-encoding"),
        Row("query", "form", true, "string", "%para=1", "query percent-encoding, query.param required"),
        Row("query", "form", true, "string", "param=%ff", "query.param invalid-utf8"),
    ]

    @Test("text is read by location, style and explode", arguments: rows)
    func reading(row: Row) throws {
        let schema = "{type: \(row.type)}"
        #expect(try Service.value(row.location, row.style, row.explode, schema, row.raw) == row.expected)
    }

    @Test(
        "a style its location does not have is refused with the document",
        arguments: [
            ("query", "matrix"), ("query", "simple"), ("path", "deepObject"), ("path", "spaceDelimited"),
            ("path", "pipeDelimited"), ("path", "form"), ("header", "form"), ("cookie", "simple"), ("query", "unsupported"),
        ])
    func refusedStyles(location: String, style: String) {
        let path = location == "path" ? "/{param}" : "/x"
        let parameter = "{name: param, in: \(location), required: true, style: \(style), schema: {type: array}}"
        #expect(Service.one("{parameters: [\(parameter)]}", path: path) == nil)
    }

    @Test(
        "a style is refused for values it cannot write",
        arguments: [
            ("deepObject", "string", true), ("deepObject", "array", true), ("spaceDelimited", "string", true),
            ("pipeDelimited", "integer", true), ("deepObject", "object", false), ("pipeDelimited", "array", false),
        ])
    func refusedValues(style: String, type: String, isRefused: Bool) {
        let service = Service.one("{parameters: [{name: p, in: query, style: \(style), schema: {type: \(type)}}]}")
        #expect((service == nil) == isRefused)
    }

    @Test(
        "text becomes the value that its schema allows",
        arguments: [
            ("{type: integer}", "param=42", "42"), ("{type: integer}", "param=4x", "query.param type"),
            ("{type: integer}", "param=1.5", "query.param type"), ("{type: number}", "param=1.5e3", "1.5e3"),
            ("{type: number}", "param=01", "query.param type"), ("{type: number}", "param=+1", "query.param type"),
            ("{type: boolean}", "param=true", "true"), ("{type: boolean}", "param=1", "query.param type"),
            ("{type: string}", "param=42", "\"42\""), ("{}", "param=42", "\"42\""),
            ("{type: 'null'}", "param=", "null"), ("{type: [string, 'null']}", "param=", "\"\""),
            ("{type: [integer, 'null']}", "param=null", "null"), ("{type: [integer, 'null']}", "param=", "null"),
            ("{type: [string, integer]}", "param=42", "42"), ("{type: [string, integer]}", "param=x", "\"x\""),
            // Text where the number breaks a rule that the text does not.
            ("{anyOf: [{type: integer, maximum: 9}, {type: string, minLength: 2}]}", "param=42", "\"42\""),
            ("{anyOf: [{type: integer, maximum: 9}, {type: string, minLength: 3}]}", "param=42", "query.param maximum"),
            ("{enum: [1, 2]}", "param=2", "2"), ("{enum: ['1', '2']}", "param=2", "\"2\""),
            ("{const: true}", "param=true", "true"),
            ("{$ref: '#/components/schemas/Id'}", "param=7", "7"),
            ("{allOf: [{$ref: '#/components/schemas/Id'}, {maximum: 5}]}", "param=7", "query.param maximum"),
            ("{type: array, items: {type: integer}}", "param=1&param=2", "[1,2]"),
            ("{type: array, items: {$ref: '#/components/schemas/Id'}}", "param=1&param=x", "query.param /1 type"),
            ("{anyOf: [{type: string, pattern: '^[a-z]+$'}, {type: array, items: {type: integer}}]}", "param=abc", "\"abc\""),
            ("{anyOf: [{type: string}, {type: array, items: {type: integer}}]}", "param=1&param=2", "[1,2]"),
            (
                "{type: object, properties: {n: {type: integer}}, additionalProperties: {type: boolean}}", "n=1&x=true",
                #"{"n":1,"x":true}"#
            ),
            ("{type: object, properties: {n: {type: integer}}}", "n=1&x=true", #"{"n":1}"#),
            ("{type: object, properties: {n: {type: array, items: {type: integer}}}}", "n=1&n=2", #"{"n":[1,2]}"#),
            ("{type: object, properties: {n: {type: integer}}}", "n=1&n=2", "query.param /n type"),
            ("{properties: {n: {type: integer}}}", "n=1", #"{"n":1}"#),
        ])
    func typing(schema: String, raw: String, expected: String) throws {
        let service = try #require(
            Service.one(
                "{parameters: [{name: param, in: query, required: true, schema: \(schema)}]}",
                components: "{schemas: {Id: {type: integer}}}"))
        let faults = service.faults(query: raw)
        #expect((faults.isEmpty ? String(service.scratch.value) : faults.joined(separator: ", ")) == expected)
    }

    @Test("a plus sign is a space in a query, unless reserved characters stand for themselves")
    func plus() throws {
        #expect(try Service.value("query", "form", true, "{type: string}", "param=a+b%2Bc") == "\"a b+c\"")
        #expect(try Service.value("query", "form", true, "{type: string}", "param=a+b/c", allowReserved: true) == "\"a+b/c\"")
        #expect(try Service.value("path", "simple", false, "{type: string}", "a+b") == "\"a+b\"")
    }
}
