import Bytes
import Testing

@testable import GatewayCore

@Suite("Drift log")
struct DriftLogTests {
    private func difference(_ operation: String = "crm.list", pointer: String = "/a", code: String = "type") -> Difference {
        Difference(operation: operation, direction: .response, status: 200, field: "body", pointer: pointer, code: code)
    }

    @Test("a difference is counted with its first and last time, over all loops")
    func counts() {
        let logs = [DriftLog(), DriftLog()]
        logs[0].record(difference(), at: 20)
        logs[0].record(difference(), at: 30)
        logs[1].record(difference(), at: 10)
        logs[1].record(difference(code: "required"), at: 15)
        let report = DriftLog.report(logs)
        #expect(
            report.entries == [
                DriftEntry(difference: difference(code: "required"), count: 1, firstSeen: 15, lastSeen: 15),
                DriftEntry(difference: difference(), count: 3, firstSeen: 10, lastSeen: 30),
            ])
    }

    @Test(
        "elements of an array are one place",
        arguments: [
            ("/items/17/name", "/items/*/name"), ("/0", "/*"), ("/a1/2b", "/a1/2b"), ("", ""), ("/a//5", "/a//*"),
        ])
    func places(pointer: String, expected: String) { #expect(difference(pointer: pointer).pointer == expected) }

    @Test("a pointer longer than anybody reads is cut off")
    func longPointers() {
        let long = "/" + String(repeating: "x", count: 10_000)
        #expect(difference(pointer: long).pointer.utf8.count == 259)
    }

    @Test("a subject longer than anybody writes is left out")
    func longSubjects() {
        func subject(_ count: Int) -> String? {
            Difference(
                operation: "a", direction: .request, field: "body", pointer: "", code: "required",
                subject: String(repeating: "x", count: count)
            ).subject
        }
        #expect(subject(256)?.count == 256)
        #expect(subject(257) == nil)
    }

    @Test(
        "a media type is named where it is known, and is a value of the client's otherwise",
        arguments: [
            ("text/CSV; charset=utf-8", "text/csv"), ("multipart/form-data;boundary=secret", "multipart/form-data"),
            ("text/secret", nil), ("", nil),
        ] as [(String, String?)])
    func mediaTypes(contentType: String, expected: String?) {
        #expect(contentType.withByteView { Difference.mediaType($0) } == expected)
    }

    @Test("one operation's differences are bounded and leave room for the others'")
    func bounds() {
        let log = DriftLog()
        for number in 0..<(DriftLog.maximumEntriesOfOperation + 10) { log.record(difference(code: "c\(number)"), at: 1) }
        log.record(difference("crm.other"), at: 1)
        let report = DriftLog.report([log])
        #expect(report.entries.count == DriftLog.maximumEntriesOfOperation + 1)
        #expect(report.dropped == 10)
        log.record(difference(code: "c0"), at: 2)
        #expect(DriftLog.report([log]).entries.first { $0.difference.code == "c0" }?.count == 2)
    }

    @Test("all operations together are bounded")
    func total() {
        let log = DriftLog()
        for number in 0..<(DriftLog.maximumEntries + 5) { log.record(difference("op\(number)"), at: 1) }
        #expect(DriftLog.report([log]).entries.count == DriftLog.maximumEntries)
        #expect(DriftLog.report([log]).dropped == 5)
    }

    @Test("the JSON has every column, and a status only for responses")
    func json() {
        let log = DriftLog()
        log.record(difference(pointer: "/a\"b"), at: 7)
        log.record(
            Difference(
                operation: "crm.list", direction: .request, field: "query.limit", pointer: "", code: "type", subject: "string"),
            at: 8)
        #expect(
            DriftLog.report([log]).json == """
                {"drift":[{"operation":"crm.list","direction":"request","field":"query.limit","pointer":"","code":"type",\
                "subject":"string","count":1,"firstSeen":8,"lastSeen":8},{"operation":"crm.list","direction":"response","status":200,"field":"body",\
                "pointer":"/a\\"b","code":"type","count":1,"firstSeen":7,"lastSeen":7}],"dropped":0}
                """)
    }
}
