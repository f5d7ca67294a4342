import Patterns
import Testing

@Suite struct SyntaxTests {
    static let faults: [(String, PatternError.Code, Int)] = [
        (#"\a"#, .syntax, 0), (#"x\A"#, .syntax, 1), (#"\Z"#, .syntax, 0), (#"\z"#, .syntax, 0), (#"\h"#, .syntax, 0),
        (#"\Qa\E"#, .syntax, 0), (#"\_"#, .syntax, 0), (#"\-"#, .syntax, 0), (#"\@"#, .syntax, 0), (#"\ "#, .syntax, 0),
        (#"[\_]"#, .syntax, 1), (#"[\B]"#, .syntax, 1), (#"\"#, .syntax, 0), ("[\\", .syntax, 1),
        ("(?i)a", .syntax, 0), ("(?i:a)", .syntax, 0), ("(?>a)", .syntax, 0), ("(?#a)", .syntax, 0), ("(?|a)", .syntax, 0),
        ("(?P<a>b)", .syntax, 0), ("(?R)", .syntax, 0), ("(*FAIL)", .syntax, 1), ("a++", .syntax, 2), ("a*+", .syntax, 2),
        ("a**", .syntax, 2), ("*", .syntax, 0), ("^*", .syntax, 1), (#"\b+"#, .syntax, 2), ("(?=a)*", .syntax, 5),
        ("(?<=a)?", .syntax, 6), ("(?!a){2}", .syntax, 5),
        ("a{", .syntax, 1), ("a{1", .syntax, 1), ("a{,1}", .syntax, 1), ("{", .syntax, 0), ("}", .syntax, 0), ("]", .syntax, 0),
        ("a{2,1}", .syntax, 1), ("(", .syntax, 0), (")", .syntax, 0), ("a)", .syntax, 1), ("é(", .syntax, 2), ("[", .syntax, 0),
        ("[b-a]", .syntax, 1), (#"[\d-z]"#, .syntax, 1), (#"[a-\d]"#, .syntax, 1), ("[[:alpha:]]", .syntax, 10),
        (#"\01"#, .syntax, 0), (#"\00"#, .syntax, 0), (#"\x1"#, .syntax, 0), (#"\u12"#, .syntax, 0), (#"\u{}"#, .syntax, 0),
        (#"\u{110000}"#, .syntax, 0), (#"\u{1"#, .syntax, 0), (#"\c1"#, .syntax, 0), (#"\c"#, .syntax, 0),
        (#"\p"#, .syntax, 0), (#"\pL"#, .syntax, 0), (#"\p{"#, .syntax, 0), (#"\p{}"#, .unknownProperty, 0),
        (#"\p{Nope}"#, .unknownProperty, 0), (#"\p{L=u}"#, .unknownProperty, 0), (#"\p{Lu=}"#, .unknownProperty, 0),
        (#"\p{Script}"#, .unknownProperty, 0), (#"\p{sc=Nope}"#, .unknownProperty, 0), (#"\p{lu}"#, .unknownProperty, 0),
        (#"\p{Greek}"#, .unknownProperty, 0), (#"\p{Block=Basic_Latin}"#, .unknownProperty, 0),
        (#"\p{idna=PVALID}"#, .unknownProperty, 0), (#"\p{^Lu}"#, .unknownProperty, 0),
        (#"\1"#, .unknownGroup, 0), (#"(a)\2"#, .unknownGroup, 3), (#"\k<a>"#, .unknownGroup, 0), (#"\k"#, .syntax, 0),
        (#"(?<a>b)\k<c>"#, .unknownGroup, 7), ("(?<a>b)(?<a>c)", .syntax, 10), ("(?<1>b)", .syntax, 3), ("(?<>b)", .syntax, 3),
        ("(?<a", .syntax, 3),
    ]

    @Test("refuses what ECMA-262 does not have, and says where", arguments: faults)
    func refused(pattern: String, code: PatternError.Code, offset: Int) {
        let error = refusal(pattern)
        #expect(error?.code == code, "\(pattern): \(error?.message ?? "accepted")")
        #expect(error?.offset == offset, "\(pattern): \(error?.message ?? "accepted")")
        #expect(!Pattern.isValid(pattern))
    }

    @Test(
        "accepts all of the grammar",
        arguments: [
            "", "|", "()", "(?:)", "(?=)", "a|", "(?<$é_1>a)", #"(?<\u{61}b>a)\k<ab>"#, #"[\w-]"#, "[--a]", "[^^]", "[(*+?.|{}/]",
            #"\/\^\$\\\.\*\+\?\(\)\[\]\{\}\|"#, "a{0}", "a{0,0}?", "a{1,}?", #"\0"#, #"[\0]"#, #"\uD83D"#, #"\uDC09\uD83D"#,
            #"\u{000000000041}"#, "/", "a-b", "é+", #"\p{Script_Extensions=Greek}"#, #"\p{L}\p{Letter}\p{gc=LC}"#, #"\p{space}"#,
            #"\P{General_Category=Other}"#, "[,-]", "[[]",
        ])
    func accepted(pattern: String) {
        #expect(refusal(pattern) == nil)
        #expect(Pattern.isValid(pattern))
    }

    @Test("refuses every proper prefix of a pattern that needs its end, and crashes on none")
    func truncation() {
        let text = #"(?<year>\d{4})-(?:0[1-9]|1[0-2])[\u{41}-\x5A\p{Lu}](?<=a{2,3})\k<year>"#
        for length in 0..<text.count { _ = refusal(String(text.prefix(length))) }
        #expect(refusal(text) == nil)
        #expect(refusal(String(text.dropLast())) != nil)
    }
}
