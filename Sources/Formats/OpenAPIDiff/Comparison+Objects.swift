import Documents
import OpenAPI

extension Comparison {
    /// The members of an object that travel in the scene's direction, each with all the schemas it must keep to.
    private func properties(_ view: SchemaView, _ scene: Scene) -> [String: [SourceNode]] {
        var properties: [String: [SourceNode]] = [:]
        for list in view.values("properties") {
            for (key, value) in list.entries ?? [] { properties[key.text ?? "", default: []].append(value) }
        }
        let marker = scene.part.isSent ? "readOnly" : "writeOnly"
        return properties.filter { _, nodes in
            !nodes.contains { node in
                node[marker]?.bool == true || view.bundle.resolved(node)?[marker]?.bool == true
            }
        }
    }

    private func required(_ view: SchemaView) -> [String: SourceNode] {
        var names: [String: SourceNode] = [:]
        for list in view.values("required") {
            for name in list.elements ?? [] where names[name.text ?? ""] == nil { names[name.text ?? ""] = name }
        }
        return names
    }

    func compareProperties(_ old: SchemaView, _ new: SchemaView, _ scene: Scene, _ depth: Int) {
        let before = properties(old, scene)
        let after = properties(new, scene)
        let (was, now) = (required(old), required(new))
        let declared = (old: declaredNames(old), new: declaredNames(new))
        for (name, nodes) in before.sorted(by: { $0.key < $1.key }) {
            let scene = scene.member(name)
            guard let others = after[name] else {
                reportRemoved(nodes[0], isRequired: was[name] != nil, isClosed: isClosed(new), scene)
                continue
            }
            compareRequired(was[name], now[name], at: (nodes[0], others[0]), scene)
            noteDeprecation(nodes[0], others[0], scene)
            compareSchemas(nodes, others, at: (nodes[0], others[0]), scene, depth: depth + 1)
        }
        for (name, nodes) in after.sorted(by: { $0.key < $1.key }) where before[name] == nil {
            reportAdded(nodes[0], required: now[name], isClosed: isClosed(old), scene.member(name))
        }
        // Names that are asked for without a schema of their own.
        for name in Set(was.keys).union(now.keys).sorted()
        where !declared.old.contains(name) && !declared.new.contains(name) {
            compareRequired(was[name], now[name], at: (old.anchor, new.anchor), scene.member(name))
        }
    }

    private func declaredNames(_ view: SchemaView) -> Set<String> {
        Set(view.values("properties").flatMap { ($0.entries ?? []).map { $0.key.text ?? "" } })
    }

    private func reportRemoved(_ node: SourceNode, isRequired: Bool, isClosed: Bool, _ scene: Scene) {
        let code = "\(scene.part.rawValue)-property-removed"
        guard scene.part.isSent else {
            log.report(
                .breaking, code, .old, at: node, scene.place,
                isRequired ? "the property that was always there is gone" : "the property is gone")
            return
        }
        log.report(
            isClosed ? .breaking : .warning, code, .old, at: node, scene.place,
            isClosed
                ? "the property is gone, and what is not listed is refused"
                : "the property is gone; what is sent is not looked at")
    }

    private func reportAdded(_ node: SourceNode, required: SourceNode?, isClosed: Bool, _ scene: Scene) {
        if scene.part.isSent, let required {
            log.report(
                .breaking, "\(scene.part.rawValue)-property-required", .new, at: required, scene.place,
                "the property is new and must be sent")
            return
        }
        let surprises = !scene.part.isSent && isClosed
        log.report(
            surprises ? .warning : .note, "\(scene.part.rawValue)-property-added", .new, at: node, scene.place,
            surprises ? "the property is new; before, what is not listed could not come" : "the property is new")
    }

    private func compareRequired(
        _ was: SourceNode?, _ now: SourceNode?, at nodes: (old: SourceNode, new: SourceNode), _ scene: Scene
    ) {
        if let now, was == nil {
            log.report(
                scene.part.isSent ? .breaking : .note, "\(scene.part.rawValue)-property-required", .new, at: now, scene.place,
                scene.part.isSent ? "the property must now be sent" : "the property is now always there")
        } else if was != nil, now == nil {
            log.report(
                scene.part.isSent ? .note : .breaking, "\(scene.part.rawValue)-property-optional", .new, at: nodes.new,
                scene.place,
                scene.part.isSent ? "the property need no longer be sent" : "the property may now be missing")
        }
    }

    private func noteDeprecation(_ old: SourceNode, _ new: SourceNode, _ scene: Scene) {
        guard let node = new["deprecated"], node.bool == true, old["deprecated"]?.bool != true else { return }
        log.report(.note, "\(scene.part.rawValue)-property-deprecated", .new, at: node, scene.place, "the property is deprecated")
    }

    /// What members that are not listed must keep to; empty for anything.
    private func additional(_ view: SchemaView) -> [SourceNode] {
        (view.values("additionalProperties") + view.values("unevaluatedProperties")).filter {
            $0.bool != true && $0.entries?.isEmpty != true
        }
    }

    private func isClosed(_ view: SchemaView) -> Bool { additional(view).contains { $0.bool == false } }

    func compareAdditional(_ old: SchemaView, _ new: SchemaView, _ scene: Scene, _ depth: Int) {
        let before = additional(old)
        let after = additional(new)
        let (wasClosed, isClosed) = (isClosed(old), isClosed(new))
        let place = after.first ?? new.anchor
        switch (before.isEmpty, after.isEmpty) {
        case (true, true): return
        case _ where wasClosed && isClosed: return
        case _ where isClosed:
            report("additional-properties", .narrowed, scene, at: place, "members that are not listed are now refused")
        case _ where wasClosed:
            report("additional-properties", .widened, scene, at: place, "members that are not listed may now stand here")
        case (true, false):
            report("additional-properties", .narrowed, scene, at: place, "members that are not listed must now keep to a schema")
        case (false, true):
            report("additional-properties", .widened, scene, at: place, "members that are not listed may now be anything")
        default: compareSchemas(before, after, at: (before[0], after[0]), scene.member("*"), depth: depth + 1)
        }
    }

    func compareItems(_ old: SchemaView, _ new: SchemaView, _ scene: Scene, _ depth: Int) {
        compareSchemas(
            old.values("items"), new.values("items"), at: (old.anchor, new.anchor), scene.member("[]"), depth: depth + 1)
    }
}
