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

    @Test("a thousand sets that differ by one letter are refused or compiled, in bounded time")
    func manySets() throws {
        let pattern = (0..<4000).map { "[^\(Unicode.Scalar(0x4E00 + $0 * 2)!)]" }.joined()
        _ = refusal(pattern)
    }
}
