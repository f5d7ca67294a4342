import Bytes
import JSON
import OpenAPIValidation
import Testing

@Suite("Bodies of a request")
struct BodyTests {
    private static let record = "{schema: {type: object, properties: {n: {type: integer}}, required: [n]}}"

    @Test(
        "the most specific declared media type decides",
        arguments: [
            ("application/json", "{}", ["body n"]), ("Application/JSON; charset=utf-8", "{}", ["body n"]),
            ("application/json; v=2", "{}", ["body two"]), ("application/json; v=\"2\"; x=y", "{}", ["body two"]),
            ("application/vnd.a+json", "{}", ["body a"]), ("application/vnd.b+json", "{}", ["body suffix"]),
            ("application/json+x", "{}", ["unchecked"]), ("application/octet-stream", "{}", ["unchecked"]),
            ("text/json", "{}", ["unsupported"]), ("image/png", "", ["unsupported"]), ("text/plain", "ab", ["body maxLength"]),
            ("text/plain;charset=UTF-8", "a", []), ("text/plain; charset=utf-16", "ab", ["unchecked"]),
            ("application", "{}", ["unsupported"]), ("", "{}", ["unsupported"]),
            ("application/json, text/x", "{}", ["unsupported"]),
            ("*/*", "{}", ["unsupported"]), (nil, "{}", ["unchecked"]),
        ] as [(String?, String, [String])])
    func mediaTypes(type: String?, body: String, faults: [String]) throws {
        func needs(_ name: String) -> String { "{schema: {type: object, required: [\(name)]}}" }
        let service = try #require(
            Service.one(
                """
                {requestBody: {content: {application/json: \(needs("n")), application/json;v=2: \(needs("two")), \
                application/vnd.a+json: \(needs("a")), application/*+json: \(needs("suffix")), application/*: {}, \
                text/plain: {schema: {type: string, maxLength: 1}}}}}
                """))
        // `required` is reported on the object; the schema it stands in is told by its pointer.
        let found = service.bodyFaults(body, type)
        if let expected = faults.first, expected.hasPrefix("body "), !expected.hasSuffix("Length") {
            #expect(found == ["body required"])
            let name = String(expected.dropFirst(5))
            #expect(service.bodyFaults("{\"\(name)\":1}", type) == [])
        } else {
            #expect(found == faults)
        }
    }

    @Test("JSON is parsed and checked, and stays on the tape")
    func json() throws {
        let service = try #require(Service.one("{requestBody: {required: true, content: {application/json: \(Self.record)}}}"))
        #expect(service.bodyFaults(#"{"n":1}"#, "application/json") == [])
        #expect(service.tape.count == 3)
        #expect(service.bodyFaults(#"{"n":"x"}"#, "application/json") == ["body /n type"])
        #expect(service.bodyFaults(#"{"n":1"#, "application/json") == ["body invalid-json"])
        #expect(service.bodyFaults(#"{"n":1,"n":2}"#, "application/json") == ["body invalid-json"])
        #expect(service.validators[0].checkAbsentBody()?.summary == "body required")
        let optional = try #require(Service.one("{requestBody: {content: {application/json: \(Self.record)}}}"))
        #expect(optional.validators[0].checkAbsentBody() == nil)
        let none = try #require(Service.one("{}"))
        #expect(none.bodyFaults("x", "text/plain") == ["unchecked"])
    }

    @Test("text that only has to be text, and binary content, are not held back")
    func unchecked() throws {
        for schema in ["{type: string}", "{type: string, format: binary, maxLength: 1}", "{contentMediaType: application/zip}"] {
            let service = try #require(Service.one("{requestBody: {content: {text/*: {schema: \(schema)}}}}"))
            #expect(service.bodyFaults("ab", "text/csv") == ["unchecked"])
        }
        let service = try #require(Service.one("{requestBody: {content: {text/*: {schema: {type: string, maxLength: 1}}}}}"))
        #expect(service.bodyFaults("ab", "text/csv") == ["body maxLength"])
        #expect(service.bodyFaults("ab", "text/event-stream") == ["unchecked"])
    }

    private static let form = """
        {type: object, required: [name], additionalProperties: {type: string, maxLength: 3}, properties: {name: {type: string}, \
        age: {type: integer}, tags: {type: array, items: {type: string}}, place: {type: object, \
        properties: {x: {type: integer}}}, points: {type: array, items: {type: object, required: [x]}}, \
        piped: {type: array, items: {type: integer}}, deep: {type: object, properties: {a: {type: boolean}}}}}
        """

    @Test(
        "an urlencoded form is the object that its schema describes",
        arguments: [
            ("name=a+b%21&age=3", #"{"name":"a b!","age":3}"#), ("age=3", "body required"),
            ("name=a&age=x", "body /age type"), ("name=a&name=b", "body /name repeated"),
            ("name=a&tags=x&tags=y", #"{"name":"a","tags":["x","y"]}"#), ("name=a&tags=x", #"{"name":"a","tags":["x"]}"#),
            ("name=a&place={\"x\":1}", #"{"name":"a","place":{"x":1}}"#), ("name=a&place={\"x\":true}", "body /place/x type"),
            ("name=a&place={", "body /place invalid-json"),
            ("name=a&points={\"x\":1}&points={}", "body /points/1 required"),
            ("name=a&piped=1|2", #"{"name":"a","piped":[1,2]}"#), ("name=a&piped=1|b", "body /piped/1 type"),
            ("name=a&deep[a]=true", #"{"name":"a","deep":{"a":true}}"#), ("name=a&deep[a]=1", "body /deep/a type"),
            ("name=a&more=abc", #"{"name":"a","more":"abc"}"#), ("name=a&more=abcd", "body /more maxLength"),
            ("name=%", "body /name percent-encoding"), ("name=%FF", "body /name invalid-utf8"),
            ("na%6de=a", #"{"name":"a"}"#),
        ])
    func urlencoded(body: String, expected: String) throws {
        let service = try #require(
            Service.one(
                """
                {requestBody: {content: {application/x-www-form-urlencoded: {schema: \(Self.form), encoding: \
                {piped: {style: pipeDelimited}, deep: {style: deepObject}}}}}}
                """))
        let faults = service.bodyFaults(body, "application/x-www-form-urlencoded")
        #expect((faults.isEmpty ? service.value : faults.joined(separator: ", ")) == expected)
    }

    private static let upload = """
        {requestBody: {content: {multipart/form-data: {schema: {type: object, required: [file], properties: \
        {title: {type: string, minLength: 2}, count: {type: integer}, tags: {type: array, items: {type: string}}, \
        meta: {type: object, properties: {x: {type: integer}}}, \
        file: {type: string, format: binary, minLength: 2, maxLength: 4}, \
        files: {type: array, maxItems: 2, items: {type: string, format: binary}}}}, encoding: {file: {contentType: "image/png, image/*", \
        headers: {X-Size: {required: true, schema: {type: integer}}}}}}}}}
        """

    private func parts(_ parts: [(head: String, body: String)]) -> String {
        parts.map { "--b\r\nContent-Disposition: form-data; \($0.head)\r\n\r\n\($0.body)\r\n" }.joined() + "--b--\r\n"
    }

    private static let file = (
        head: "name=file; filename=\"a.png\"\r\nContent-Type: image/png\r\nX-Size: 3", body: "\u{1}\u{2}\u{3}"
    )

    @Test(
        "a multipart form is the object that its schema describes, its files counted",
        arguments: [
            ([file], #"{"file":""}"#), ([], "body required"),
            ([(head: "name=\"title\"", body: "ab"), file], #"{"title":"ab","file":""}"#),
            ([(head: "name=\"title\"", body: "a"), file], "body /title minLength"),
            ([(head: "name=count", body: "7"), file], #"{"count":7,"file":""}"#),
            ([(head: "name=count", body: "x"), file], "body /count type"),
            ([(head: "name=tags", body: "x"), (head: "name=tags", body: "-"), file], #"{"tags":["x","-"],"file":""}"#),
            ([(head: "name=tags\r\nContent-Type: application/json", body: "[\"x\"]"), file], #"{"tags":["x"],"file":""}"#),
            ([(head: "name=meta\r\nContent-Type: application/json", body: "{\"x\":1}"), file], #"{"meta":{"x":1},"file":""}"#),
            ([(head: "name=meta", body: "{\"x\":true}"), file], "body /meta/x type"),
            ([(head: "name=meta", body: "{"), file], "body /meta invalid-json"),
            ([(head: "name=file\r\nContent-Type: image/gif\r\nX-Size: 1", body: "x")], "body /file minLength"),
            ([(head: "name=file\r\nContent-Type: image/gif\r\nX-Size: 1", body: "12345")], "body /file maxLength"),
            ([(head: "name=file\r\nContent-Type: text/plain\r\nX-Size: 1", body: "xx")], "body /file contentType"),
            ([(head: "name=file\r\nX-Size: 1", body: "xx")], "body /file contentType"),
            ([(head: "name=file\r\nContent-Type: image/gif", body: "xx")], "body /file required"),
            ([(head: "name=file\r\nContent-Type: image/gif\r\nX-Size: a", body: "xx")], "body /file type"),
            (
                [file, (head: "name=files; filename=a", body: "xx"), (head: "name=files; filename=b", body: "")],
                #"{"file":"","files":["",""]}"#
            ),
            ([(head: "name=title", body: "\u{FF}"), file], "body /title minLength"),
            ([(head: "name=other", body: "1"), file], #"{"file":"","other":"1"}"#),
            ([(head: "x=y", body: "1"), file], "body invalid-multipart"),
        ] as [([(head: String, body: String)], String)])
    func multipart(_ list: [(head: String, body: String)], _ expected: String) throws {
        let service = try #require(Service.one(Self.upload))
        let faults = service.bodyFaults(parts(list), "multipart/form-data; boundary=b")
        #expect((faults.isEmpty ? service.value : faults.joined(separator: ", ")) == expected)
    }

    @Test("files and JSON that no schema names are what their parts say")
    func undeclaredParts() throws {
        let service = try #require(Service.one("{requestBody: {content: {multipart/form-data: {schema: {type: object}}}}}"))
        let body = Array(
            parts([
                (head: "name=a; filename=x\r\nContent-Type: image/png", body: "?"),
                (head: "name=b\r\nContent-Type: application/json", body: "[1]"), (head: "name=c", body: "1"),
                (head: "name=c", body: "2"),
            ]).utf8
        )
        .map { $0 == UInt8(ascii: "?") ? 0xff : $0 }
        #expect(service.bodyFaults(body, "multipart/form-data; boundary=b") == [])
        #expect(service.value == #"{"a":"","b":[1],"c":["1","2"]}"#)
    }

    @Test("what is wrong with files that are not read hides nothing else")
    func manyFiles() throws {
        let service = try #require(
            Service.one(
                """
                {requestBody: {content: {multipart/form-data: {schema: {type: object, properties: {files: {type: array, \
                items: {type: string, format: binary, minLength: 1}}, n: {type: integer}}}}}}}
                """))
        let files = (0..<100).map { _ in (head: "name=files; filename=a", body: "x") }
        let type = "multipart/form-data; boundary=b"
        #expect(service.bodyFaults(parts(files + [(head: "name=n", body: "1")]), type) == [])
        #expect(service.bodyFaults(parts(files + [(head: "name=n", body: "x")]), type) == ["body /n type"])
    }

    @Test("a multipart body cut anywhere before its end is refused")
    func truncation() throws {
        let service = try #require(Service.one(Self.upload))
        let body = Array(parts([(head: "name=title", body: "ab\r\n--bc"), Self.file]).utf8)
        let type = "multipart/form-data; boundary=\"b\""
        #expect(service.bodyFaults(body, type) == [])
        for length in 1..<(body.count - 2) {
            #expect(service.bodyFaults(Array(body.prefix(length)), type) == ["body invalid-multipart"], "\(length)")
        }
        #expect(service.bodyFaults(body, "multipart/form-data") == ["body invalid-multipart"])
        #expect(service.bodyFaults(body, "multipart/form-data; boundary=c") == ["body invalid-multipart"])
    }
}

extension Service {
    var value: String { String(scratch.value) }
}
