import OpenAPIPatch
import Testing

/// Splitmix64 (Steele, Lea and Flood 2014), so that a failure can be seen again.
struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// A tree that can be written as a document in every style.
indirect enum Tree {
    case plain(String)
    case text(String)
    case list([Tree])
    case members([(String, Tree)])

    enum Style: CaseIterable {
        case json, indentedJSON, flow, block
    }

    func written(_ style: Style, _ blanks: String = "") -> String {
        let inner = blanks + "  "
        switch self {
        case .plain(let text): return text
        case .text(let text): return style == .block && text.allSatisfy(\.isLetter) ? text : "\"\(text)\""
        case .list(let items) where items.isEmpty: return "[]"
        case .members(let items) where items.isEmpty: return "{}"
        case .list(let items):
            switch style {
            case .json, .flow: return "[" + items.map { $0.written(style) }.joined(separator: ", ") + "]"
            case .indentedJSON:
                return "[\n" + items.map { inner + $0.written(style, inner) }.joined(separator: ",\n") + "\n\(blanks)]"
            case .block: return "\n" + items.map { "\(blanks)- " + $0.inList(inner) }.joined(separator: "\n")
            }
        case .members(let items):
            switch style {
            case .json, .flow: return "{" + items.map { "\"\($0)\": " + $1.written(style) }.joined(separator: ", ") + "}"
            case .indentedJSON:
                return "{\n" + items.map { "\(inner)\"\($0)\": " + $1.written(style, inner) }.joined(separator: ",\n")
                    + "\n\(blanks)}"
            case .block:
                return "\n" + items.map { "\(blanks)\"\($0)\": " + $1.written(style, inner) }.joined(separator: "\n# remark\n")
            }
        }
    }

    private func inList(_ blanks: String) -> String {
        guard case .members(let items) = self, !items.isEmpty else { return written(.block, blanks) }
        return items.map { "\"\($0)\": " + $1.written(.block, blanks + "  ") }.joined(separator: "\n\(blanks)")
    }
}

@Suite("Patches of generated differences")
struct GeneratedDifferenceTests {
    private static let names = ["a", "b", "list", "x y", "ünï", "x/y", "~t"]

    @Test("after the patch the same messages differ in nothing", arguments: 0..<300)
    func passes(seed: Int) throws {
        var dice = Dice(state: UInt64(seed))
        let isOld = dice.chance(40)
        let style = Tree.Style.allCases[seed % Tree.Style.allCases.count]
        let status = dice.chance(50) ? 0 : 200
        let document = Self.document(isOld: isOld, status: status, &dice).written(style)
        let before = Described(document + (dice.chance(50) ? "\n" : ""), file: style == .json ? "api.json" : "api.yaml")
        let bodies = (0..<4).map { _ in Self.value(3, &dice).written(.json) }
        let differences = try before.differences(of: "op", status: status, bodies: bodies)
        let patch = try before.patch(differences)
        #expect(patch.undecided.isEmpty, "\(patch.undecided)\n\(before.text)")
        #expect(patch.files.isEmpty == differences.isEmpty)
        let after = before.applying(patch)
        let left = try after.differences(of: "op", status: status, bodies: bodies)
        #expect(left.isEmpty, "\(left)\n\(differences)\n\(bodies)\n\(before.text)\n\(after.text)")
    }

    @Test("the generator makes differences of every kind that is written")
    func reach() throws {
        var codes: Set<String> = []
        for seed in 0..<150 {
            var dice = Dice(state: UInt64(seed))
            let isOld = dice.chance(40)
            let document = Described(Self.document(isOld: isOld, status: 0, &dice).written(.block))
            let bodies = (0..<4).map { _ in Self.value(3, &dice).written(.json) }
            codes.formUnion(try document.differences(of: "op", bodies: bodies).map { $0.code })
        }
        #expect(codes.isSuperset(of: ["type", "required", "additionalProperties", "unevaluatedProperties"]), "\(codes)")
    }

    private static func document(isOld: Bool, status: Int, _ dice: inout Dice) -> Tree {
        let content = Tree.members([
            ("content", .members([("application/json", .members([("schema", schema(3, isOld, &dice))]))]))
        ])
        let answer = Tree.members([("description", .text("answer"))])
        let operation: [(String, Tree)] =
            status == 0
            ? [("operationId", .text("op")), ("requestBody", content), ("responses", .members([("default", answer)]))]
            : [
                ("operationId", .text("op")),
                ("responses", .members([("\(status)", .members([("description", .text("answer"))].with(content)))])),
            ]
        return .members([
            ("openapi", .text(isOld ? "3.0.3" : "3.1.0")),
            ("info", .members([("title", .text("t")), ("version", .text("v"))])),
            ("paths", .members([("/x", .members([("post", .members(operation))]))])),
            (
                "components",
                .members([("schemas", .members([("One", object(2, isOld, &dice)), ("Two", object(2, isOld, &dice))]))])
            ),
        ])
    }

    private static func schema(_ depth: Int, _ isOld: Bool, _ dice: inout Dice) -> Tree {
        let pick = Int.random(in: 0..<10, using: &dice)
        if depth == 0 || pick < 3 {
            let type = ["string", "integer", "number", "boolean"].randomElement(using: &dice) ?? "string"
            if !isOld, dice.chance(20) { return .members([("type", .list([.text(type)]))]) }
            if isOld, dice.chance(30) {
                return .members([("type", .text(type)), ("nullable", .plain(dice.chance(50) ? "true" : "false"))])
            }
            return .members([("type", .text(type))])
        }
        if pick < 4 { return .members([("$ref", .text("#/components/schemas/" + (dice.chance(50) ? "One" : "Two")))]) }
        if pick < 6 { return .members([("type", .text("array")), ("items", schema(depth - 1, isOld, &dice))]) }
        if pick < 7 {
            var members: [(String, Tree)] = [
                ("allOf", .list([object(depth - 1, isOld, &dice), object(depth - 1, isOld, &dice)]))
            ]
            if !isOld, dice.chance(60) { members.append(("unevaluatedProperties", .plain("false"))) }
            return .members(members)
        }
        return object(depth, isOld, &dice)
    }

    private static func object(_ depth: Int, _ isOld: Bool, _ dice: inout Dice) -> Tree {
        let known = names.filter { _ in dice.chance(40) }
        var members: [(String, Tree)] = [("type", .text("object"))]
        let required = names.filter { _ in dice.chance(25) }
        if !required.isEmpty { members.append(("required", .list(required.map { .text($0) }))) }
        if !known.isEmpty || dice.chance(30) {
            var properties: [(String, Tree)] = []
            for name in known { properties.append((name, schema(max(0, depth - 1), isOld, &dice))) }
            members.append(("properties", .members(properties)))
        }
        let pick = Int.random(in: 0..<10, using: &dice)
        if pick < 5 { members.append(("additionalProperties", .plain("false"))) }
        if pick == 5 { members.append(("additionalProperties", schema(max(0, depth - 1), isOld, &dice))) }
        return .members(members)
    }

    private static func value(_ depth: Int, _ dice: inout Dice) -> Tree {
        let pick = Int.random(in: 0..<(depth == 0 ? 6 : 12), using: &dice)
        switch pick {
        case 0: return .plain("\(Int.random(in: -5...500, using: &dice))")
        case 1: return .plain("1.5")
        case 2: return .plain("true")
        case 3: return .plain("null")
        case 4, 5: return .text("some text")
        case 6, 7:
            var items: [Tree] = []
            for _ in 0..<Int.random(in: 0...2, using: &dice) { items.append(value(depth - 1, &dice)) }
            return .list(items)
        default:
            var members: [(String, Tree)] = []
            for name in names where dice.chance(45) { members.append((name, value(depth - 1, &dice))) }
            return .members(members)
        }
    }
}

extension [(String, Tree)] {
    fileprivate func with(_ other: Tree) -> Self {
        guard case .members(let members) = other else { return self }
        return self + members
    }
}
