import Bytes
import HTTPSemantics
import OpenAPIValidation
import Testing

@Suite("Parameters of a request")
struct ParameterTests {
    @Test("faults come in the order of the description, with the place of each, up to the limit")
    func order() throws {
        let service = try #require(
            Service.one(
                """
                {parameters: [{name: id, in: path, required: true, schema: {type: integer}}, \
                {name: limit, in: query, schema: {type: integer, maximum: 9}}, \
                {name: X-Thing, in: header, required: true, schema: {type: string}}, \
                {name: session, in: cookie, schema: {type: string, minLength: 3}}, \
                {name: tags, in: query, schema: {type: array, items: {enum: [a, b]}}}]}
                """, path: "/{id}"))
        let query = "limit=10&tags=a&tags=c&tags=d"
        let all = [
            "path.id type", "query.limit maximum", "header.X-Thing required", "cookie.session minLength",
            "query.tags /1 enum", "query.tags /2 enum",
        ]
        #expect(service.faults(captures: ["x"], query: query, headers: [("Cookie", "a=b; session=ab")]) == all)
        for most in 1...6 {
            let some = service.faults(captures: ["x"], query: query, headers: [("Cookie", "session=ab")], mostErrors: most)
            #expect(some == Array(all.prefix(most)))
        }
        #expect(service.faults(captures: ["1"], query: "limit=9", headers: [("x-thing", "")]) == [])
    }

    @Test(
        "what may be absent or empty",
        arguments: [
            ("{name: a, in: query, schema: {type: integer}}", "", []),
            ("{name: a, in: query, schema: {type: integer}}", "a=", ["query.a type"]),
            ("{name: a, in: query, allowEmptyValue: true, schema: {type: integer}}", "a=", []),
            ("{name: a, in: query, allowEmptyValue: true, schema: {type: integer}}", "a", []),
            ("{name: a, in: query, allowEmptyValue: true, schema: {type: integer}}", "a=x", ["query.a type"]),
            ("{name: a, in: query, required: true, allowEmptyValue: true, schema: {type: integer}}", "", ["query.a required"]),
            ("{name: a, in: query, required: true, style: deepObject, schema: {type: object}}", "b[c]=1", ["query.a required"]),
            ("{name: a, in: query, required: true, schema: {type: object}}", "", ["query.a required"]),
            ("{name: a, in: query, required: true}", "a=%20", []),
            ("{name: a, in: query, required: true}", "", ["query.a required"]),
            ("{name: 'a b', in: query, schema: {type: integer}}", "a%20b=x", ["query.a b type"]),
        ] as [(String, String, [String])])
    func presence(parameter: String, query: String, faults: [String]) throws {
        let service = try #require(Service.one("{parameters: [\(parameter)]}"))
        #expect(service.faults(query: query) == faults)
    }

    @Test("names that are not declared are ignored, or faults where the options say so")
    func unknown() throws {
        let operation = "{parameters: [{name: a, in: query, schema: {type: string}}]}"
        #expect(try #require(Service.one(operation)).faults(query: "a=1&b=2&&=3") == [])
        var options = ValidationOptions()
        options.refusesUnknownParameters = true
        let strict = try #require(Service.one(operation, options: options))
        #expect(strict.faults(query: "a=1&b%20=2&c") == ["query.b  unknown", "query.c unknown"])
        #expect(strict.faults(query: "a=1") == [])
        #expect(try #require(Service.one("{}", options: options)).faults(query: "a=1") == ["query.a unknown"])
        let open = try #require(
            Service.one("{parameters: [{name: o, in: query, schema: {type: object}}]}", options: options))
        #expect(open.faults(query: "a=1&b=2") == [])
        let withCookie = try #require(
            Service.one(
                "{parameters: [{name: c, in: cookie, schema: {type: string}}]}", options: options))
        #expect(withCookie.faults(query: "a=1", headers: [("Cookie", "c=1; d=2")]) == ["query.a unknown"])
    }

    @Test(
        "text of which nothing is asked is found wrong all the same where it is no text",
        arguments: [
            (["a"], "q=b", [("c", "")], []), (["a%20b"], "q=%C3%A4", [("c", "")], []), (["\u{e4}"], "q=\u{e4}", [("c", "x")], []),
            (["%zz"], "q=", [("c", "")], ["path.p percent-encoding"]), (["a"], "q=%ff", [("c", "")], ["query.q invalid-utf8"]),
            (["a"], "q=1&q=2", [("c", "")], ["query.q repeated"]), (["a"], "", [("c", "")], ["query.q required"]),
            (["a"], "q=1", [], ["header.c required"]), (["a"], "q=1", [("c", ""), ("c", "")], ["header.c repeated"]),
        ] as [([String], String, [(String, String)], [String])])
    func anyText(captures: [String], query: String, headers: [(String, String)], expected: [String]) throws {
        let operation = """
            {parameters: [{name: p, in: path, required: true, schema: {type: string}}, \
            {name: q, in: query, required: true, schema: {type: string}}, \
            {name: o, in: query, schema: {type: string}}, {name: c, in: header, required: true, schema: {type: string}}]}
            """
        for options in [ValidationOptions(), .keepingValues] {
            let service = try #require(Service.one(operation, path: "/{p}", options: options))
            #expect(service.faults(captures: captures, query: query, headers: headers) == expected)
        }
    }

    @Test("a schema that no value satisfies is no schema of any text", arguments: ["false", "{not: {}}", "{allOf: [false]}"])
    func noText(schema: String) throws {
        let service = try #require(
            Service.one("{parameters: [{name: q, in: query, schema: \(schema)}]}", options: ValidationOptions()))
        #expect(service.faults(query: "q=a").count == 1)
    }

    @Test("a value of JSON is parsed and checked like a body")
    func content() throws {
        let service = try #require(
            Service.one(
                """
                {parameters: [{name: f, in: query, content: {application/json: {schema: {type: object, \
                properties: {n: {type: integer}}, required: [n]}}}}, \
                {name: t, in: header, content: {text/plain: {schema: {type: string, maxLength: 2}}}}]}
                """))
        #expect(service.faults(query: "f=%7B%22n%22:1%7D") == [])
        #expect(service.faults(query: "f={\"n\":\"x\"}") == ["query.f /n type"])
        #expect(service.faults(query: "f={}") == ["query.f required"])
        #expect(service.faults(query: "f={") == ["query.f invalid-json"])
        #expect(service.faults(query: "f=1,2") == ["query.f invalid-json"])
        #expect(service.faults(query: "f={}&f={}") == ["query.f repeated"])
        #expect(service.faults(headers: [("T", "abc")]) == ["header.t maxLength"])
    }

    @Test("a header may come in several lines only where it is a list; its name has no case")
    func headers() throws {
        let service = try #require(
            Service.one(
                """
                {parameters: [{name: X-Ids, in: header, schema: {type: array, items: {type: integer}}}, \
                {name: X-One, in: header, schema: {type: string}}, {name: If-Match, in: header, schema: {enum: [a]}}]}
                """))
        #expect(service.faults(headers: [("x-ids", "1, 2"), ("X-IDS", "3")]) == [])
        #expect(String(service.scratch.value) == "[1,2,3]")
        #expect(service.faults(headers: [("X-Ids", "1"), ("X-Ids", "b")]) == ["header.X-Ids /1 type"])
        #expect(service.faults(headers: [("X-One", "a"), ("x-one", "b")]) == ["header.X-One repeated"])
        #expect(service.faults(headers: [("if-match", "b")]) == ["header.If-Match enum"])
    }

    @Test("headers that OpenAPI describes elsewhere, or that the gateway writes, are not checked")
    func ignoredHeaders() throws {
        let parameters = ["Accept", "Content-Type", "Authorization", "X-Tenant-ID"]
            .map { "{name: \($0), in: header, required: true, schema: {type: integer}}" }.joined(separator: ", ")
        var options = ValidationOptions()
        #expect(try #require(Service.one("{parameters: [\(parameters)]}")).faults() == ["header.X-Tenant-ID required"])
        options.suppliedHeaders = [.xTenantID]
        #expect(try #require(Service.one("{parameters: [\(parameters)]}", options: options)).faults() == [])
    }

    @Test("more pairs than the limit are a fault, the limit's worth is not")
    func tooMany() throws {
        let service = try #require(
            Service.one("{parameters: [{name: a, in: query, schema: {type: array, items: {type: integer}}}]}"))
        let most = ValidationScratch.maximumPairs
        #expect(service.faults(query: [String](repeating: "a=1", count: most).joined(separator: "&")) == [])
        let more = service.faults(query: [String](repeating: "a=1", count: most + 1).joined(separator: "&"))
        #expect(more == ["query too-many-values"])
    }

    @Test("a request leaves nothing behind for the next one")
    func reuse() throws {
        let service = try #require(
            Service.one("{parameters: [{name: a, in: query, required: true, schema: {type: string}}]}"))
        #expect(service.faults(query: "a=1") == [])
        #expect(service.faults(query: "b=1") == ["query.a required"])
        #expect(service.faults(query: "a=%zz") == ["query.a percent-encoding"])
        #expect(service.faults(query: "a=1") == [])
    }
}
