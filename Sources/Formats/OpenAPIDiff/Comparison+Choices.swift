import Documents
import OpenAPI

/// `oneOf` and `anyOf`: branches are matched, then compared in pairs.
extension Comparison {
    /// Branches of one choice that are compared, because each is held against each; published ones have some dozens.
    private static let maximumBranches = 256

    func compareChoices(_ old: SchemaView, _ new: SchemaView, _ scene: Scene, _ depth: Int) {
        let before = old.realChoice
        let after = new.realChoice
        // A schema that becomes one of several is a choice of itself before.
        guard before != nil || after != nil else { return }
        let (left, right) = (before?.branches ?? [old.anchor], after?.branches ?? [new.anchor])
        guard max(left.count, right.count) <= Self.maximumBranches else { return log.cutShort() }
        let names = (mapping(old), mapping(new))
        var rest = Array(right.enumerated())
        var unmatched: [SourceNode] = []
        var pairs: [(SourceNode, SourceNode)] = []
        let keys = right.map { branchKeys($0, self.new, names.1) }
        for branch in left {
            let wanted = branchKeys(branch, self.old, names.0)
            let found = wanted.lazy.compactMap { key in
                rest.firstIndex { keys[$0.offset].contains(key) }
            }.first
            guard let found else {
                unmatched.append(branch)
                continue
            }
            pairs.append((branch, rest.remove(at: found).element))
        }
        // One left on each side is taken for the same, changed.
        if unmatched.count == 1, rest.count == 1 {
            pairs.append((unmatched[0], rest[0].element))
            unmatched = []
            rest = []
        }
        for branch in unmatched {
            report("variant", .narrowed, scene, .old, at: branch, "\(words(branch)) is gone from the choice")
        }
        for (_, branch) in rest { report("variant", .widened, scene, at: branch, "\(words(branch)) is new in the choice") }
        // Comparing a schema with a branch of its own choice would not end in anything new.
        guard before != nil, after != nil else { return }
        for (left, right) in pairs { compareSchemas([left], [right], at: (left, right), scene, depth: depth + 1) }
    }

    /// The names of `discriminator.mapping` by what they refer to.
    private func mapping(_ view: SchemaView) -> [String: String] {
        var names: [String: String] = [:]
        for (key, value) in view["discriminator"]?["mapping"]?.entries ?? [] { names[value.text ?? ""] = key.text ?? "" }
        return names
    }

    /// What a branch is known by, best first: its name in the mapping, its reference, its title, its constants, its whole text.
    private func branchKeys(_ branch: SourceNode, _ document: OpenAPIDocument, _ mapping: [String: String]) -> [String] {
        var keys: [String] = []
        if let reference = branch["$ref"]?.text {
            if let name = mapping[reference] { keys.append("mapped \(name)") }
            keys.append("named \(reference.split(separator: "/").last ?? "")")
        }
        guard let schema = document.bundle.resolved(branch) else { return keys }
        if let title = schema["title"]?.text { keys.append("titled \(title)") }
        for (key, value) in schema["properties"]?.entries ?? [] {
            let constant = value["const"] ?? (value["enum"]?.elements?.count == 1 ? value["enum"]?.elements?.first : nil)
            if let text = CanonicalValue.text(constant) { keys.append("constant \(key.text ?? "") \(text)") }
        }
        if schema.expandedCount <= 4096, let text = CanonicalValue.text(schema, isSchema: true) { keys.append("text \(text)") }
        if schema["properties"] == nil, let type = schema["type"]?.text { keys.append("type \(type)") }
        return keys
    }

    private func words(_ branch: SourceNode) -> String {
        if let reference = branch["$ref"]?.text { return "\(reference.split(separator: "/").last ?? "")" }
        return branch["title"]?.text ?? branch["type"]?.text ?? "a schema"
    }
}
