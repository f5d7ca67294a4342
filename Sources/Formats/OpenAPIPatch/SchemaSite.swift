import Documents
import OpenAPI

/// The schemas that all hold for one place of a message.
struct SchemaSite {
    private(set) var schemas: [SourceNode] = []
    /// Whether others may hold too: those of a choice, or behind names that only a pattern tells.
    private(set) var hasChoices = false

    /// Schemas of one place that are looked at; more than any description joins.
    private static let maximumSchemas = 1000

    private static let choices = [
        "anyOf", "oneOf", "not", "if", "dependentSchemas", "$dynamicRef", "$recursiveRef", "dependencies", "propertyNames",
        "contains",
    ]

    /// All that `schema` joins by `allOf` and references, itself included.
    init(_ roots: [SourceNode], in document: OpenAPIDocument) {
        var seen: Set<ObjectIdentifier> = []
        var waiting = Array(roots.reversed())
        while let node = waiting.popLast(), schemas.count < Self.maximumSchemas {
            guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
            if let reference = node["$ref"] {
                if let target = document.bundle.target(of: reference) {
                    waiting.append(target)
                } else {
                    hasChoices = true
                }
                // OpenAPI 3.0 ignores what stands beside a reference.
                if document.version == .v3_0 { continue }
            }
            schemas.append(node)
            if Self.choices.contains(where: { node[$0] != nil }) { hasChoices = true }
            waiting += (node["allOf"]?.elements ?? []).reversed()
        }
    }

    /// The schemas of the member or element behind one token of a pointer.
    func step(_ token: String, in document: OpenAPIDocument) -> SchemaSite {
        let isElement = token == "*" && schemas.contains { $0["items"] != nil || $0["prefixItems"] != nil }
        var below: [SourceNode] = []
        var hasChoices = hasChoices
        for schema in schemas {
            if isElement {
                if schema["prefixItems"] != nil { hasChoices = true }
                if let items = schema["items"] { below.append(items) }
                continue
            }
            if let property = schema["properties"]?[token] {
                below.append(property)
            } else {
                if let rest = schema["additionalProperties"] ?? schema["unevaluatedProperties"], rest.bool == nil {
                    below.append(rest)
                }
            }
            if schema["patternProperties"] != nil || token == "*" { hasChoices = true }
        }
        var site = SchemaSite(below, in: document)
        site.hasChoices = site.hasChoices || hasChoices
        return site
    }

    /// The site at a pointer below this one.
    func site(at pointer: String, in document: OpenAPIDocument) -> SchemaSite {
        var site = self
        for token in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) where pointer.hasPrefix("/") {
            site = site.step(unescapePointerToken(token), in: document)
        }
        return site
    }
}
