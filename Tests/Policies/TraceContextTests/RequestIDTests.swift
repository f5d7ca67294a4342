import Bytes
import Testing
import TraceContext

@Suite struct RequestIDTests {
    func identifier(_ text: String?) -> String {
        var random = Counting()
        let id = (text ?? "").withByteView { RequestID(client: text == nil ? nil : $0, random: &random) }
        return id.withView { String($0) }
    }

    static let fresh = "00000000-0000-4001-8000-000000000002"

    @Test(
        "keeps a safe identifier",
        arguments: ["a", "0-._~:/+=@Z", "550e8400-e29b-41d4-a716-446655440000", String(repeating: "x", count: 128)])
    func kept(text: String) {
        #expect(identifier(text) == text)
    }

    @Test(
        "replaces anything else",
        arguments: [nil, "", String(repeating: "x", count: 129), "a b", "a\"b", "a,b", "a\u{1}", "é", "<a>", "a%0d", "a\\b"]
            as [String?])
    func replaced(text: String?) {
        #expect(identifier(text) == Self.fresh)
    }

    @Test("accepts exactly the safe set")
    func everyByte() {
        let safe = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/+=@".utf8)
        for byte in UInt8(0)...255 {
            var random = Counting()
            let id = ([UInt8(ascii: "a"), byte] as [UInt8]).withByteView { RequestID(client: $0, random: &random) }
            #expect(id.withView { $0.count == 2 } == safe.contains(byte), "\(byte)")
        }
    }

    @Test("makes version 4 identifiers of the right form")
    func uuid() {
        var random = LoopRandom(seed: 9)
        for _ in 0..<100 {
            let text = Array(written(RequestID(random: &random).append))
            #expect(text.count == 36)
            #expect(text.indices.filter { text[$0] == "-" } == [8, 13, 18, 23])
            #expect(text[14] == "4")
            #expect("89ab".contains(text[19]))
        }
    }
}
