import Documents
import OpenAPI
import OpenAPIDiff
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

/// A generated document as lines, so that one line can be changed.
private struct Generated {
    var lines: [String] = []
    /// Index of a line, what stands there instead, and the code that must be among the changes with its level.
    var mutations: [(line: Int, text: String, code: String)] = []

    var text: String { lines.joined(separator: "\n") }

    init(_ dice: inout Dice) {
        lines += ["openapi: 3.1.0", "info: {title: T, version: '1'}", "paths:"]
        for number in 0...dice.below(4) { path(number, &dice) }
        lines += ["components:", "  schemas:"]
        for number in 0...3 {
            lines.append("    S\(number):")
            schema("      ", depth: 0, &dice, part: "request")
        }
    }

    private mutating func mutable(_ text: String, _ changed: String, _ code: String) {
        mutations.append((lines.count, changed, code))
        lines.append(text)
    }

    private mutating func path(_ number: Int, _ dice: inout Dice) {
        mutable("  /p\(number):", "  /q\(number):", "path-removed")
        lines.append("    post:")
        mutable("      operationId: op\(number)", "      operationId: other\(number)", "operation-id-changed")
        lines.append("      parameters:")
        for name in 0...dice.below(3) {
            lines.append("        - name: n\(name)")
            mutable("          in: query", "          in: header", "parameter-location-changed")
            mutable("          required: false", "          required: true", "parameter-required")
            mutable("          schema: {type: integer}", "          schema: {type: boolean}", "parameter-type-changed")
        }
        lines += ["      requestBody:", "        content:", "          application/json:", "            schema:"]
        schema("              ", depth: 0, &dice, part: "request")
        lines += ["      responses:"]
        mutable("        '200':", "        '404':", "response-removed")
        lines += ["          description: ok", "          content:", "            application/json:", "              schema:"]
        schema("                ", depth: 0, &dice, part: "response")
    }

    private mutating func schema(_ indent: String, depth: Int, _ dice: inout Dice, part: String) {
        let sent = part == "request"
        func keyed(_ keyword: String, tighter: Bool) -> String { "\(part)-\(keyword)-\(tighter ? "narrowed" : "widened")" }
        switch dice.below(depth < 3 ? 6 : 3) {
        case 0:
            mutable("\(indent)type: string", "\(indent)type: boolean", "\(part)-type-changed")
            mutable("\(indent)maxLength: 9", "\(indent)maxLength: 8", keyed("max-length", tighter: true))
        case 1:
            lines.append("\(indent)type: integer")
            mutable("\(indent)minimum: 3", "\(indent)minimum: 2", keyed("minimum", tighter: false))
            mutable("\(indent)format: int64", "\(indent)format: int32", keyed("format", tighter: true))
        case 2:
            mutable("\(indent)enum: [a, b]", "\(indent)enum: [a, b, c]", keyed("enum", tighter: false))
        case 3:
            lines.append("\(indent)type: array")
            mutable("\(indent)maxItems: 4", "\(indent)maxItems: 5", keyed("max-items", tighter: false))
            lines.append("\(indent)items:")
            schema(indent + "  ", depth: depth + 1, &dice, part: part)
        default:
            lines.append("\(indent)type: object")
            mutable("\(indent)required: [a]", "\(indent)required: [a, b]", "\(part)-property-required")
            mutable(
                "\(indent)additionalProperties: true", "\(indent)additionalProperties: false",
                keyed("additional-properties", tighter: true))
            lines.append("\(indent)properties:")
            for name in ["a", "b"] {
                // A new name is one that went and one that came.
                mutable(
                    "\(indent)  \(name):", "\(indent)  z\(name):", sent ? "request-property-removed" : "response-property-removed"
                )
                schema(indent + "    ", depth: depth + 1, &dice, part: part)
            }
        }
    }
}

@Suite("generated documents and changes")
struct MutationTests {
    @Test("a document against itself gives nothing; one changed line is found where it is", arguments: UInt64(1)...40)
    func single(seed: UInt64) throws {
        var dice = Dice(state: seed)
        let generated = Generated(&dice)
        #expect(try diff(generated.text, generated.text).changes == [])
        // Components nobody refers to are not part of the contract.
        let end = generated.lines.firstIndex(of: "components:") ?? 0
        let reachable = generated.mutations.filter { $0.line < end }
        for _ in 0..<8 {
            let mutation = reachable[dice.below(reachable.count)]
            var changed = generated
            changed.lines[mutation.line] = mutation.text
            let found = try diff(generated.text, changed.text)
            #expect(found.isComplete)
            #expect(
                found.changes.contains { $0.code == mutation.code && abs($0.line - mutation.line - 1) <= 1 },
                "line \(mutation.line + 1): \(mutation.text) wants \(mutation.code), found \(found.changes)")
        }
        let unused = generated.mutations.filter { $0.line > end }
        if let mutation = unused.first {
            var changed = generated
            changed.lines[mutation.line] = mutation.text
            #expect(try diff(generated.text, changed.text).changes == [])
        }
    }
}
