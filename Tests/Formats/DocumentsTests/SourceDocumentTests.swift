import Documents
import Testing

/// The tree of a text that is expected to be good.
func tree(_ text: String, file: String = "test.yaml") throws -> SourceNode {
    try SourceDocument.parse(text: Array(text.utf8), file: file).get()
}

/// The findings of a text that is expected to be bad.
func faults(_ text: String, limits: DocumentLimits = .default) -> [Finding] {
    switch SourceDocument.parse(text: Array(text.utf8), file: "test.yaml", limits: limits) {
    case .success: []
    case .failure(let findings): findings
    }
}

@Suite("Source documents")
struct SourceDocumentTests {
    @Test(
        "plain scalars follow the YAML 1.2 core schema",
        arguments: [
            ("no", .string("no")), ("on", .string("on")), ("y", .string("y")), ("true", .bool(true)), ("False", .bool(false)),
            ("tRue", .string("tRue")), ("~", .null), ("null", .null), ("", .null), ("nULL", .string("nULL")),
            ("12", .integer(12)), ("-7", .integer(-7)), ("+7", .integer(7)), ("007", .integer(7)), ("0o7", .integer(7)),
            ("0o8", .string("0o8")), ("0x1F", .integer(31)), ("0x", .string("0x")), ("-0x1F", .string("-0x1F")),
            ("0x-1", .string("0x-1")), ("1_000", .string("1_000")), ("12:30", .string("12:30")), ("1.", .double(1)),
            (".5", .double(0.5)), ("1e3", .double(1000)), ("1e", .string("1e")), ("-.inf", .double(-.infinity)),
            (".", .string(".")), ("+", .string("+")), ("1.2.3", .string("1.2.3")),
            ("9223372036854775807", .integer(.max)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            ("-9223372036854775808", .integer(.min)), ("2026-01-01", .string("2026-01-01")), ("5s", .string("5s")),
        ] as [(String, SourceScalar)])
    func plainScalars(text: String, expected: SourceScalar) throws {
        let node = try #require(try tree("key: \(text)")["key"])
        guard case .scalar(expected) = node.kind else {
            Issue.record("read as \(node.kind)")
            return
        }
        #expect(node.text == text)
    }

    @Test("quoted and block scalars are strings", arguments: ["\"12\"", "'12'", "!!str 12", "! 12", "|-\n  12"])
    func quoted(text: String) throws {
        #expect(try tree("key: \(text)")["key"]?.string == "12")
    }

    @Test("tags of the core schema fit or are refused")
    func tags() throws {
        #expect(try tree("!!float 3").double == 3)
        #expect(try tree("!!map {a: !!int 3}")["a"]?.integer == 3)
        #expect(faults("a: !!int x").map(\.code) == ["unusable-tag"])
        #expect(faults("a: !python/object x").map(\.code) == ["unusable-tag"])
        #expect(faults("a: !!seq {}").map(\.code) == ["unusable-tag"])
    }

    @Test("every node knows its line, column and pointer")
    func places() throws {
        let root = try tree("a:\n  - x\n  - b/c~d: [1, {e: é, f: 2}]\n")
        let list = try #require(root["a"]?.elements?[1]["b/c~d"])
        let last = try #require(list.elements?[1]["f"])
        #expect(last.pointer == "/a/1/b~1c~0d/1/f")
        #expect((last.line, last.column) == (3, 26))
        #expect(root.pointer == "" && root.line == 1 && root.column == 1)
        let key = try #require(root["a"]?.elements?[1].entries?[0].key)
        #expect((key.line, key.column, key.pointer) == (3, 5, "/a/1/b~1c~0d"))
    }

    @Test("keys are strings whatever they look like")
    func keys() throws {
        let root = try tree("200: a\ntrue: b\n1.0: c\n")
        #expect(root["200"]?.string == "a" && root["true"]?.string == "b" && root["1.0"]?.string == "c")
    }

    @Test("a duplicate key is a finding that names the first line, and reading goes on")
    func duplicates() {
        let findings = faults("a: 1\nb: {x: 1, x: 2}\na: [1]\nc: {y: 1, y: 2}\n")
        #expect(findings.map(\.code) == ["duplicate-key", "duplicate-key", "duplicate-key"])
        #expect(findings.map(\.pointer) == ["/b/x", "/a", "/c/y"])
        #expect(
            findings[1].description == "test.yaml:3:1: error[duplicate-key] /a: the key \"a\" is already on line 1; remove one")
    }

    @Test("many entries are found as well as few, duplicates included", arguments: [1, 8, 9, 500])
    func wide(count: Int) throws {
        let text = (0..<count).map { "k\($0): \($0)" }.joined(separator: "\n")
        let root = try tree(text)
        for index in 0..<count { #expect(root["k\(index)"]?.integer == Int64(index)) }
        #expect(root["k\(count)"] == nil)
        #expect(faults(text + "\nk0: 1").map(\.code) == ["duplicate-key"])
    }

    @Test("an alias answers the anchored node and its place")
    func aliases() throws {
        let root = try tree("a: &x {b: 1}\nc: *x\n? &k d\n: 1\ne: {*k : 2}\n")
        #expect(root["c"]?["b"]?.pointer == "/a/b")
        #expect(root["e"]?["d"]?.integer == 2)
    }

    @Test(
        "what is not one plain tree is refused",
        arguments: [
            ("", "empty-document"), ("# only a comment\n", "empty-document"), ("a: 1\n---\nb: 2\n", "several-documents"),
            ("a: *x", "unknown-alias"), ("a: &x [*x]", "cyclic-alias"), ("<<: {a: 1}", "merge-key"),
            ("? [a]\n: 1", "key-not-scalar"),
            ("a: &x [1]\n*x : 2", "key-not-scalar"), ("a: [1", "syntax"), ("a: \"\\q\"", "syntax"), ("a:\n\t- b", "syntax"),
            ("a: b: c", "syntax"), ("\u{1}", "syntax"), ("%YAML 3.0\n--- a", "syntax"),
        ])
    func refused(text: String, code: String) {
        #expect(faults(text).map(\.code) == [code])
    }

    @Test("invalid UTF-8 is a finding with the place of the byte")
    func invalidUTF8() {
        guard case .failure(let findings) = SourceDocument.parse(text: [0x61, 0x3A, 0x20, 0xFF], file: "x") else {
            Issue.record("accepted")
            return
        }
        #expect(findings.map(\.code) == ["syntax"])
        #expect(findings.first?.message.contains("byte 3") == true)
    }

    @Test("an alias bomb is refused before anybody can walk it")
    func bomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(faults(text).map(\.code) == ["too-many-nodes"])
    }

    @Test("a chain of aliases cannot nest deeper than text may")
    func aliasChain() throws {
        func chain(_ levels: Int) -> String {
            "- &a0 x\n" + (1...levels).map { "- &a\($0) [*a\($0 - 1)]\n" }.joined()
        }
        // The list around the chain is a level too.
        #expect(faults(chain(99)).isEmpty)
        #expect(faults(chain(100)).map(\.code) == ["too-deep"])
    }

    @Test("depth, nodes and bytes are limited on the exact count")
    func limits() {
        func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(faults(nested(100)).isEmpty)
        #expect(faults(nested(101)).map(\.code) == ["too-deep"])
        // libyaml gives up on its own while it looks for the end of a key.
        #expect(faults(String(repeating: "[", count: 100_000)).map(\.code) == ["syntax"])
        #expect(faults(String(repeating: "- ", count: 100_000)).map(\.code) == ["too-deep"])
        var limits = DocumentLimits()
        limits.nodes = 4
        #expect(faults("[1, 2, 3]", limits: limits).isEmpty)
        #expect(faults("[1, 2, 3, 4]", limits: limits).map(\.code) == ["too-many-nodes"])
        limits = DocumentLimits()
        limits.bytes = 4
        #expect(faults("a: 1", limits: limits).isEmpty)
        #expect(faults("a: 12", limits: limits).map(\.code) == ["document-too-large"])
    }

    @Test("findings of one text are limited")
    func manyFindings() {
        #expect(faults(String(repeating: "a: 1\n", count: 5000)).count == 100)
    }

    @Test("a text cut at any byte, or with any byte replaced, gives a tree or findings with places")
    func mutations() {
        let text = Array("a: &x [1, \"q\\u00e9\", {b: 'c'}]\nd: *x\ne: |\n  t\n? !!str f\n: -0x1\n".utf8)
        func check(_ bytes: [UInt8]) {
            guard case .failure(let findings) = SourceDocument.parse(text: bytes, file: "m") else { return }
            #expect(!findings.isEmpty && findings.allSatisfy { $0.line >= 1 && $0.column >= 1 })
        }
        for length in 0...text.count { check(Array(text.prefix(length))) }
        for position in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[position] = byte
                check(changed)
            }
        }
    }
}
