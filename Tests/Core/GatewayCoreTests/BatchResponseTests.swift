import Bytes
import Testing

@testable import GatewayCore

@Suite("Answers to lists of requests")
struct BatchResponseTests {
    private let response = BatchResponse()

    private func finish(_ index: Int, _ status: Int, _ fields: [(String, String)], _ body: [UInt8]) -> Bool {
        for (name, value) in fields { name.withByteView { name in value.withByteView { response.field(name, $0) } } }
        return "r\(index)".withByteView { id in body.withByteView { response.finish(index, id: id, status: status, body: $0) } }
    }

    private func finish(_ index: Int, _ status: Int, _ fields: [(String, String)] = [], _ body: String = "") -> Bool {
        finish(index, status, fields, Array(body.utf8))
    }

    private var text: String {
        let out = ByteWriter()
        response.write(to: out)
        return String(out.view)
    }

    @Test("answers stand in the order of the list, whenever they came")
    func order() {
        response.begin(count: 3)
        #expect(finish(2, 204))
        #expect(finish(0, 200, [("Content-Type", "application/json; charset=utf-8")], #"{"a": [1, 2]}"#))
        #expect(!response.isComplete)
        #expect(finish(1, 201, [("Location", "/b")]))
        #expect(response.isComplete && response.status == 200)
        #expect(
            text == #"{"responses":[{"id":"r0","status":200,"headers":{"content-type":"application/json; charset=utf-8"},"#
                + #""body":{"a": [1, 2]}},{"id":"r1","status":201,"headers":{"location":"/b"}},{"id":"r2","status":204,"headers":{}}]}"#
        )
    }

    @Test("the whole is 207 from the first status of 400 on", arguments: [(200, 200), (399, 200), (400, 207), (503, 207)])
    func status(status: Int, whole: Int) {
        response.begin(count: 2)
        #expect(finish(0, 200) && finish(1, status))
        #expect(response.status == whole)
        response.begin(count: 1)
        #expect(response.status == 200)
    }

    @Test(
        "a body that is JSON stands as it is, any other as base64",
        arguments: [
            ("application/json", "1", #""body":1"#), ("application/problem+json", #"{"a":1,"a":2}"#, #""body":{"a":1,"a":2}"#),
            ("application/json", "{", #""encoding":"base64","body":"ew==""#),
            ("text/plain", "ab", #""encoding":"base64","body":"YWI=""#),
            ("text/plain", "abc", #""encoding":"base64","body":"YWJj""#), ("", "1", #""encoding":"base64","body":"MQ==""#),
            ("application/json", "1 2", #""encoding":"base64","body":"MSAy""#),
        ])
    func bodies(type: String, body: String, wanted: String) {
        response.begin(count: 1)
        #expect(finish(0, 200, type.isEmpty ? [] : [("content-type", type)], body))
        #expect(text.hasSuffix(wanted + "}]}"))
    }

    @Test("base64 knows every byte")
    func base64() {
        response.begin(count: 1)
        #expect(finish(0, 200, [], (0...255).map { UInt8($0) }))
        #expect(text.contains("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNE"))
        #expect(text.hasSuffix("+fr7/P3+/w==\"}]}"))
    }

    @Test("fields of one name are one member, those of the connection none")
    func fields() {
        response.begin(count: 1)
        let fields = [
            ("Vary", "a"), ("X-B", "\"q\""), ("vary", "b"), ("Connection", "close"), ("Content-Length", "5"), ("Set-Cookie", "s"),
            ("Transfer-Encoding", "chunked"), ("VARY", "c"),
        ]
        #expect(finish(0, 200, fields))
        #expect(text.contains(#""headers":{"vary":"a, b, c","x-b":"\"q\""}"#))
    }

    @Test("fields of one answer are not those of the next")
    func separate() {
        response.begin(count: 2)
        #expect(finish(0, 200, [("x-a", "1"), ("content-type", "application/json")], "1"))
        #expect(finish(1, 200, [], "1"))
        #expect(text.hasSuffix(#"{"id":"r1","status":200,"headers":{},"encoding":"base64","body":"MQ=="}]}"#))
    }

    @Test("an answer is given once, and only to what was asked")
    func once() {
        response.begin(count: 1)
        #expect(!finish(1, 200) && !finish(-1, 200))
        #expect(finish(0, 200))
        #expect(!finish(0, 500))
        #expect(response.status == 200 && response.isComplete)
    }

    @Test("what does not fit is not taken, and something smaller still is")
    func bounded() {
        response.begin(count: 3)
        #expect(!finish(0, 200, [], [UInt8](repeating: 65, count: BatchResponse.maximumBytes * 3 / 4)))
        #expect(!response.isComplete)
        #expect(finish(1, 200, [], [UInt8](repeating: 65, count: BatchResponse.maximumBytes * 3 / 4 - 256)))
        #expect(!finish(0, 200, [], [UInt8](repeating: 65, count: BatchResponse.smallBytes + 1)))
        #expect(finish(2, 200, [], [UInt8](repeating: 65, count: BatchResponse.smallBytes)) && finish(0, 502))
        #expect(response.isComplete && response.status == 207)
    }
}
