import Bytes
import Foundation
import Patterns
import Testing

/// Holds generated patterns against V8, where Node is on the path; both must agree on what is a pattern and on what it matches.
@Suite struct DifferentialTests {
    private static let node = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/node" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let cases = Int(ProcessInfo.processInfo.environment["PATTERN_CASES"] ?? "") ?? 3_000
    private static let seed = UInt64(ProcessInfo.processInfo.environment["PATTERN_SEED"] ?? "") ?? 1

    private static let program = """
        const cases = JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'));
        process.stdout.write(JSON.stringify(cases.map(([pattern, ...texts]) => {
            try { var regex = new RegExp(pattern, 'u'); } catch { return 'refused'; }
            return texts.map(text => regex.test(text) ? '1' : '0').join('');
        })));
        """

    @Test("agrees with V8 on generated patterns", .enabled(if: node != nil, "no program 'node' on the path"))
    func agreesWithV8() throws {
        var generator = PatternGenerator(seed: Self.seed)
        let cases = (0..<Self.cases).map { _ in generator.row(texts: 8) }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("patterns-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try JSONSerialization.data(withJSONObject: cases).write(to: file)
        let expected = try #require(try run(file))
        #expect(expected.count == cases.count)

        let scratch = PatternScratch()
        var counts = (refused: 0, matched: 0, tried: 0, total: 0, gaveUp: 0)
        for (row, wanted) in zip(cases, expected) {
            let found: String
            do {
                let pattern = try Pattern.compile(row[0])
                counts.tried += pattern.isLinear ? 0 : 1
                found = row.dropFirst().map { text in
                    switch text.withByteView({ pattern.matches($0, scratch: scratch) }) {
                    case .match: "1"
                    case .noMatch: "0"
                    case .gaveUp: "?"
                    }
                }.joined()
            } catch {
                found = "refused"
            }
            // V8 has no limit: what is given up is counted, not compared.
            counts.gaveUp += found.contains("?") ? 1 : 0
            if found.contains("?") { continue }
            counts.total += row.count - 1
            counts.refused += found == "refused" ? 1 : 0
            counts.matched += found.filter { $0 == "1" }.count
            #expect(found == wanted, "\(row.map(\.debugDescription)), seed \(Self.seed)")
        }
        print(
            "patterns: \(cases.count), \(counts.refused) refused, \(counts.tried) by trying; "
                + "texts: \(counts.total), \(counts.matched) matched; \(counts.gaveUp) given up")
        #expect(counts.gaveUp * 500 <= cases.count)
        #expect(counts.matched * 10 > counts.total && counts.tried * 10 > cases.count && counts.refused * 50 > cases.count)
    }

    private func run(_ file: URL) throws -> [String]? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.node ?? "")
        process.arguments = ["-e", Self.program, file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try JSONSerialization.jsonObject(with: output) as? [String]
    }
}

/// Patterns of every construct, some of them broken, and texts that come near to matching.
struct PatternGenerator {
    private var state: UInt64
    private var groups = 0

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    private mutating func pattern() -> String {
        groups = 0
        var text = alternatives(depth: 3)
        if chance(12), !text.isEmpty {
            var scalars = Array(text.unicodeScalars)
            scalars[below(scalars.count)] = pick(Array(#"(){}[]*+?|\^$-:<=!ukpxdDb1,"#.unicodeScalars))
            text = String(String.UnicodeScalarView(scalars))
        }
        return text
    }

    /// A pattern and texts for it.
    mutating func row(texts: Int) -> [String] {
        let pattern = pattern()
        // V8 finds assertions that hold between the halves of a surrogate pair, where ECMA-262 does not look with the flag u.
        let asserts = [#"\b"#, #"\B"#, "(?"].contains { pattern.contains($0) }
        return [pattern] + (0..<texts).map { _ in text(astral: !asserts) }
    }

    private mutating func text(astral: Bool) -> String {
        (0..<below(10)).map { _ in pick(["a", "b", "c", "-", "1", "é", astral ? "🐉" : "ß", "\n", "_", "A", " "]) }.joined()
    }

    private mutating func alternatives(depth: Int) -> String {
        (0...(chance(25) ? 1 + below(2) : 0)).map { _ in sequence(depth: depth) }.joined(separator: "|")
    }

    private mutating func sequence(depth: Int) -> String { (0..<below(4)).map { _ in term(depth: depth) }.joined() }

    private mutating func term(depth: Int) -> String {
        if chance(12) { return pick(["^", "$", #"\b"#, #"\B"#]) }
        if depth > 0, chance(10) { return pick(["(?=", "(?!", "(?<=", "(?<!"]) + alternatives(depth: depth - 1) + ")" }
        return atom(depth: depth)
            + (chance(45) ? pick(["*", "+", "?", "{2}", "{0,2}", "{1,}", "{2,3}", "{0}"]) + (chance(30) ? "?" : "") : "")
    }

    private mutating func atom(depth: Int) -> String {
        if depth > 0, chance(35) {
            guard chance(60) else { return "(?:" + alternatives(depth: depth - 1) + ")" }
            groups += 1
            let name = chance(20) ? "?<g\(groups)>" : ""
            return "(" + name + alternatives(depth: depth - 1) + ")"
        }
        if groups > 0, chance(12) { return "\\\(1 + below(groups))" }
        return chance(25) ? characterClass() : pick(Self.atoms)
    }

    private mutating func characterClass() -> String {
        let members = (0..<below(4)).map { _ in
            pick(["a", "b-c", "1", "é", "🐉", #"\d"#, #"\W"#, #"\s"#, "-", "^", #"\n"#, #"\p{L}"#, "A-Z"])
        }
        return (chance(30) ? "[^" : "[") + members.joined() + "]"
    }

    private static let atoms = [
        "a", "a", "a", "b", "b", "c", "-", "1", "é", "🐉", ".", ".", #"\d"#, #"\D"#, #"\w"#, #"\W"#, #"\s"#, #"\S"#, #"\n"#,
        #"\p{Lu}"#,
        #"\P{L}"#, #"\u{1F409}"#, #"\uD83D\uDC09"#, #"\x61"#, #"\u00e9"#, #"\cJ"#,
    ]

    private mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    private mutating func below(_ bound: Int) -> Int { Int(next() >> 11) % bound }
    private mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    private mutating func pick<Element>(_ options: [Element]) -> Element { options[below(options.count)] }
}
