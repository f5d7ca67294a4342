import Documents
import OpenAPI

/// The types a schema allows, by their names in JSON Schema.
struct TypeNames: Equatable {
    static let all = ["string", "integer", "number", "boolean", "object", "array", "null"]

    /// In the order of `all`.
    private(set) var names: [String]

    init(_ names: some Sequence<String>) {
        var known = Set(names)
        // What is a number may be an integer.
        if known.contains("number") { known.remove("integer") }
        self.names = Self.all.filter { known.contains($0) }
    }

    /// What `type` of a schema names; nil when it names nothing and so allows everything.
    init?(of schema: SourceNode) {
        guard let node = schema["type"] else { return nil }
        let names = node.elements?.compactMap(\.string) ?? [node.string].compactMap(\.self)
        self.init(names)
    }

    func allows(_ name: String) -> Bool { names.contains(name) || name == "integer" && names.contains("number") }

    /// A schema of these types alone; of everything when there are none.
    func schema(_ version: OpenAPIDocument.Version) -> PatchValue {
        if version == .v3_1 {
            guard let only = names.first else { return .object([]) }
            return .object([("type", names.count == 1 ? .string(only) : .array(names.map { .string($0) }))])
        }
        let isNullable = names.contains("null")
        let branches = names.filter { $0 != "null" }.map { Self.branch($0, isNullable: isNullable) }
        return branches.count > 1 ? .object([("anyOf", .array(branches))]) : branches.first ?? .object([])
    }

    /// `{type: name}` in OpenAPI 3.0, where an array must say what it holds.
    static func branch(_ name: String, isNullable: Bool) -> PatchValue {
        var members: [(name: String, value: PatchValue)] = [("type", .string(name))]
        if name == "array" { members.append(("items", .object([]))) }
        if isNullable { members.append(("nullable", .bool(true))) }
        return .object(members)
    }
}
