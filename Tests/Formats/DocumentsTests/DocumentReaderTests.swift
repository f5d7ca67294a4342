import Documents
import Testing

@Suite("Strict decoding")
struct DocumentReaderTests {
    private let findings = FindingList()

    private func reader(_ text: String) throws -> DocumentReader {
        DocumentReader(try tree(text), findings: findings)
    }

    @Test("values of the right type are answered without findings")
    func good() throws {
        let reader = try reader("s: x\nb: true\ni: 3\nd: 5m\nz: 64Ki\nn: 100\nl: [a, b]\nc: red\nm: {k: 1}\ne: ~\n")
        #expect(reader.string("s") == "x")
        #expect(reader.bool("b") == true)
        #expect(reader.integer("i", in: 0...3) == 3)
        #expect(reader.duration("d", in: .zero ... .seconds(300)) == .seconds(300))
        #expect(reader.size("z", in: 0...65536) == 65536)
        #expect(reader.size("n", in: 100...100) == 100)
        #expect(reader.strings("l") == ["a", "b"])
        #expect(reader.choice("c", ["red": 1, "blue": 2]) == 1)
        #expect(reader.section("m") { $0.integer("k", in: 0...9) } == 1)
        #expect(reader.string("e") == nil)
        #expect(reader.string("missing") == nil)
        reader.finish()
        #expect(findings.all.isEmpty)
    }

    @Test(
        "a value of the wrong type is a finding at the value",
        arguments: [
            ("a: [1]", "wrong-type"), ("a: 12", "wrong-type"), ("a: {b: 1}", "wrong-type"), ("a: true", "wrong-type"),
        ])
    func wrongString(text: String, code: String) throws {
        #expect(try reader(text).string("a") == nil)
        #expect(findings.all.map(\.code) == [code])
        #expect(findings.all.first?.pointer == "/a")
    }

    @Test("numbers, spans and sizes outside their range name the range")
    func ranges() throws {
        let reader = try reader("i: 4\nj: -1\nd: 61s\nz: 1Mi\n")
        #expect(reader.integer("i", in: 0...3) == nil)
        #expect(reader.integer("j", in: 0...3) == nil)
        #expect(reader.duration("d", in: .zero ... .seconds(60)) == nil)
        #expect(reader.size("z", in: 1...1024) == nil)
        #expect(findings.all.map(\.code) == Array(repeating: "out-of-range", count: 4))
        #expect(findings.all[2].message == "\"d\" must lie in 0s...1m, found 61s")
        #expect(findings.all[3].message == "\"z\" must lie in 1...1Ki, found 1Mi")
    }

    @Test("required keys that are missing and keys nobody knows are all reported")
    func missingAndUnknown() throws {
        let reader = try reader("hots: x\nzzzzzz: 1\nsub: {prt: 1}\n")
        #expect(reader.string("host", required: true) == nil)
        _ = reader.section("sub") { $0.integer("port", in: 0...9) }
        reader.finish()
        #expect(findings.all.map(\.code) == ["missing-key", "unknown-key", "unknown-key", "unknown-key"])
        #expect(
            findings.all.map(\.message).dropFirst() == [
                "unknown key \"prt\"; did you mean \"port\"?", "unknown key \"hots\"; did you mean \"host\"?",
                "unknown key \"zzzzzz\"",
            ])
    }

    @Test(
        "spans are one integer and one unit",
        arguments: [
            ("5s", .seconds(5)), ("100ms", .milliseconds(100)), ("5m", .seconds(300)), ("1h", .seconds(3600)), ("0s", .zero),
            ("7us", .microseconds(7)), ("7ns", .nanoseconds(7)), ("5", nil), ("s", nil), ("-5s", nil), ("1.5s", nil),
            ("5 s", nil),
            ("5S", nil), ("", nil), ("9223372036854775807h", nil), ("99999999999999999999s", nil),
        ] as [(String, Duration?)])
    func spans(text: String, expected: Duration?) {
        #expect(Duration(documentText: text) == expected)
        if let expected { #expect(Duration(documentText: expected.documentText) == expected) }
    }

    @Test(
        "sizes are one integer and a binary suffix",
        arguments: [
            ("0", 0), ("512", 512), ("64Ki", 65536), ("16Mi", 16 << 20), ("1Gi", 1 << 30), ("1K", nil), ("1kb", nil), ("-1", nil),
            ("Ki", nil), ("9223372036854775807Gi", nil), ("9223372036854775807", .max),
        ] as [(String, Int?)])
    func sizes(text: String, expected: Int?) {
        #expect(ByteSize.parse(text) == expected)
        if let expected { #expect(ByteSize.parse(ByteSize.text(expected)) == expected) }
    }

    @Test("the nearest word is suggested, and none when nothing is near")
    func suggestions() {
        let words = ["listen", "limits", "max_body", "issuers"]
        #expect(Suggestion.nearest(to: "lsten", among: words) == "listen")
        #expect(Suggestion.nearest(to: "maxBody", among: words) == "max_body")
        #expect(Suggestion.nearest(to: "tenants", among: words) == nil)
        #expect(Suggestion.nearest(to: String(repeating: "a", count: 100), among: words) == nil)
    }

    @Test("findings beyond the limit are counted, not kept")
    func limit() throws {
        let node = try tree("a")
        for index in 0..<(FindingList.maximumCount + 2) { findings.error("x", at: node, "y \(index)") }
        #expect(findings.all.count == FindingList.maximumCount)
        #expect(findings.dropped == 2)
        #expect(findings.errorCount == FindingList.maximumCount + 2)
    }

    @Test("a finding is kept once, and an error pushes a warning out of a full list")
    func keptFindings() throws {
        let node = try SourceDocument.parse(text: Array("a: 1".utf8), file: "a.yaml").get()
        let findings = FindingList()
        findings.error("x", at: node, "first")
        findings.error("x", at: node, "first")
        #expect(findings.all.count == 1 && findings.errorCount == 1 && findings.dropped == 0)
        for index in 0..<FindingList.maximumCount { findings.warning("w", at: node, "\(index)") }
        #expect(findings.all.count == FindingList.maximumCount && findings.dropped == 1)
        findings.error("x", at: node, "last")
        #expect(findings.all.count == FindingList.maximumCount && findings.dropped == 2)
        #expect(findings.all.first?.message == "first" && findings.all.last?.message == "last")
    }

    @Test("the recorder sees the shape of every key asked for")
    func recorder() throws {
        let recorder = KeyRecorder()
        let reader = DocumentReader(
            try tree("s: {p: 1}\nl: [{n: x}]\nr: {admin: {b: 1}}\n"), findings: findings, recorder: recorder)
        _ = reader.section("s") { $0.integer("p", in: 0...1) }
        _ = reader.sections("l") { $0.string("n") }
        _ = reader.section("r") { $0.section("admin", recordedAs: "*") { $0.integer("b", in: 0...1) } }
        #expect(recorder.keys == ["s", "s.p", "l", "l[].n", "r", "r.*", "r.*.b"])
    }
}
