import Bytes
import Documents
import JSONSchema
import OpenAPI

/// Finds out from a schema what the text of a value is read as.
///
/// Types are those of `type` and of whatever else narrows them: references and `allOf` together, the alternatives of `anyOf` and
/// `oneOf`, the values of `enum` and `const`, and where none of them says a type, keywords that only objects or arrays have.
/// Text that nothing is said of is text.
final class ShapeReader {
    private let bundle: DocumentBundle
    private let isOAS30: Bool
    private let builder: ValidationBuilder
    private var known: [Key: Int32] = [:]

    /// The same schema has no members where nothing can be below it.
    private struct Key: Hashable {
        let node: ObjectIdentifier
        let level: Int
    }

    /// Schemas within schemas that are followed; texts have two levels at most.
    private static let maximumDepth = 24
    /// Schemas that one shape is gathered from, so that branches that meet again cost no more than a document is large.
    private static let maximumParts = 256

    init(_ document: OpenAPIDocument, _ builder: ValidationBuilder) {
        bundle = document.bundle
        isOAS30 = document.version == .v3_0
        self.builder = builder
    }

    /// The shape of a schema; text for nil.
    func shape(of node: SourceNode?) -> Int32 { node.map { shape(of: $0, level: 0) } ?? TextShape.text }

    func types(of index: Int32) -> TextTypes { builder.shapes[Int(index)].types }

    private func shape(of node: SourceNode, level: Int) -> Int32 {
        let key = Key(node: ObjectIdentifier(node), level: level)
        if let found = known[key] { return found }
        let index = Int32(builder.shapes.count)
        known[key] = index
        builder.shapes.append(TextShape())
        var shape = TextShape()
        shape.types = types(of: node) ?? .string
        let parts = parts(of: node)
        shape.isFile = parts.contains(where: isFile)
        if shape.isFile {
            for part in parts {
                if let least = part["minLength"]?.integer { shape.leastBytes = Int(least) }
                if let most = part["maxLength"]?.integer { shape.mostBytes = Int(most) }
            }
        }
        if level < 2 {
            if shape.types.contains(.array) { shape.element = element(of: parts, level) }
            if shape.types.contains(.object) { addMembers(of: parts, to: &shape, index, level) }
        }
        builder.shapes[Int(index)] = shape
        return index
    }

    private func element(of parts: [SourceNode], _ level: Int) -> Int32 {
        for part in parts {
            if let items = part["items"], items.entries != nil { return shape(of: items, level: level + 1) }
            if let first = part["prefixItems"]?.elements?.first { return shape(of: first, level: level + 1) }
        }
        return TextShape.text
    }

    private func addMembers(of parts: [SourceNode], to shape: inout TextShape, _ index: Int32, _ level: Int) {
        var hasNames = false
        for part in parts {
            for (key, value) in part["properties"]?.entries ?? [] {
                hasNames = true
                let member = self.shape(of: value, level: level + 1)
                builder.add(key.text ?? "", of: index, member)
            }
            let patterned = part["patternProperties"]?.entries?.first?.value
            for rest in [part["additionalProperties"], part["unevaluatedProperties"], patterned] {
                guard let rest, rest.bool != false else { continue }
                shape.isOpen = true
                if rest.entries != nil { shape.additional = self.shape(of: rest, level: level + 1) }
            }
        }
        if !hasNames { shape.isOpen = true }
    }

    /// The names of the members that a schema declares, each with its schema, in document order.
    func members(of node: SourceNode?) -> [(name: String, schema: SourceNode)] {
        var seen: Set<String> = []
        return (node.map(parts) ?? []).flatMap { $0["properties"]?.entries ?? [] }.compactMap { entry in
            let name = entry.key.text ?? ""
            return seen.insert(name).inserted ? (name, entry.value) : nil
        }
    }

    // MARK: Types

    /// The types a schema allows; nil when it does not say.
    private func types(of node: SourceNode) -> TextTypes? {
        var budget = Self.maximumParts
        return types(of: node, depth: 0, &budget)
    }

    private func types(of node: SourceNode, depth: Int, _ budget: inout Int) -> TextTypes? {
        budget -= 1
        guard depth < Self.maximumDepth, budget > 0, node.entries != nil else { return nil }
        if let reference = node["$ref"], isOAS30 {
            return bundle.target(of: reference).flatMap { types(of: $0, depth: depth + 1, &budget) }
        }
        var found = declared(node)
        func narrow(_ other: TextTypes?) {
            if let other { found = found.map { $0.intersection(other) } ?? other }
        }
        if let target = node["$ref"].flatMap({ bundle.target(of: $0) }) { narrow(types(of: target, depth: depth + 1, &budget)) }
        for part in node["allOf"]?.elements ?? [] { narrow(types(of: part, depth: depth + 1, &budget)) }
        for keyword in ["anyOf", "oneOf"] {
            guard let alternatives = node[keyword]?.elements else { continue }
            var union: TextTypes? = []
            for part in alternatives {
                let types = types(of: part, depth: depth + 1, &budget)
                union = types.flatMap { types in union?.union(types) }
            }
            narrow(union)
        }
        for values in [node["enum"]?.elements, isOAS30 ? nil : node["const"].map { [$0] }] {
            if let values { narrow(values.reduce(into: []) { $0.formUnion(Self.type(of: $1)) }) }
        }
        return found ?? Self.inferred(node)
    }

    private func declared(_ node: SourceNode) -> TextTypes? {
        guard let type = node["type"] else { return nil }
        var types = (type.elements ?? [type]).reduce(into: TextTypes()) {
            $0.formUnion(TextTypes(named: $1.string ?? "") ?? [])
        }
        if isOAS30, node["nullable"]?.bool == true { types.insert(.null) }
        return types
    }

    private static func type(of value: SourceNode) -> TextTypes {
        switch value.kind {
        case .mapping: .object
        case .sequence: .array
        case .scalar(.null): .null
        case .scalar(.bool): .boolean
        case .scalar(.integer), .scalar(.double): .number
        case .scalar(.string): .string
        }
    }

    private static func inferred(_ node: SourceNode) -> TextTypes? {
        if ["properties", "additionalProperties", "patternProperties", "required"].contains(where: { node[$0] != nil }) {
            return .object
        }
        return ["items", "prefixItems"].contains { node[$0] != nil } ? .array : nil
    }

    // MARK: Parts

    /// The schema and those that hold for the same value, references followed.
    private func parts(of node: SourceNode) -> [SourceNode] {
        var found: [SourceNode] = []
        var seen: Set<ObjectIdentifier> = []
        var waiting = [node]
        while let next = waiting.popLast(), found.count < Self.maximumParts {
            guard seen.insert(ObjectIdentifier(next)).inserted else { continue }
            let target = next["$ref"].flatMap { bundle.target(of: $0) }
            if next["$ref"] == nil || !isOAS30 { found.append(next) }
            var below = target.map { [$0] } ?? []
            for keyword in ["allOf", "anyOf", "oneOf"] { below += next[keyword]?.elements ?? [] }
            waiting += below.reversed()
        }
        return found
    }

    /// Whether a schema is that of a file: raw bytes rather than a text (OpenAPI 3.0.4 section 4.7.14.2, 3.1.1 section 4.8.14.3).
    private func isFile(_ part: SourceNode) -> Bool {
        if part["format"]?.string == "binary" { return true }
        guard !isOAS30, let type = part["contentMediaType"]?.string, part["contentEncoding"] == nil else { return false }
        return !type.lowercased().hasPrefix("text/") && !type.lowercased().hasSuffix("json")
    }

    /// Whether a schema asks more of a text than to be one; a binary one asks nothing that text could break.
    func asksOfText(_ node: SourceNode?) -> Bool {
        guard let node else { return false }
        let parts = parts(of: node)
        if parts.contains(where: isFile) { return false }
        return parts.contains { part in
            part.bool == false
                || ["minLength", "maxLength", "pattern", "enum", "const", "format", "not", "if", "$dynamicRef", "discriminator"]
                    .contains { part[$0] != nil }
                || part["type"].map { $0.string != "string" } ?? false
        }
    }
}
