import Bytes
import JSON
import ProblemDetails
import Testing

@Suite struct ProblemWriterTests {
    static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    func text(_ problem: Problem, instance: String = "/api/v1/data/crm/contacts", base: String = ProblemWriter.defaultBase)
        -> String
    {
        let writer = ByteWriter()
        Array(instance.utf8).withByteView { path in
            Array(Self.trace.utf8).withByteView {
                ProblemWriter(base: base).write(problem, instance: path, traceID: $0, to: writer)
            }
        }
        return String(writer.view)
    }

    @Test("writes the documented example")
    func example() {
        let detail = Array("Rate limit of 1000 requests/min exceeded. Retry after 42 seconds.".utf8)
        let problem = Problem(.rateLimitExceeded, detail: .bytes(detail), retryAfterSeconds: 42)
        let expected =
            #"{"type":"https://septemcore.com/problems/rate-limit-exceeded","title":"Too Many Requests","status":429,"#
            + #""detail":"Rate limit of 1000 requests/min exceeded. Retry after 42 seconds.","#
            + #""instance":"/api/v1/data/crm/contacts","traceId":"4bf92f3577b34da6a3ce929d0e0e4736"}"#
        #expect(text(problem) == expected)
    }

    @Test("writes the same whether the trace id comes as text or as halves")
    func halves() {
        let problem = Problem(.notFound, "No route matches.")
        let writer = ByteWriter()
        Array("/api/v1/data/crm/contacts".utf8).withByteView {
            ProblemWriter().write(
                problem, instance: $0, traceHigh: 0x4bf9_2f35_77b3_4da6, traceLow: 0xa3ce_929d_0e0e_4736, to: writer)
        }
        #expect(String(writer.view) == text(problem))
    }

    @Test("writes extras and field errors last, in order")
    func errors() {
        let problem = Problem(
            .validationFailed, detail: .literal("The body is not valid."), extras: [ProblemMember(name: "reason", value: "A\"B")],
            errors: [
                ProblemFieldError(field: "body.email", pointer: "/email", code: "format", message: "must be an email address"),
                ProblemFieldError(field: "query.limit", pointer: "", code: "maximum", message: "must be at most 100"),
            ])
        let tail =
            #""traceId":"\#(Self.trace)","reason":"A\"B","errors":["#
            + #"{"field":"body.email","pointer":"/email","code":"format","message":"must be an email address"},"#
            + #"{"field":"query.limit","pointer":"","code":"maximum","message":"must be at most 100"}]}"#
        #expect(text(problem).hasSuffix(tail))
    }

    @Test("uses the overriding status and its title")
    func override() {
        let written = text(Problem(.badRequest, "Too slow.", status: 408))
        #expect(written.contains(#"/bad-request","title":"Request Timeout","status":408"#))
        #expect(text(Problem(.badRequest, "?", status: 499)).contains(#""title":"Bad Request","status":499"#))
    }

    @Test("appends the slug to a configured base")
    func base() {
        #expect(text(Problem(.internal, "x"), base: "urn:\"p\":").hasPrefix(#"{"type":"urn:\"p\":internal""#))
    }

    @Test("stays valid JSON whatever the path holds")
    func hostilePath() {
        for byte in UInt8(0)...255 {
            let writer = ByteWriter()
            ([0x2f, byte, 0x22, byte] as [UInt8]).withByteView {
                ProblemWriter().write(Problem(.notFound, "x"), instance: $0, traceHigh: 1, traceLow: 2, to: writer)
            }
            #expect(JSONTape(seed: 1).parse(writer.view) == nil)
        }
    }
}
