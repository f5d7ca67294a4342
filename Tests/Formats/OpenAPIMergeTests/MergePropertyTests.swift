import Documents
import OpenAPI
import OpenAPIMerge
import Testing

/// SplitMix64: the same documents in every run.
private struct Dice {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// A document with few names, so that those of several documents collide, whose schemas refer to one another at random.
private func document(_ service: Int, _ dice: inout Dice) -> String {
    let version = dice.below(2) == 0 ? "3.0.3" : "3.1.0"
    var lines = ["openapi: \(version)", "info: {title: S\(service), version: '1'}", "servers: [{url: /api/v1}]", "paths:"]
    let names = ["A", "B", "C", "D"]
    for path in 0...dice.below(3) {
        let name = names[dice.below(4)]
        lines += [
            "  /s\(service)/p\(path):", "    get:", "      operationId: op\(path)", "      security: [{key: []}]",
            "      responses:",
            "        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/\(name)'}}}}",
        ]
    }
    lines += [
        "components:", "  securitySchemes: {key: {type: http, scheme: \(dice.below(2) == 0 ? "bearer" : "basic")}}", "  schemas:",
    ]
    for name in names {
        let other = names[dice.below(4)]
        switch dice.below(4) {
        case 0: lines.append("    \(name): {type: string}")
        case 1: lines.append("    \(name): {type: array, items: {$ref: '#/components/schemas/\(other)'}}")
        case 2: lines.append("    \(name): {type: object, properties: {\(other): {$ref: '#/components/schemas/\(other)'}}}")
        default: lines.append("    \(name): {type: integer, maximum: \(dice.below(3))}")
        }
    }
    return lines.joined(separator: "\n")
}

/// A schema with its references written out to a depth: two that read the same mean the same.
private func spelled(_ node: SourceNode?, of document: DocumentBundle, depth: Int) -> String {
    guard let node else { return "nothing" }
    guard let node = document.resolved(node), depth > 0 else { return "…" }
    switch node.kind {
    case .scalar(let scalar): return "\(scalar)"
    case .sequence(let elements):
        return "[" + elements.map { spelled($0, of: document, depth: depth - 1) }.joined(separator: ",") + "]"
    case .mapping(let entries):
        let members = entries.map { ($0.key.text ?? "") + ":" + spelled($0.value, of: document, depth: depth - 1) }
        return "{" + members.sorted().joined(separator: ",") + "}"
    }
}

@Suite struct MergePropertyTests {
    /// Whatever the names: every operation of the result says what it said in its own document.
    @Test func everyOperationMeansWhatItMeant() throws {
        var dice = Dice(state: 0x7265_6e61_6d65_6421)
        for _ in 0..<300 {
            let parts = (0...dice.below(4)).map { part("s\($0)", document($0, &dice)) }
            let value = try DocumentMerge.merge(parts, below: "/api/v1", title: "T", number: "1")
            let (result, findings) = OpenAPIDocument.load(text: Array(value.yaml.utf8), file: "m.yaml")
            let whole = try #require(result, "\(findings)")
            #expect(whole.operations.count == parts.map(\.document.operations.count).reduce(0, +))
            for part in parts {
                for entry in part.document.bundle.root["paths"]?.entries ?? [] {
                    let before = entry.value["get"]
                    let after = whole.bundle.root["paths"]?["/api/v1" + (entry.key.text ?? "")]?["get"]
                    #expect(
                        spelled(after?["responses"], of: whole.bundle, depth: 12)
                            == spelled(before?["responses"], of: part.document.bundle, depth: 12))
                    let scheme = after?["security"]?.elements?.first?.entries?.first?.key.text ?? ""
                    #expect(
                        spelled(whole.bundle.root["components"]?["securitySchemes"]?[scheme], of: whole.bundle, depth: 3)
                            == spelled(
                                part.document.bundle.root["components"]?["securitySchemes"]?["key"], of: part.document.bundle,
                                depth: 3))
                }
            }
            #expect(Set(whole.operations.compactMap(\.operationID)).count == whole.operations.count)
        }
    }
}
