import Bytes
import Patterns
import Testing

@Suite struct HazardTests {
    @Test(
        "says nothing of patterns that people write",
        arguments: [
            "^[a-z]+(-[a-z]+)*$", "^(a|b)*$", #"^\d{4}-\d{2}-\d{2}$"#, "^[A-Z]{2}$", "^.*$", "^.+$", ".*foo.*bar",
            "^(?:a|b|cd)+$",
            #"^[^\s@]+@[^\s@]+\.[^\s@]+$"#, #"^\S+@\S+\.\S+$"#, #"^[\w.+-]+@[\w-]+\.[\w.-]+$"#,
            #"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"#,
            #"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$"#,
            #"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$"#,
            #"^https?:\/\/(www\.)?[-a-zA-Z0-9@:%._+~#=]{1,256}\.[a-zA-Z0-9()]{1,6}\b([-a-zA-Z0-9()@:%_+.~#?&//=]*)$"#,
            #"^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$"#, #"^\+?[1-9]\d{1,14}$"#, #"^\s*(.*?)\s*$"#, #"^"([^"\\]|\\.)*"$"#,
            #"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s]).{8,64}$"#, #"^((?!foo).)*$"#, #"^(?!\s)(?!.*\s$)\S.*$"#, "^(a+)-\\1$",
            "^([^,]*,){3}[^,]*$", "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", #"^[\w-]+(\.[\w-]+)*$"#, "^x*y*z*$",
            "^(?:[01]{8})*$",
            #"^\p{L}[\p{L}\p{M}' -]*$"#, "(a+)+", "(a*)*", #"^(\w+\s)*\w*$"#, "^[^a]*a[^a]*a[^a]*a.*$", "^[a-z]{1,4000}$",
            #"(\w+\s?)*"#, "^.{0,32000}$",
            #"^data:[\w/+.-]+;base64,[A-Za-z0-9+/]+={0,2}$"#,
            "^projects/[^/]+/locations/[^/]+/keyRings/[^/]+$", #"^(([a-z]|\d)+_)*$"#, "^(ab?)*$", "^(?:(?:a|b)c)*$",
        ])
    func harmless(pattern: String) throws {
        let hazard = try Pattern.compile(pattern).hazard
        #expect(hazard == nil, "\(String(describing: hazard))")
    }

    @Test(
        "finds repetitions that can take a text in several ways, and says where",
        arguments: [
            ("^(a+)+$", PatternHazard.Growth.exponential, 5), ("^(a*)*$", .exponential, 5), ("^(a|a)*$", .exponential, 6),
            ("^(a|aa)+$", .exponential, 7), ("^(a?b?)*$", .exponential, 7), ("^(?:é+)*b", .exponential, 8),
            (#"^(\w+\s?)*$"#, .exponential, 9), (#"^([a-zA-Z0-9_.-]+)*@"#, .exponential, 18), ("(x+x+)+y", .exponential, 6),
            (#"^\w+([.-]?\w+)*@\w+([.-]?\w+)*(\.\w{2,3})+$"#, .exponential, 14),
            ("^(([a-z])+.)+[A-Z]([a-z])+$", .exponential, 12),
            ("x(?:(?:a|a)*b)*", .exponential, 11), ("^(.*)*x", .exponential, 5), ("(?=(a+)+$)b", .exponential, 7),
            (#"^(a+)+\1$"#, .exponential, 5), ("(?<!^(?:a*)*b)c", .exponential, 11), ("^(?:(?:|)a)*b$", .exponential, 11),
            ("^(?:a|b|ab)*c", .exponential, 11), (#"^(\d+|\d+a)*$"#, .exponential, 11), ("^a(?:[ab][ab].?)*$", .exponential, 16),
            ("^((b?)+a)+$", .exponential, 9),
            ("^([a-z]{1,40})*$", .exponential, 14),
            ("^.*a.*a.*a.*a$", .polynomial, 11), ("(.*a){20}", .polynomial, 2), (#"^\s*\s*\s*\s*$"#, .polynomial, 12),
            ("[a-z]{1,4000}$", .counted, 0), (".*.{3000}b", .counted, 0),
        ])
    func hazardous(pattern: String, growth: PatternHazard.Growth, offset: Int) throws {
        let hazard = try Pattern.compile(pattern).hazard
        #expect(hazard?.growth == growth)
        #expect(hazard?.offset == offset)
    }

    /// Texts on which an engine that tries would need more than the age of the universe.
    static let catastrophic = [
        "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", #"^(\w+\s?)*$"#, #"([a-z]+)*\d"#, "(x+x+)+y", "(.*a){20}b$",
        "^(a?){100}a{100}$",
        "[a-z]{1,4000}$", "(?=(a+)+$)b", #"^(a+)+\1$"#, "(a*)*(?=b)", "(?:a|a)*(?!a)b", "(?<=(a|aa)+)b",
        #"(.*)(.*)(.*)(.*)(.*)\1x"#,
        "(?=a{1,30000}b)x", #"(?<=(a*))(?!\1)a"#, #"(?:(a)|(a))*\1\2$"#, "(?=((?=(a*)*b)a|a)*b)",
    ]

    @Test("ends on 100 KB of the worst text, at once or by giving up", arguments: catastrophic)
    func bounded(pattern: String) throws {
        let compiled = try Pattern.compile(pattern)
        let text = String(repeating: "a", count: 100_000) + "!"
        let start = ContinuousClock.now
        let outcome = text.withByteView { compiled.matches($0, scratch: PatternScratch()) }
        // A few milliseconds when optimised; the bound leaves room for debug builds on a busy machine.
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(outcome != .match)
        if compiled.isLinear, compiled.hazard?.growth != .counted { #expect(outcome == .noMatch) }
    }

    @Test("what is not found does not run away: generated patterns on repeated words")
    func complete() throws {
        var limits = PatternLimits()
        limits.steps = 2_000_000
        limits.stepsPerByte = 0
        let texts = ["", "a", "b", "ab"].flatMap { start in
            ["a", "b", "ab", "aab", "abb", "aba"].flatMap { word in
                ["!", "a!", "b!", "\n"].map { start + String(repeating: word, count: 36 / word.utf8.count) + $0 }
            }
        }
        var generator = LoopGenerator(state: 0x9E37_79B9_7F4A_7C15)
        let scratch = PatternScratch()
        var harmless = 0
        for _ in 0..<300 {
            let source = "^(?:\(generator.alternatives(depth: 3)))$"
            if try Pattern.compile(source).hazard != nil { continue }
            harmless += 1
            // The lookahead has the pattern matched by trying.
            let tried = try Pattern.compile(source + "(?=)", limits: limits)
            for text in texts {
                #expect(
                    text.withByteView { tried.matches($0, scratch: scratch) } != .gaveUp, "\(source) on \(text.debugDescription)")
            }
        }
        #expect(harmless > 100)
    }

    @Test("gives up exactly when the steps run out")
    func steps() throws {
        var limits = PatternLimits()
        limits.stepsPerByte = 0
        func outcome(_ steps: Int) throws -> PatternOutcome {
            limits.steps = steps
            let pattern = try Pattern.compile("^(?=a)a$", limits: limits)
            return "a".withByteView { pattern.matches($0, scratch: PatternScratch()) }
        }
        // ^ look a match, a $ match
        #expect(try outcome(7) == .match)
        #expect(try outcome(6) == .gaveUp)
    }

    @Test("gives up when there is more to remember than allowed")
    func memory() throws {
        var limits = PatternLimits()
        limits.remembered = 10
        let pattern = try Pattern.compile("^(?:a|b)*(?!c)$", limits: limits)
        let scratch = PatternScratch()
        #expect("ab".withByteView { pattern.matches($0, scratch: scratch) } == .match)
        #expect("ababababababab".withByteView { pattern.matches($0, scratch: scratch) } == .gaveUp)
        #expect("ab".withByteView { pattern.matches($0, scratch: scratch) } == .match)
    }
}

/// Patterns of few letters and many loops.
private struct LoopGenerator {
    var state: UInt64

    mutating func alternatives(depth: Int) -> String {
        (0...(below(4) == 0 ? 1 + below(2) : 0)).map { _ in sequence(depth: depth) }.joined(separator: "|")
    }

    private mutating func sequence(depth: Int) -> String { (0..<1 + below(3)).map { _ in term(depth: depth) }.joined() }

    private mutating func term(depth: Int) -> String {
        let atom = depth > 0 && below(10) < 4 ? "(?:\(alternatives(depth: depth - 1)))" : pick(["a", "b", "a", "[ab]", "."])
        return atom + (below(10) < 5 ? pick(["*", "+", "?", "{2}", "*?", "{1,}"]) : "")
    }

    private mutating func below(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 11) % bound
    }

    private mutating func pick(_ options: [String]) -> String { options[below(options.count)] }
}
