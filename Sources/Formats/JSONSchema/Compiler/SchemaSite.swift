import Documents

/// A schema where it is applied: the same node means different rules under another dynamic scope.
struct SchemaSite {
    let node: SourceNode
    /// The resource of the library that it belongs to.
    let resource: Int
    /// The dynamic anchors in force.
    let scope: Int
    let dialect: SchemaDialect
    let vocabularies: SchemaVocabularies
    /// Whether a schema around it, on the same value, asks what this one looks at.
    let isTracked: Bool

    init(_ node: SourceNode, _ library: SchemaLibrary, resource: Int, scope: Int, isTracked: Bool) {
        (self.node, self.resource, self.scope, self.isTracked) = (node, resource, scope, isTracked)
        dialect = library.dialect
        vocabularies = library.vocabularies(of: resource)
    }

    /// Whether only a check can tell which members `unevaluatedProperties` is about.
    var asksForMembers: Bool {
        self["unevaluatedProperties"] != nil && self["additionalProperties"] == nil && hasSchemasForSameValue
    }

    /// Whether only a check can tell which elements `unevaluatedItems` is about.
    var asksForElements: Bool { self["unevaluatedItems"] != nil && self["items"] == nil && hasSchemasForSameValue }

    /// Whether what the schema looks at is marked, for itself or for one around it.
    var isMarked: Bool { isTracked || asksForMembers || asksForElements }

    private var hasSchemasForSameValue: Bool {
        ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "dependencies", "contains"]
            .contains { self[$0] != nil }
    }

    /// The value of a keyword that the dialect has; nil when it is absent.
    subscript(keyword: String) -> SourceNode? {
        guard let value = node[keyword], let known = SchemaKeyword.named(keyword) else { return nil }
        if dialect == .oas30 { return known.isInOAS30 ? value : nil }
        return vocabularies.contains(known.vocabulary) ? value : nil
    }
}

/// The dynamic anchors that the schemas passed on the way to one have, the outermost of each name (JSON Schema Core section
/// 8.2.3.2): what a `$dynamicRef` leads to is known when schemas are compiled once for each of these.
struct DynamicScopes {
    private var anchors: [[String: SourceNode]] = [[:]]
    private var known: [[String: ObjectIdentifier]: Int] = [[:]: 0]
    private var steps: [Step: Int] = [:]

    private struct Step: Hashable {
        let scope: Int
        let resource: Int
    }

    /// The schema that `name` means in a scope, or nil.
    func anchor(_ name: String, in scope: Int) -> SourceNode? { anchors[scope][name] }

    /// The scope after a resource with these dynamic anchors is entered.
    mutating func entering(_ resource: Int, _ added: [String: SourceNode], from scope: Int) -> Int {
        if added.isEmpty { return scope }
        let step = Step(scope: scope, resource: resource)
        if let next = steps[step] { return next }
        let merged = anchors[scope].merging(added) { outer, _ in outer }
        let identity = merged.mapValues { ObjectIdentifier($0) }
        let next = known[identity] ?? anchors.count
        if next == anchors.count {
            anchors.append(merged)
            known[identity] = next
        }
        steps[step] = next
        return next
    }
}
