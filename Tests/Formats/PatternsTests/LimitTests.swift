import Bytes
import Patterns
import Testing

@Suite struct LimitTests {
    @Test(
        "refuses what would take too much memory or time",
        arguments: [
            String(repeating: "a", count: 1_048_576), String(repeating: "(", count: 1_048_576),
            String(repeating: "(", count: 300) + String(repeating: ")", count: 300), String(repeating: "(?:", count: 201),
            "(a{1000}){1000}", "a{99999999999999999999}", "((((a{200}){200}){200}){200}){200}", "(){2147483647}",
            "(?:(?:(?:){1000}){1000}){1000}", String(repeating: #"\p{L}\P{L}"#, count: 5000),
            "[" + String(repeating: #"\p{L}"#, count: 5000) + "]",
        ])
    func refused(pattern: String) {
        #expect(refusal(pattern)?.code == .tooLarge)
    }

    @Test("accepts the largest nesting and length, and refuses the next")
    func boundaries() {
        var limits = PatternLimits()
        limits.depth = 3
        #expect(refusal("(((a)))", limits) == nil)
        #expect(refusal("((((a))))", limits)?.code == .tooLarge)
        limits.sourceBytes = 4
        #expect(refusal("aéb", limits) == nil)
        #expect(refusal("aéab", limits)?.code == .tooLarge)
        limits.instructions = 10
        #expect(refusal("a{8}", limits) == nil)
        #expect(refusal("a{9}", limits)?.code == .tooLarge)
    }

    @Test("many different sets are compiled, and too many refused")
    func manySets() {
        func pattern(_ count: Int) -> String {
            (0..<count).map { "[^\(Unicode.Scalar(0x4E00 + UInt32($0) * 2) ?? "a")]" }.joined()
        }
        #expect(refusal(pattern(500)) == nil)
        #expect(refusal(pattern(6000))?.code == .tooLarge)
    }
}
