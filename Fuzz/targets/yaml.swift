import Bytes
import Documents

/// A document that is read is a tree within its limits whose every node has a place; what is refused has findings that say where.
func fuzz(_ input: ByteView) {
    var limits = DocumentLimits()
    limits.bytes = 1 << 16
    limits.nodes = 2000
    limits.depth = 32
    switch SourceDocument.parse(text: Array(input), file: "fuzz.yaml", limits: limits) {
    case .failure(let findings):
        expect(!findings.isEmpty && findings.hasErrors, "a refusal has its reason")
        expect(findings.count <= limits.findings + 1, "findings keep to their limit")
        for finding in findings { expect(finding.line >= 0 && finding.column >= 0, "a finding has a place") }
    case .success(let root):
        var nodes = 0
        visit(root, depth: 1, &nodes, limits)
    }
}

private func visit(_ node: SourceNode, depth: Int, _ nodes: inout Int, _ limits: DocumentLimits) {
    nodes += 1
    expect(nodes <= limits.nodes, "no more nodes than allowed, aliases expanded")
    expect(depth <= limits.depth + 1, "no deeper than allowed")
    expect(node.line >= 1 && node.column >= 1, "a node has a place")
    expect(node.pointer.isEmpty || node.pointer.utf8.first == UInt8(ascii: "/"), "a pointer starts with a slash")
    for element in node.elements ?? [] { visit(element, depth: depth + 1, &nodes, limits) }
    var names = Set<String>()
    for entry in node.entries ?? [] {
        if let name = entry.key.text { expect(names.insert(name).inserted, "no key is there twice") }
        visit(entry.value, depth: depth + 1, &nodes, limits)
    }
}
