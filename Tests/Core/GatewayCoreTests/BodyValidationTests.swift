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
        let request = try arrived(
            head("POST /api/v1/contacts", type.map { ["Content-Type: \($0)"] } ?? [], token: "admin"))
        #expect(pipeline.word(request) == "proceed")
        return (body.withByteView { pipeline.validateBody(request, body: $0) }, request)
    }

    @Test(
        "a body is held against media type, JSON and schema, in this order",
        arguments: [
            (#"{"name": "x"}"#, "application/json", nil), (#"{"name": "x"}"#, "Application/JSON; charset=utf-8", nil),
            (#"{"name": "x"}"#, "application/merge-patch+json", nil), ("", nil, "400 validation-failed required"),
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
            let request = try arrived(head("POST /api/v1/contacts", ["Content-Type: application/json"], token: "admin"))
            #expect(pipeline.word(request) == "proceed")
            #expect(body.withByteView { pipeline.validateBody(request, body: $0) })
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
        let request = try arrived(head("POST /api/v1/contacts", ["Content-Type: application/json"], token: "admin"))
        #expect(pipeline.word(request) == "proceed")
        #expect(!"{}".withByteView { pipeline.validateBody(request, body: $0) })
        #expect(request.problem?.errors.count == 32)
    }
}
