import Documents

/// A set of JSON's types; an integer is a number too.
struct JSONTypes: OptionSet {
    let rawValue: UInt8

    static let null = JSONTypes(rawValue: 1)
    static let boolean = JSONTypes(rawValue: 2)
    static let integer = JSONTypes(rawValue: 4)
    /// Numbers with a fraction.
    static let fraction = JSONTypes(rawValue: 8)
    static let string = JSONTypes(rawValue: 16)
    static let array = JSONTypes(rawValue: 32)
    static let object = JSONTypes(rawValue: 64)
    static let all = JSONTypes(rawValue: 127)

    private static let names: [(name: String, types: JSONTypes)] = [
        ("null", .null), ("boolean", .boolean), ("number", [.integer, .fraction]), ("integer", .integer), ("string", .string),
        ("array", .array), ("object", .object),
    ]

    /// What `type` and OpenAPI 3.0's `nullable` of one schema allow.
    init(of schema: SourceNode) {
        guard let type = schema["type"] else {
            self = .all
            return
        }
        let words = type.elements?.compactMap(\.text) ?? [type.text ?? ""]
        self = Self.names.reduce(into: []) { if words.contains($1.name) { $0.formUnion($1.types) } }
        if schema["nullable"]?.bool == true { insert(.null) }
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }

    var text: String {
        if self == .all { return "anything" }
        var rest = self
        var words: [String] = []
        for (name, types) in Self.names where rest.isSuperset(of: types) {
            words.append(name)
            rest.subtract(types)
        }
        return words.isEmpty ? "nothing" : words.joined(separator: " or ")
    }
}
