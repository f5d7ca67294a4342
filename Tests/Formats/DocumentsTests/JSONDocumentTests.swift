import Documents
import Testing

@Suite("JSON documents")
struct JSONDocumentTests {
    @Test("JSON is read by JSON's rules, with the places of its nodes")
    func places() throws {
        let text = "{\r\n  \"é\\ud83d\\ude00/\" : [1, -2.5e1, true, null, \"x\", {\"k\": {}}],\n\t\"n\": 10000000000000000000}"
        let root = try tree(text, file: "a.json")
        let list = try #require(root["é😀/"]?.elements)
        #expect(list[0].integer == 1 && list[1].double == -25 && list[2].bool == true && list[3].isNull && list[4].string == "x")
        #expect(list[5]["k"]?.pointer == "/é😀~1/5/k")
        #expect((list[1].line, list[1].column) == (2, 26))
        #expect((list[4].line, list[4].column) == (2, 46))
        #expect(root["n"]?.text == "10000000000000000000" && root["n"]?.double == 1e19)
        let key = try #require(root.key("n"))
        #expect((key.line, key.column) == (3, 2))
    }

    @Test(
        "surrogate pairs are read wherever the text is JSON, in a file of any name",
        arguments: [
            #"{"k": "\ud83d\udca9"}"#, #"["\uD83D\uDCA9"]"#, #""\ud83d\udca9""#, " \r\n\t\"\\ud83d\\udca9\" ",
            "\u{FEFF}{\"k\": \"\\ud83d\\udca9\"}",
        ], ["a.json", "a.yaml", "a"])
    func surrogates(text: String, file: String) throws {
        let root = try tree(text, file: file)
        #expect((root["k"] ?? root.elements?.first ?? root).string == "\u{1F4A9}")
    }

    @Test(
        "half a surrogate pair is refused", arguments: [#"{"k": "\ud83d"}"#, #"["\udca9\ud83d"]"#, #""\ud83dx""#],
        ["a.json", "a.yaml"])
    func halfSurrogates(text: String, file: String) {
        #expect(throws: (any Error).self) { try tree(text, file: file) }
    }

    @Test("YAML that starts like JSON is still YAML", arguments: ["\"a\": 1", "{a: 1}", "[a]: 1", "\"a\" # c"])
    func likeJSON(text: String) throws {
        #expect((try? SourceDocument.parse(text: Array(text.utf8), file: "a.json").get()) == nil)
        let root = try? SourceDocument.parse(text: Array(text.utf8), file: "a.yaml").get()
        #expect((root != nil) == !text.hasPrefix("[a]"), "a key that is no scalar is refused")
    }

    @Test("a byte order mark is skipped", arguments: ["a.json", "a.yaml"])
    func mark(file: String) throws {
        #expect(try tree("\u{FEFF}{\"a\": 1}", file: file)["a"]?.integer == 1)
    }

    @Test(
        "a .json file must be JSON; elsewhere flow YAML is accepted",
        arguments: [
            ("{a: 1}", "syntax"), ("{\"a\": 1,}", "syntax"), ("# c\n{}", "syntax"), ("{\"a\": 01}", "syntax"),
            ("{\"a\": 'x'}", "syntax"),
        ])
    func strict(text: String, code: String) throws {
        guard case .failure(let findings) = SourceDocument.parse(text: Array(text.utf8), file: "a.json") else {
            Issue.record("accepted")
            return
        }
        #expect(findings.map(\.code) == [code])
        #expect(findings.allSatisfy { $0.line >= 1 && $0.column >= 1 })
        #expect(throws: Never.self) { try tree(text, file: "a.yaml") }
    }

    @Test("duplicate keys are all told, with pointers, in either file", arguments: ["a.json", "a.yaml"])
    func duplicates(file: String) {
        guard
            case .failure(let findings) = SourceDocument.parse(
                text: Array(#"{"a": {"b": 1, "b": 2}, "a": 3}"#.utf8), file: file)
        else {
            Issue.record("accepted")
            return
        }
        #expect(findings.map(\.pointer) == ["/a/b", "/a"])
    }

    @Test("the same text is the same tree by either reader")
    func sameTree() throws {
        let text = #"{"a": [1, 2.5, "x", {"b": null}], "c": true}"#
        func flat(_ node: SourceNode) -> [String] {
            let own = "\(node.pointer) \(node.line):\(node.column) \(node.noun) \(node.text ?? "")"
            return [own] + (node.elements ?? []).flatMap(flat) + (node.entries ?? []).flatMap { flat($0.key) + flat($0.value) }
        }
        // The leading comment makes it YAML.
        let yaml = flat(try tree("#\n" + text)).map { $0.replacing(" 2:", with: " 1:") }
        #expect(yaml == flat(try tree(text)))
    }

    @Test("depth is limited on the exact count")
    func depth() {
        func text(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: Never.self) { try SourceDocument.parse(text: text(100), file: "a.json").get() }
        guard case .failure(let findings) = SourceDocument.parse(text: text(101), file: "a.json") else {
            Issue.record("accepted")
            return
        }
        #expect(findings.map(\.code) == ["too-deep"])
    }

    @Test("a text cut at any byte, or with any byte replaced, gives a tree or findings with places")
    func mutations() {
        let text = Array(#"{"a": [1, -2.5e1, "\u00e9x"], "b": {"c": null}}"#.utf8)
        func check(_ bytes: [UInt8]) {
            guard case .failure(let findings) = SourceDocument.parse(text: bytes, file: "m.json") else { return }
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
