import Documents
import OpenAPI

/// Schemas that hold together, read as one: references followed, `allOf` opened, a choice between a schema and `null` undone.
struct SchemaView {
    /// A schema of the conjunction.
    struct Layer {
        let node: SourceNode
        /// Whether `null` is allowed around it: `anyOf: [{$ref: ...}, {type: null}]`.
        let allowsNull: Bool
    }

    /// A choice that is left after `null` was taken out.
    struct Choice {
        let keyword: String
        let node: SourceNode
        let branches: [SourceNode]
        let allowsNull: Bool
    }

    /// Schemas of one conjunction; a model inherits from a few.
    static let maximumLayers = 256
    /// Choices within choices whose types are looked at; deeper ones may be anything.
    static let maximumNesting = 8

    private let memo: TypeMemo
    private(set) var layers: [Layer] = []
    private(set) var choices: [Choice] = []
    /// Whether `false` is among the schemas: nothing is allowed.
    private(set) var isNever = false
    /// What findings about the whole are reported at.
    let anchor: SourceNode

    /// - Parameter anchor: stands in where there is no schema, which allows anything.
    init(_ nodes: [SourceNode], _ memo: TypeMemo, anchor: SourceNode) {
        let document = memo.document
        self.memo = memo
        self.anchor = nodes.first ?? anchor
        var waiting: [(node: SourceNode, allowsNull: Bool)] = nodes.reversed().map { ($0, false) }
        var seen: Set<ObjectIdentifier> = []
        while let (node, allowsNull) = waiting.popLast() {
            guard layers.count < Self.maximumLayers, seen.insert(ObjectIdentifier(node)).inserted else { continue }
            if node.bool == false { isNever = true }
            if let reference = node["$ref"], reference.string != nil {
                if let target = document.bundle.target(of: reference) { waiting.append((target, allowsNull)) }
                // Siblings count from 3.1 on.
                if document.version == .v3_0 { continue }
            }
            layers.append(Layer(node: node, allowsNull: allowsNull))
            waiting += (node["allOf"]?.elements ?? []).reversed().map { ($0, allowsNull) }
            for keyword in ["oneOf", "anyOf"] {
                guard let branches = node[keyword]?.elements, let list = node[keyword] else { continue }
                let kept = branches.filter { !Self.isNull($0) }
                let choosesNull = kept.count < branches.count
                if kept.count == 1 {
                    waiting.append((kept[0], allowsNull || choosesNull))
                } else {
                    choices.append(
                        Choice(keyword: keyword, node: list, branches: kept, allowsNull: allowsNull || choosesNull))
                }
            }
        }
    }

    private static func isNull(_ node: SourceNode) -> Bool { node["type"]?.text == "null" }

    var bundle: DocumentBundle { memo.document.bundle }

    /// The first layer's value of a keyword.
    subscript(keyword: String) -> SourceNode? {
        for layer in layers { if let value = layer.node[keyword] { return value } }
        return nil
    }

    /// Every layer's value of a keyword.
    func values(_ keyword: String) -> [SourceNode] { layers.compactMap { $0.node[keyword] } }

    var types: JSONTypes { types(nesting: 0) }

    fileprivate func types(nesting: Int) -> JSONTypes {
        if isNever { return [] }
        var types = layers.reduce(JSONTypes.all) { types, layer in
            var own = JSONTypes(of: layer.node)
            if layer.allowsNull { own.insert(.null) }
            return types.intersection(own)
        }
        guard nesting < Self.maximumNesting else { return types }
        for choice in choices {
            var chosen: JSONTypes = choice.allowsNull ? .null : []
            for branch in choice.branches {
                chosen.formUnion(memo.types(of: branch, nesting: nesting + 1))
                if chosen == .all { break }
            }
            types.formIntersection(chosen)
        }
        return types
    }

    /// The values of `enum` and `const`, by canonical text; nil when any value may stand. A choice of constants is an `enum`.
    var enumeration: [String: SourceNode]? {
        var result: [String: SourceNode]?
        func narrow(to values: [SourceNode]) {
            var found: [String: SourceNode] = [:]
            for value in values {
                guard let text = CanonicalValue.text(value) else { continue }
                if result.map({ $0[text] != nil }) ?? true { found[text] = value }
            }
            result = found
        }
        for layer in layers {
            if let values = layer.node["enum"]?.elements { narrow(to: values) }
            if let value = layer.node["const"] { narrow(to: [value]) }
        }
        for choice in choices where choice.isEnumeration { narrow(to: choice.branches.compactMap { $0["const"] }) }
        // Whether null may stand is a matter of types, written with or without it here.
        result?["null"] = nil
        return result
    }

    /// The branches of the first choice that is more than constants; the view itself when there is none.
    var realChoice: Choice? { choices.first { !$0.isEnumeration } }
}

/// The types of schemas of one document that are branches of choices: each is found out once, however often it is chosen.
final class TypeMemo {
    let document: OpenAPIDocument
    private var known: [ObjectIdentifier: JSONTypes] = [:]

    init(_ document: OpenAPIDocument) { self.document = document }

    fileprivate func types(of schema: SourceNode, nesting: Int) -> JSONTypes {
        if let types = known[ObjectIdentifier(schema)] { return types }
        // A choice that is a part of itself adds nothing to what its other branches allow.
        known[ObjectIdentifier(schema)] = []
        let types = SchemaView([schema], self, anchor: schema).types(nesting: nesting)
        known[ObjectIdentifier(schema)] = types
        return types
    }
}

extension SchemaView.Choice {
    var isEnumeration: Bool { !branches.isEmpty && branches.allSatisfy { $0["const"] != nil } }
}
