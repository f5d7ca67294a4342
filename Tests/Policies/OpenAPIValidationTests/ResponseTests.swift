import OpenAPIValidation
import Testing

@Suite("Answers")
struct ResponseTests {
    private static let operation = """
        {responses: {200: {description: ok, headers: {X-Count: {required: true, schema: {type: integer}}, \
        X-Ids: {schema: {type: array, items: {type: integer}}}}, content: {application/json: {schema: {type: object, \
        properties: {n: {type: integer, writeOnly: true}, m: {type: string, readOnly: true}}, required: [n, m]}}}}, \
        201: {description: no body, content: {}}, 202: {description: nothing said}, 204: {description: none}, \
        4XX: {description: bad, content: {application/problem+json: {}}}, 404: {description: gone, content: {text/plain: {}}}}}
        """

    @Test(
        "code, range and default decide what is asked of an answer",
        arguments: [
            (200, #"{"m":"x"}"#, "application/json", []), (200, #"{"m":1}"#, "application/json", ["body /m type"]),
            (200, "{}", "application/json", ["body required"]), (200, "{", "application/json", ["body invalid-json"]),
            (200, "x", "text/html", ["header.Content-Type undeclared"]), (200, "x", nil, ["header.Content-Type undeclared"]),
            (200, "", nil, []), (201, "x", "text/html", ["header.Content-Type undeclared"]), (202, "x", "text/html", []),
            (204, "", nil, []), (400, "{}", "application/problem+json", []),
            (400, "x", "text/plain", ["header.Content-Type undeclared"]), (404, "x", "text/plain", []),
            (500, "x", "text/plain", ["status undeclared"]), (100, "", nil, []),
        ] as [(Int, String, String?, [String])])
    func statuses(status: Int, body: String, type: String?, faults: [String]) throws {
        let service = try #require(Service.one(Self.operation))
        let headers = [("X-Count", "1")] + (type.map { [("Content-Type", $0)] } ?? [])
        #expect(service.answerFaults(status, body, headers: headers) == faults)
    }

    @Test("declared headers are held to their schemas")
    func headers() throws {
        let service = try #require(Service.one(Self.operation))
        #expect(service.answerFaults(200) == ["header.X-Count required"])
        #expect(
            service.answerFaults(200, headers: [("x-count", "a"), ("X-Ids", "1,b")]) == [
                "header.X-Count type", "header.X-Ids /1 type",
            ])
    }

    @Test("answers to HEAD and those without content are asked for no body")
    func bodiless() throws {
        let service = try #require(Service.one(Self.operation))
        let headers = [("X-Count", "1"), ("Content-Type", "text/html")]
        #expect(service.answerFaults(200, "x", headers: headers, isHead: true) == [])
        #expect(service.answerFaults(204, "x", headers: headers) == [])
        #expect(service.answerFaults(304, "x", headers: headers) == ["status undeclared"])
    }

    @Test("default stands for what nothing else does; without answers nothing is asked")
    func fallback() throws {
        let service = try #require(Service.one("{responses: {default: {description: any, content: {text/plain: {}}}}}"))
        #expect(service.answerFaults(500, "x", headers: [("Content-Type", "text/plain")]) == [])
        #expect(service.answerFaults(500, "x", headers: [("Content-Type", "a/b")]) == ["header.Content-Type undeclared"])
        let none = try #require(Service.one("{}"))
        #expect(none.answerFaults(500, "x") == [] && !none.validators[0].checksAnswers)
    }

    @Test("a direction that is off is not compiled")
    func directions() throws {
        var options = ValidationOptions()
        options.checksResponses = false
        let service = try #require(Service.one(Self.operation, options: options))
        #expect(service.answerFaults(500, "x") == [])
        options = ValidationOptions()
        options.checksRequests = false
        let other = try #require(
            Service.one(
                "{parameters: [{name: a, in: query, required: true, schema: {}}], requestBody: {content: {a/b: {}}}}",
                options: options))
        #expect(other.faults() == [] && other.bodyFaults("x", "c/d") == ["unchecked"])
    }
}
