import Bytes
import ProblemDetails
import Testing

@testable import GatewayCore

@Suite("Request bodies")
struct BodyValidationTests {
    private func outcome(_ body: String, type: String? = "application/json", mode: String = "enforce") throws -> (
        Bool, RequestContext
    ) {
        let platform = Platform.with("openapi: crm.yaml", "openapi: crm.yaml\n    validation: { request: \(mode) }")
        let pipeline = try platform.pipeline()
        let request = try arrived(post(body, type.map { ["Content-Type: \($0)"] } ?? []))
        #expect(pipeline.word(request) == "proceed")
        return (pipeline.takes(request, body), request)
    }

    private func post(_ body: String, _ lines: [String]) -> String {
        head("POST /api/v1/contacts", lines + (body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]), token: "admin")
    }

    @Test(
        "a body is held against media type, JSON and schema, in this order",
        arguments: [
            (#"{"name": "x"}"#, "application/json", nil), (#"{"name": "x"}"#, "Application/JSON; charset=utf-8", nil),
            (#"{"name": "x"}"#, "application/merge-patch+json", "415 unsupported-media-type"),
            ("", nil, "400 validation-failed required"),
            ("", "application/json", "400 validation-failed required"), (#"{"name": "x"}"#, nil, "415 unsupported-media-type"),
            ("not json", "text/plain", "415 unsupported-media-type"),
            (#"{"name": "x"}"#, "application/jsonx", "415 unsupported-media-type"),
            (#"{"name": "x"}"#, "+json", "415 unsupported-media-type"),
            ("{", "application/json", "400 validation-failed invalid-json"),
            (#"{"name": "x", "name": 1}"#, "application/json", "400 validation-failed invalid-json"),
            ("{}", "application/json", "400 validation-failed required"),
            (#"{"name": 1}"#, "application/json", "400 validation-failed type"),
        ] as [(String, String?, String?)])
    func enforced(body: String, type: String?, refusal: String?) throws {
        let (isValid, request) = try outcome(body, type: type)
        #expect(isValid == (refusal == nil))
        let problem = request.problem
        let word = problem.map { "\($0.status) \($0.slug.text)" + ($0.errors.first.map { " \($0.code)" } ?? "") }
        #expect(word == refusal)
        if let error = problem?.errors.first { #expect(error.field == "body" && !error.message.isEmpty) }
    }

    @Test("what is only reported is never refused", arguments: ["", "{", "{}", #"{"name": 1}"#], ["report", "off"])
    func reported(body: String, mode: String) throws {
        let (isValid, request) = try outcome(body, mode: mode)
        #expect(isValid && request.problem == nil)
    }

    @Test(
        "what is reported is kept by operation, place and rule, without values",
        arguments: [
            ("", "body  required"), ("{", "body  invalid-json"), (#"{"name": 1}"#, "body /name type"), (#"{"name": "ok"}"#, nil),
        ] as [(String, String?)])
    func drift(body: String, expected: String?) throws {
        let platform = Platform.with("openapi: crm.yaml", "openapi: crm.yaml\n    validation: { request: report }")
        let pipeline = try platform.pipeline()
        for _ in 0..<2 {
            let request = try arrived(post(body, ["Content-Type: application/json"]))
            #expect(pipeline.word(request) == "proceed")
            #expect(pipeline.takes(request, body))
        }
        let entries = DriftLog.report([pipeline.drift]).entries
        #expect(
            entries.map { "\($0.difference.field) \($0.difference.pointer) \($0.difference.code)" }
                == (expected.map { [$0] } ?? []))
        #expect(entries.allSatisfy { $0.count == 2 && $0.difference.direction == .request && $0.firstSeen == Fixtures.now })
    }

    @Test("a problem lists at most 32 errors")
    func many() throws {
        var platform = Platform()
        let names = (0..<40).map { "n\($0)" }.joined(separator: ", ")
        platform.files["etc/crm.yaml"] = platform.files["etc/crm.yaml"]?.replacing(
            "required: [name]", with: "required: [\(names)]")
        let pipeline = try platform.pipeline()
        let request = try arrived(post("{}", ["Content-Type: application/json"]))
        #expect(pipeline.word(request) == "proceed")
        #expect(!pipeline.takes(request, "{}"))
        #expect(request.problem?.errors.count == 32)
    }

    @Test(
        "what comes in chunks is judged when it is there: it may be nothing",
        arguments: [
            ("", nil, "400 validation-failed"), ("{}", "text/plain", "415 unsupported-media-type"),
            (#"{"name": "x"}"#, "application/json", nil),
        ] as [(String, String?, String?)])
    func chunked(body: String, type: String?, refusal: String?) throws {
        let pipeline = try Platform().pipeline()
        let lines = (type.map { ["Content-Type: \($0)"] } ?? []) + ["Transfer-Encoding: chunked"]
        let request = try arrived(head("POST /api/v1/contacts", lines, token: "admin"))
        #expect(pipeline.word(request) == "proceed")
        #expect(pipeline.planBody(request) && (refusal == nil || request.problem == nil))
        #expect(body.withByteView { pipeline.validateBody(request, body: $0) } == (refusal == nil))
        #expect(request.problem.map { "\($0.status) \($0.slug.text)" } == refusal)
    }

    @Test("a compressed body cannot be checked", arguments: [("gzip", false), ("identity", true), ("Identity", true)])
    func encoded(coding: String, isTaken: Bool) throws {
        let pipeline = try Platform().pipeline()
        let body = #"{"name": "x"}"#
        let request = try arrived(post(body, ["Content-Type: application/json", "Content-Encoding: \(coding)"]))
        #expect(pipeline.word(request) == "proceed")
        #expect(pipeline.takes(request, body) == isTaken)
        #expect(request.problem?.status == (isTaken ? nil : 415))
    }

    @Test("a large body passes unseen where nothing would be refused", arguments: ["report", "enforce"])
    func large(mode: String) throws {
        let platform = Platform.with("openapi: crm.yaml", "openapi: crm.yaml\n    validation: { request: \(mode) }")
        let pipeline = try platform.pipeline()
        let lines = ["Content-Type: application/json", "Content-Length: \(5 << 20)"]
        let request = try arrived(head("POST /api/v1/contacts", lines, token: "admin"))
        #expect(pipeline.word(request) == "proceed")
        #expect(pipeline.planBody(request) && request.needsWholeBody == (mode == "enforce"))
        #expect(pipeline.skipBodyCheck(request) == (mode == "report"))
    }

    @Test(
        "path, query and head are held to their description before the body is read",
        arguments: [
            ("/contacts/7?limit=3", ["X-Kind: a"], "enforce", nil), ("/contacts/seven", [], "enforce", "path.id type"),
            ("/contacts/7?limit=x&other=1", [], "enforce", "query.limit type"),
            ("/contacts/7", ["X-Kind: too-long"], "enforce", "header.X-Kind maxLength"),
            ("/contacts/7", ["X-Request-Id: too-long-for-its-schema"], "enforce", nil),
            ("/contacts/seven?limit=x", [], "report", nil), ("/contacts/seven", [], "off", nil),
        ] as [(String, [String], String, String?)])
    func parameters(path: String, lines: [String], mode: String, fault: String?) throws {
        var platform = Platform.with("openapi: crm.yaml", "openapi: crm.yaml\n    validation: { request: \(mode) }")
        platform.files["etc/crm.yaml", default: ""] += """

              /contacts/{id}:
                get:
                  x-permission: null
                  parameters:
                    - { name: id, in: path, required: true, schema: { type: integer } }
                    - { name: limit, in: query, schema: { type: integer } }
                    - { name: X-Kind, in: header, schema: { type: string, maxLength: 3 } }
                    - { name: X-Request-Id, in: header, schema: { type: string, maxLength: 3 } }
                  responses: {}
            """
        let pipeline = try platform.pipeline()
        let request = try arrived(head("GET /api/v1" + path, lines, token: "admin"))
        #expect(pipeline.word(request) == (fault == nil ? "proceed" : "400 validation-failed"))
        #expect(request.problem?.errors.first.map { "\($0.field) \($0.code)" } == fault)
        let noted = DriftLog.report([pipeline.drift]).entries.map { "\($0.difference.field) \($0.difference.code)" }
        #expect(noted == (mode == "report" ? ["path.id type", "query.limit type"] : []))
    }
}

extension Pipeline {
    /// Whether an admitted request may have this body.
    fileprivate func takes(_ request: RequestContext, _ body: String) -> Bool {
        planBody(request) && body.withByteView { validateBody(request, body: $0) }
    }
}
