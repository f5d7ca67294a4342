import Bytes
import Patterns
import Testing

@Suite struct TableTests {
    @Test(
        "a pattern too large for its table matches the same without it",
        arguments: [
            "^[a-z]+(-[a-z]+)*$", "a|^b|c$", #"\bfoo\b|x\B"#, "^.{2,5}$", "(a|b)*a(a|b){3}$", #"[^\p{L}]é"#, "", "[]|^$",
            "a{0,3}b$",
        ])
    func withoutTable(pattern: String) throws {
        var limits = PatternLimits()
        limits.tableEntries = 0
        let slow = try Pattern.compile(pattern, limits: limits)
        let fast = try Pattern.compile(pattern)
        let scratch = PatternScratch()
        let letters = ["a", "b", "c", "-", "x", "foo", "1é", " "]
        for first in letters {
            for second in letters {
                for text in ["", first, first + second, second + first + first, first + second + first + second + first] {
                    text.withByteView {
                        #expect(
                            fast.matches($0, scratch: scratch) == slow.matches($0, scratch: scratch), "\(pattern) on '\(text)'")
                    }
                }
            }
        }
    }

    @Test("patterns share a scratch, the large after the small and back")
    func sharedScratch() throws {
        let scratch = PatternScratch()
        let patterns = try ["^(a)\\1$", "^(?=a{1000})a+$", "(a|b)*a(a|b){30}$", "^((((((((((a))))))))))\\10$"].map {
            try Pattern.compile($0)
        }
        for _ in 0..<3 {
            for (index, pattern) in patterns.enumerated() {
                let found = "aa".withByteView { pattern.matches($0, scratch: scratch) }
                #expect(found == (index == 0 || index == 3 ? .match : .noMatch))
            }
        }
    }

    @Test("one pattern serves several threads, each with a scratch of its own")
    func threads() async throws {
        let pattern = try Pattern.compile(#"^(?<word>\w+) \k<word>$"#)
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let scratch = PatternScratch()
                    return (0..<200).allSatisfy { round in
                        let word = "w\(number * round)"
                        return "\(word) \(word)".withByteView { pattern.matches($0, scratch: scratch) } == .match
                            && "\(word) x\(word)".withByteView { pattern.matches($0, scratch: scratch) } == .noMatch
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
