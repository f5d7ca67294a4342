import Bytes
import JSON
import ProblemDetails
import Testing

@Suite struct UpstreamProblemTests {
    @Test(
        "adds a trace id only where it is missing",
        arguments: [
            (#"{}"#, #"{"traceId":"00000000000000010000000000000002"}"#),
            (#" {"type":"x" } "#, #"{"type":"x" ,"traceId":"00000000000000010000000000000002"}"#),
            (#"{"traceId":"mine"}"#, #"{"traceId":"mine"}"#), (#"{"trace\u0049d":null}"#, #"{"trace\u0049d":null}"#),
        ])
    func patch(document: String, expected: String) {
        let tape = JSONTape(seed: 1)
        let writer = ByteWriter()
        Array(document.utf8).withByteView { bytes in
            #expect(tape.parse(bytes) == nil)
            #expect(ProblemWriter.write(upstream: tape, traceHigh: 1, traceLow: 2, to: writer))
        }
        #expect(String(writer.view) == expected)
    }

    @Test("refuses what is not an object", arguments: ["[]", "1", "\"a\""])
    func notAnObject(document: String) {
        let tape = JSONTape(seed: 1)
        let writer = ByteWriter()
        Array(document.utf8).withByteView { bytes in
            #expect(tape.parse(bytes) == nil)
            #expect(!ProblemWriter.write(upstream: tape, traceHigh: 1, traceLow: 2, to: writer))
        }
        #expect(writer.count == 0)
    }
}
