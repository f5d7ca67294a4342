import Documents
import OpenAPI

/// How the values that a schema allows changed.
enum SchemaEffect: String {
    case narrowed, widened, changed
}

extension Comparison {
    /// Keywords whose change a reader cannot overlook: getting another type or format breaks it.
    private static let strict: Set<String> = ["type", "nullable", "format", "discriminator"]

    /// Compares two conjunctions of schemas and everything below them; empty lists allow anything.
    func compareSchemas(
        _ old: [SourceNode], _ new: [SourceNode], at anchors: (old: SourceNode, new: SourceNode), _ scene: Scene, depth: Int = 0
    ) {
        if old.isEmpty && new.isEmpty { return }
        let old = old.map { target($0, self.old) }
        let new = new.map { target($0, self.new) }
        let pair = SchemaPair(old: old.map { ObjectIdentifier($0) }, new: new.map { ObjectIdentifier($0) }, part: scene.part)
        guard visited.insert(pair).inserted else { return }
        guard depth < DocumentDiff.maximumDepth, visited.count <= DocumentDiff.maximumPairs else { return log.cutShort() }
        let before = SchemaView(old, oldTypes, anchor: anchors.old)
        let after = SchemaView(new, newTypes, anchor: anchors.new)
        guard compareTypes(before, after, scene) else { return }
        compareEnumerations(before, after, scene)
        compareFormats(before, after, scene)
        compareBounds(before, after, scene)
        compareOthers(before, after, scene)
        compareProperties(before, after, scene, depth)
        compareAdditional(before, after, scene, depth)
        compareItems(before, after, scene, depth)
        compareChoices(before, after, scene, depth)
    }

    /// What a reference without siblings stands for, so that a schema is the same pair by whatever name it is reached.
    private func target(_ node: SourceNode, _ document: OpenAPIDocument) -> SourceNode {
        guard node["$ref"] != nil, document.version == .v3_0 || node.entries?.count == 1 else { return node }
        return document.bundle.resolved(node) ?? node
    }

    func report(
        _ keyword: String, _ effect: SchemaEffect, _ scene: Scene, _ side: DocumentChange.Side = .new, at node: SourceNode,
        _ message: String
    ) {
        log.report(
            Self.level(keyword, effect, scene), "\(scene.part.rawValue)-\(keyword)-\(effect.rawValue)", side, at: node,
            scene.place, message)
    }

    /// Who sends breaks when less is accepted, who reads when more comes; what cannot be told apart is the graver of both.
    private static func level(_ keyword: String, _ effect: SchemaEffect, _ scene: Scene) -> DocumentChange.Level {
        switch (effect, scene.part.isSent) {
        case (.narrowed, true): .breaking
        case (.narrowed, false), (.widened, true): .note
        case (.widened, false), (.changed, _): strict.contains(keyword) ? .breaking : .warning
        }
    }

    /// Whether there is a type left on both sides, so that the rest can be compared.
    private func compareTypes(_ old: SchemaView, _ new: SchemaView, _ scene: Scene) -> Bool {
        let before = old.types
        let after = new.types
        if before == after { return true }
        let place = new["type"] ?? new["nullable"] ?? new.anchor
        if before.contains(.null) != after.contains(.null), before != .all, after != .all {
            let allows = after.contains(.null)
            report(
                "nullable", allows ? .widened : .narrowed, scene, at: place,
                allows ? "null may now stand here" : "null may no longer stand here")
        }
        let (was, now) = before == .all || after == .all ? (before, after) : (before.subtracting(.null), after.subtracting(.null))
        if was != now {
            let effect: SchemaEffect = now.isSubset(of: was) ? .narrowed : now.isSuperset(of: was) ? .widened : .changed
            report("type", effect, scene, at: place, "the type is now \(now.text), was \(was.text)")
        }
        return !before.intersection(after).subtracting(.null).isEmpty
    }

    private func compareEnumerations(_ old: SchemaView, _ new: SchemaView, _ scene: Scene) {
        let place = new["enum"] ?? new["const"] ?? new.anchor
        switch (old.enumeration, new.enumeration) {
        case (nil, nil): return
        case (nil, let values?):
            report("enum", .narrowed, scene, at: place, "only \(values.count) listed values are allowed now, was any")
        case (_?, nil):
            report("enum", .widened, scene, at: place, "any value may stand here now, was a list")
        case (let before?, let after?):
            for (text, value) in before.sorted(by: { $0.key < $1.key }) where after[text] == nil {
                report(
                    "enum", .narrowed, scene, .old, at: value, "the value \(CanonicalValue.words(value)) is gone from the list")
            }
            for (text, value) in after.sorted(by: { $0.key < $1.key }) where before[text] == nil {
                report("enum", .widened, scene, at: value, "the value \(CanonicalValue.words(value)) is new in the list")
            }
        }
    }

    /// Formats of numbers that hold what others hold.
    private static let wider: Set<[String]> = [["int32", "int64"], ["float", "double"], ["int32", "double"]]

    private func compareFormats(_ old: SchemaView, _ new: SchemaView, _ scene: Scene) {
        let before = old["format"]?.text
        let after = new["format"]?.text
        let place = new["format"] ?? new.anchor
        switch (before, after) {
        case (let was?, let now?) where was != now:
            let effect: SchemaEffect =
                Self.wider.contains([was, now]) ? .widened : Self.wider.contains([now, was]) ? .narrowed : .changed
            report("format", effect, scene, at: place, "the format is now \(now), was \(was)")
        case (nil, let now?): report("format", .narrowed, scene, at: place, "the format is now \(now), was any")
        case (let was?, nil): report("format", .widened, scene, at: place, "the format \(was) is no longer kept to")
        default: return
        }
    }

    private static let otherKeywords = [
        "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "propertyNames", "contains",
        "minContains", "maxContains", "prefixItems", "unevaluatedItems", "contentEncoding", "contentMediaType",
    ]

    /// What is compared as text alone: that it differs can be said, not which way.
    private func compareOthers(_ old: SchemaView, _ new: SchemaView, _ scene: Scene) {
        for keyword in Self.otherKeywords {
            let before = Set(old.values(keyword).compactMap { CanonicalValue.text($0, isSchema: true) })
            let after = Set(new.values(keyword).compactMap { CanonicalValue.text($0, isSchema: true) })
            guard before != after else { continue }
            let effect: SchemaEffect = before.isEmpty ? .narrowed : after.isEmpty ? .widened : .changed
            report("condition", effect, scene, at: new[keyword] ?? new.anchor, "\"\(keyword)\" \(Self.word(effect))")
        }
        comparePatterns(old, new, scene)
        let before = old["discriminator"]?["propertyName"]?.text
        let after = new["discriminator"]?["propertyName"]?.text
        if let before, let after, before != after {
            report(
                "discriminator", .changed, scene, at: new["discriminator"] ?? new.anchor,
                "values are now told apart by \(after), was \(before)")
        }
        guard scene.part.isSent, let now = new["default"] else { return }
        if let was = old["default"], CanonicalValue.text(was) != CanonicalValue.text(now) {
            log.report(
                .warning, "\(scene.part.rawValue)-default-changed", .new, at: now, scene.place,
                "without a value it is now \(CanonicalValue.words(now)), was \(CanonicalValue.words(was))")
        }
    }

    private func comparePatterns(_ old: SchemaView, _ new: SchemaView, _ scene: Scene) {
        let before = Set(old.values("pattern").compactMap(\.text))
        let after = Set(new.values("pattern").compactMap(\.text))
        guard before != after else { return }
        let effect: SchemaEffect =
            before.isSubset(of: after) ? .narrowed : before.isSuperset(of: after) ? .widened : .changed
        report("pattern", effect, scene, at: new["pattern"] ?? new.anchor, "\"pattern\" \(Self.word(effect))")
    }

    private static func word(_ effect: SchemaEffect) -> String {
        switch effect {
        case .narrowed: "is new"
        case .widened: "is gone"
        case .changed: "differs"
        }
    }
}
