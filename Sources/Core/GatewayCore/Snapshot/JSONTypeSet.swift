import Documents
import OpenAPI

/// Types of JSON values, numbers with and without a fraction apart.
struct JSONTypeSet: OptionSet {
    let rawValue: UInt8

    static let null = JSONTypeSet(rawValue: 1)
    static let boolean = JSONTypeSet(rawValue: 2)
    static let integer = JSONTypeSet(rawValue: 4)
    static let fraction = JSONTypeSet(rawValue: 8)
    static let string = JSONTypeSet(rawValue: 16)
    static let array = JSONTypeSet(rawValue: 32)
    static let object = JSONTypeSet(rawValue: 64)
    static let number: JSONTypeSet = [.integer, .fraction]
    static let all = JSONTypeSet(rawValue: 127)

    private static let names: [(String, JSONTypeSet)] = [
        ("null", .null), ("boolean", .boolean), ("number", .number), ("integer", .integer), ("string", .string),
        ("array", .array),
        ("object", .object),
    ]

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The type of this name in JSON Schema; none for any other.
    init(named name: String) { self = Self.names.first { $0.0 == name }?.1 ?? [] }

    /// As people read it: `string or integer`.
    var text: String {
        let names = Self.names.filter { name, types in
            isSuperset(of: types) && !(name == "integer" && contains(.fraction))
        }
        return names.isEmpty ? "nothing" : names.map(\.0).joined(separator: " or ")
    }

    /// The type of a value of a document.
    private init(of value: SourceNode) {
        switch value.kind {
        case .mapping: self = .object
        case .sequence: self = .array
        case .scalar(.null): self = .null
        case .scalar(.bool): self = .boolean
        case .scalar(.integer): self = .integer
        case .scalar(.double): self = .number
        case .scalar(.string): self = .string
        }
    }

    /// Schemas that are looked at for the types of one: they may refer to each other in circles, and double with every step.
    private static let maximumSteps = 1000

    /// The types that a schema lets through, as far as `type`, `enum`, `const`, references and what is joined say.
    init(allowedBy schema: SourceNode, in document: OpenAPIDocument) {
        var steps = Self.maximumSteps
        self = Self.allowed(by: schema, document, &steps)
    }

    private static func allowed(by schema: SourceNode, _ document: OpenAPIDocument, _ steps: inout Int) -> JSONTypeSet {
        if let bool = schema.bool { return bool ? .all : [] }
        guard steps > 0 else { return .all }
        steps -= 1
        var types = JSONTypeSet.all
        if let reference = schema["$ref"] {
            if let target = document.bundle.target(of: reference) { types = allowed(by: target, document, &steps) }
            if document.version == .v3_0 { return types }
        }
        if let type = schema["type"] {
            var named = (type.elements?.compactMap(\.string) ?? [type.string].compactMap(\.self))
                .reduce(into: JSONTypeSet()) { $0.formUnion(JSONTypeSet(named: $1)) }
            if document.version == .v3_0, schema["nullable"]?.bool == true { named.formUnion(.null) }
            types.formIntersection(named)
        }
        if let values = schema["enum"]?.elements ?? schema["const"].map({ [$0] }) {
            types.formIntersection(values.reduce(into: []) { $0.formUnion(JSONTypeSet(of: $1)) })
        }
        for part in schema["allOf"]?.elements ?? [] { types.formIntersection(allowed(by: part, document, &steps)) }
        for key in ["anyOf", "oneOf"] {
            guard let choices = schema[key]?.elements else { continue }
            types.formIntersection(choices.reduce(into: []) { $0.formUnion(allowed(by: $1, document, &steps)) })
        }
        return types
    }
}
