import Bytes
import GatewayCore
import Testing

@Suite("Format of a stream")
struct StreamFormatTests {
    @Test(
        "the heaviest type that is known, the first of several",
        arguments: [
            ("", StreamFormat.array), ("*/*", .array), ("application/*", .array), ("application/json", .array),
            ("application/x-ndjson", .lines), ("application/jsonl", .lines), ("Application/NDJSON", .lines),
            ("text/event-stream", .events), ("text/*", .events),
            ("text/html, application/x-ndjson;q=0.5", .lines),
            ("application/json;q=0.2,text/event-stream;q=0.9", .events),
            ("application/x-ndjson, text/event-stream", .lines),
            ("application/json; charset=utf-8 ; q=0.3, text/*;q=0.2", .array),
            ("text/event-stream;q=1.0, */*;q=0.001", .events),
            ("application/json;Q=0, application/x-ndjson;q=0.001", .lines),
        ])
    func accepted(field: String, format: StreamFormat) {
        #expect(field.withByteView { StreamFormat.accepted($0) } == format)
    }

    @Test(
        "none when no type is taken, and a weight that is none counts nothing",
        arguments: [
            "text/html", "application/json;q=0", "*/*;q=0.000", "application/json;q=x", "application/json;q=1.0000",
            "application/json;q=2", ",", ";", "application/json;q=0;q=1",
        ])
    func refused(field: String) {
        #expect(field.withByteView { StreamFormat.accepted($0) } == nil)
    }

    @Test("an absent field takes anything")
    func absent() { #expect(StreamFormat.accepted(nil) == .array) }
}
