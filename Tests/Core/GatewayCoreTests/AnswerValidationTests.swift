import Bytes
import HTTP1
import HTTPSemantics
import ProblemDetails
import Testing

@testable import GatewayCore

@Suite("Answers")
struct AnswerValidationTests {
    private func pipeline(_ mode: String) throws -> Pipeline {
        var platform = Platform.with("openapi: crm.yaml", "openapi: crm.yaml\n    validation: { response: \(mode) }")
        platform.files["etc/crm.yaml", default: ""] += """

              /notes:
                get:
                  x-permission: null
                  responses:
                    '200':
                      description: The notes.
                      headers: { X-Total: { required: true, schema: { type: integer } } }
                      content:
                        application/json: { schema: { type: array, items: { type: string } } }
                        application/octet-stream: {}
                    4XX: { description: A refusal. }
            """
        return try platform.pipeline()
    }

    /// What becomes of an answer, in words: how it is handled, whether its body is taken, what was noted.
    private func outcome(_ mode: String, _ lines: [String], _ body: String, method: String = "GET") throws -> [String] {
        let pipeline = try pipeline(mode)
        let request = try arrived(head("\(method) /api/v1/notes", token: "admin"))
        #expect(pipeline.word(request) == "proceed")
        let head = ResponseHead()
        let text = "HTTP/1.1 " + lines.joined(separator: "\r\n") + "\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        var words: [String] = []
        text.withByteView { bytes in
            guard case .complete = head.parse(bytes, answering: request.head.method) else {
                Issue.record("no head: \(text)")
                return
            }
            let handling = pipeline.planAnswer(request, head, bytes)
            words.append("\(handling)")
            if handling == .copy || handling == .hold {
                words.append(
                    body.withByteView { pipeline.validateAnswer(request, $0, status: head.status) } ? "taken" : "refused")
            }
        }
        if let problem = request.problem { #expect(problem.slug == .upstreamResponseInvalid && problem.status == 502) }
        let noted = DriftLog.report([pipeline.drift]).entries
        #expect(noted.allSatisfy { $0.difference.direction == .response && $0.difference.status == head.status })
        return words + noted.map { "\($0.difference.field)\($0.difference.pointer) \($0.difference.code)" }
    }

    private static let json = ["200 OK", "Content-Type: application/json", "X-Total: 2"]

    @Test(
        "an answer is held to status, headers, media type and schema",
        arguments: [
            (json, #"["a", "b"]"#, ["copy", "taken"]), (json, #"["a", 1]"#, ["copy", "taken", "body/* type"]),
            (json, "[", ["copy", "taken", "body invalid-json"]),
            (["200 OK", "Content-Type: application/json"], "[]", ["copy", "taken", "header.X-Total required"]),
            (["200 OK", "Content-Type: text/html", "X-Total: 2"], "<p>", ["pass", "header.Content-Type undeclared"]),
            (["200 OK", "Content-Type: application/octet-stream", "X-Total: 2"], "\u{1}", ["pass"]),
            (["201 Created", "Content-Type: application/json"], "[]", ["pass", "status undeclared"]),
            (["404 Not Found", "Content-Type: text/plain"], "no", ["pass"]),
            (["500 Oops", "Content-Type: application/problem+json"], "{}", ["pass"]),
            (json + ["Content-Encoding: gzip"], "zip", ["pass"]),
            (["206 Partial Content", "Content-Type: application/json"], "[1", ["pass", "status undeclared"]),
        ])
    func reported(lines: [String], body: String, expected: [String]) throws {
        #expect(try outcome("report", lines, body) == expected)
    }

    @Test(
        "where it is enforced, what does not fit is refused and nothing of it is let through",
        arguments: [
            (json, #"["a"]"#, ["hold", "taken"]), (json, "[1]", ["hold", "refused", "body/* type"]),
            (["200 OK", "Content-Type: application/json"], "[]", ["refuse", "header.X-Total required"]),
            (["201 Created", "Content-Type: application/json"], "[]", ["refuse", "status undeclared"]),
            (["500 Oops", "Content-Type: application/problem+json"], "{}", ["pass"]),
            (["500 Oops", "Content-Type: application/json"], "{}", ["refuse", "status undeclared"]),
            (json + ["Content-Encoding: gzip"], "zip", ["refuse", "header.Content-Encoding undeclared"]),
            (json + ["Content-Encoding: identity"], "[]", ["hold", "taken"]),
        ])
    func enforced(lines: [String], body: String, expected: [String]) throws {
        #expect(try outcome("enforce", lines, body) == expected)
    }

    @Test("nothing is looked at where it is off")
    func off() throws {
        #expect(try outcome("off", ["201 Created", "Content-Type: text/html"], "<p>") == ["pass"])
    }

    @Test("a service is not asked for what could not be checked", arguments: ["report", "enforce"])
    func codings(mode: String) throws {
        let pipeline = try pipeline(mode)
        let request = try arrived(head("GET /api/v1/notes", ["Accept-Encoding: gzip"], token: "admin"))
        #expect(pipeline.word(request) == "proceed")
        let service = try #require(request.operation?.service)
        let sent = lines { UpstreamRequestHead.write(request, collectedBody: 0, service: service, to: $0) }
        #expect(values("accept-encoding", sent).isEmpty == (mode == "enforce"))
    }

    @Test("an answer too large to be held is refused", arguments: [("report", "pass"), ("enforce", "refuse")])
    func large(mode: String, expected: String) throws {
        let words = try outcome(mode, Self.json, String(repeating: " ", count: Pipeline.maximumAnswerBytes + 1))
        #expect(words.first == expected)
    }
}
