import Bytes
import Patterns
import Testing

@Suite struct MeaningTests {
    static let rows: [(String, [String], [String])] = [
        ("", ["", "x"], []),
        ("b", ["b", "abc"], ["", "a", "B"]),
        ("^abc$", ["abc"], ["abc\n", "xabc", "abcx"]),
        ("a|^b|c$", ["xa", "bx", "xc"], ["xb", "cx", ""]),
        (".", ["a", "é", "🐉", "\u{85}", "\u{0}"], ["", "\n", "\r", "\u{2028}", "\u{2029}"]),
        ("^.$", ["🐉", "\u{10FFFF}"], ["ab", "e\u{301}"]),
        ("^[^]$", ["\n", "🐉"], ["", "ab"]),
        ("[]", [], ["", "a"]),
        ("[]|a", ["a"], ["b"]),
        (#"^\d$"#, ["0", "9"], ["٠", "a"]),
        (#"^\w$"#, ["_", "Z", "7"], ["é", "-", "ſ"]),
        (#"^\W$"#, ["é", "-", "🐉"], ["a", "_"]),
        (
            #"^\s$"#, [" ", "\t", "\u{B}", "\u{C}", "\u{A0}", "\u{FEFF}", "\u{2029}", "\u{2003}", "\u{3000}"],
            ["\u{85}", "\u{180E}", "\u{200B}"]
        ),
        (#"^\S+$"#, ["a\u{200B}"], ["a b"]),
        (#"\bfoo\b"#, ["foo", "a foo.", "éfooé"], ["food", "_foo", "afoo"]),
        (#"\Boo\b"#, ["foo"], ["oo", "ood"]),
        (#"^\b$"#, [], ["", "a"]),
        (#"^\B$"#, [""], ["a"]),
        (#"^\cA\cz$"#, ["\u{1}\u{1A}"], ["A"]),
        (#"^\x41\u0042\u{43}\u{1F409}\uD83D\uDC09\0$"#, ["ABC🐉🐉\u{0}"], ["ABC🐉🐉0"]),
        (#"^[\b\-\]\x41-\u{43}]+$"#, ["\u{8}-]ABC"], ["b", "D"]),
        (#"^[a-]+[-z]+[^-]$"#, ["a--zb"], ["a--z-"]),
        (#"^[🐲-🐴]$"#, ["🐳"], ["🐶", "?"]),
        (#"^a{2}b{1,2}c{2,}d{0}$"#, ["aabcc", "aabbcccc"], ["abcc", "aabbbcc", "aabc", "aabccd"]),
        (#"^(?:a|ab)(?:c|bcd)(?:d*)$"#, ["abcd", "acd", "abcdd"], ["abd"]),
        (#"^(a?)*$"#, ["", "aaa"], ["b"]),
        (#"^(?:a?){3}b$"#, ["b", "aaab"], ["aaaab"]),
        (#"^.{0,4096}$"#, ["", "aaa"], ["\n"]),
        (#"^\p{Lu}\p{Ll}+$"#, ["Été", "Ωβ"], ["été", "É1"]),
        (#"^[\p{L}\p{M}' -]+$"#, ["d'Été", "O'Neill-ñ", "नमस्ते"], ["a1"]),
        (#"^\P{ASCII}$"#, ["é"], ["e"]),
        (#"^\p{Script=Greek}+$"#, ["αβγ"], ["abc"]),
        (#"^\p{scx=Deva}+$"#, ["।"], ["a"]),
        (#"^\p{sc=Deva}+$"#, ["क"], ["।"]),
        (#"^\p{gc=Nd}\p{digit}\p{Decimal_Number}$"#, ["4٢৪"], ["4Ⅷ৪"]),
        (#"^\p{Emoji_Presentation}$"#, ["🐉"], ["1"]),
        (#"^\p{Any}\p{Assigned}$"#, ["ab"], ["a\u{378}"]),
    ]

    @Test("matches as ECMA-262 says", arguments: rows)
    func regular(pattern: String, accepted: [String], refused: [String]) throws {
        let compiled = try Pattern.compile(pattern)
        #expect(compiled.isLinear)
        for text in accepted { #expect(try matches(pattern, text), "\(pattern) on \(text.debugDescription)") }
        for text in refused { #expect(try !matches(pattern, text), "\(pattern) on \(text.debugDescription)") }
    }

    static let irregular: [(String, [String], [String])] = [
        (#"^(?=.*[A-Z])(?=.*\d).{8,}$"#, ["Passw0rdX"], ["passw0rdx", "Pass0"]),
        (#"^(?!.*\.\.)[a-z.]+$"#, ["a.b"], ["a..b"]),
        (#"(?<=\$)\d+"#, ["a $5"], ["a 5"]),
        (#"(?<!\$)\b\d+"#, ["a 5"], ["a $5"]),
        (#"(?<=^a*)b"#, ["aaab"], ["caab"]),
        (#"(?<=\1(a))b"#, ["aab"], ["cab"]),
        (#"(?<=(\d+)(\d+))$"#, ["1053"], ["3"]),
        (#"^(a+)-\1$"#, ["aa-aa"], ["aa-a"]),
        (#"^(?<q>['"]).*\k<q>$"#, ["'a'", "\"b\""], ["'a\""]),
        (#"^\k<q>(?<q>a)$"#, ["a"], ["aa"]),
        (#"^(?:(a)|b)*\1$"#, ["ab", "aa"], ["ba a"]),
        (#"^(z)((a+)?(b+)?(c))*\3x$"#, ["zaacbbbcacax"], ["zaacbbbcx "]),
        (#"^(?=(a*))\1b$"#, ["aab"], ["aac"]),
        (#"^(?!(a)\1)\1b$"#, ["b"], ["ab"]),
        (#"(?=(?<=a)b)"#, ["ab"], ["bb"]),
        (#"^(\1a)+$"#, ["aa"], ["b"]),
        (#"^(?:(?=(a))a)+b\1$"#, ["aaba"], ["aab"]),
        (#"^(?:(?=(a)))?b\1$"#, ["b"], ["ab"]),
    ]

    @Test("matches lookarounds and backreferences as ECMA-262 says", arguments: irregular)
    func tried(pattern: String, accepted: [String], refused: [String]) throws {
        let compiled = try Pattern.compile(pattern)
        #expect(!compiled.isLinear)
        for text in accepted { #expect(try matches(pattern, text), "\(pattern) on \(text.debugDescription)") }
        for text in refused { #expect(try !matches(pattern, text), "\(pattern) on \(text.debugDescription)") }
    }

    @Test("takes bytes that are no UTF-8 for U+FFFD, one each")
    func malformed() throws {
        let one = try Pattern.compile(#"^\uFFFD$"#)
        let scratch = PatternScratch()
        for bytes: [UInt8] in [[0xFF], [0x80], [0xC3], [0xF5]] {
            #expect(bytes.withByteView { one.matches($0, scratch: scratch) } == .match, "\(bytes)")
        }
        let three = try Pattern.compile(#"^\uFFFD{3}$"#)
        for bytes: [UInt8] in [[0xED, 0xA0, 0x80], [0xE0, 0x80, 0x80], [0xC0, 0x80, 0xFF], [0xF0, 0x9F, 0x90]] {
            #expect(bytes.withByteView { three.matches($0, scratch: scratch) } == .match, "\(bytes)")
        }
    }
}
