import Documents
import Testing

@Suite("Environment variables in a document")
struct VariableTests {
    private func expand(_ text: String, _ environment: [String: String]) throws -> (SourceNode, [Finding]) {
        let root = try SourceDocument.parse(text: Array(text.utf8), file: "f.yaml").get()
        let findings = FindingList()
        return (root.expandingVariables(environment, findings: findings), findings.all)
    }

    @Test(
        "replaces names and nothing else",
        arguments: [
            ("k: ${A}/b", "x/b"), ("k: '${A}${A}'", "xx"), ("k: $A", "$A"), ("k: '$${A}'", "${A}"), ("k: 'a${A'", "a${A"),
            ("k: cost $5", "cost $5"),
        ])
    func replaces(text: String, expected: String) throws {
        let (root, findings) = try expand(text, ["A": "x"])
        #expect(root["k"]?.string == expected)
        #expect(findings.isEmpty)
    }

    @Test("a value stays text and cannot add keys")
    func staysText() throws {
        let (root, _) = try expand("a: ['${A}']\nb: 7", ["A": "1\nc: 2"])
        #expect(root["a"]?.elements?.first?.string == "1\nc: 2")
        #expect(root.entries?.count == 2)
        #expect(root["b"]?.integer == 7)
    }

    @Test("a name that is not set is an error where it stands")
    func unset() throws {
        let (root, findings) = try expand("a: 1\nb: pre${NONE}", [:])
        #expect(root["b"]?.string == "pre${NONE}")
        #expect(findings.map(\.code) == ["unset-variable"])
        #expect(findings.first?.line == 2)
        #expect(findings.first?.pointer == "/b")
    }
}
