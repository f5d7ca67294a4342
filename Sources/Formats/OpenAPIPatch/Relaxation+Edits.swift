import Documents
import OpenAPI

extension Relaxation {
    /// The edits that make the gathered changes, and the differences for which there is no edit.
    func edits() -> (edits: [DocumentEdit], refused: [(cause: Int, obstacle: PatchObstacle)]) {
        var edits: [DocumentEdit] = []
        var refused: [(cause: Int, obstacle: PatchObstacle)] = []
        for change in changes {
            let made = self.edits(change)
            if made.isEmpty { refused += change.causes.map { ($0, .inChoice) } }
            for edit in made {
                if let known = edits.indices.last(where: { edits[$0].node === edit.node }), edits[known].join(edit) { continue }
                edits.append(edit)
            }
        }
        return (edits, refused)
    }

    private func edits(_ change: Change) -> [DocumentEdit] {
        func edit(_ node: SourceNode, _ action: DocumentEdit.Action) -> [DocumentEdit] {
            [DocumentEdit(node: node, action: action, causes: change.causes)]
        }
        /// Members behind those under `key`, which is made where it is missing.
        func add(under key: String, _ members: [(name: String, value: PatchValue)]) -> [DocumentEdit] {
            guard let container = change.node[key] else { return edit(change.node, .add([(key, .object(members))])) }
            return container.entries == nil ? [] : edit(container, .add(members))
        }
        switch change.aspect {
        case .types: return typeEdits(change)
        case .anything: return edit(change.node, .replace(TypeNames(change.words[0].types).schema(document.version)))
        case .properties:
            return add(under: "properties", change.words.map { ($0.name, TypeNames($0.types).schema(document.version)) })
        case .responses:
            let words = change.words.map { ($0.name, PatchValue.object([("description", .string("Not described yet."))])) }
            return add(under: "responses", words)
        case .content: return add(under: "content", change.words.map { ($0.name, .object([])) })
        case .parameters:
            let parameters = change.words.map { word in
                PatchValue.object([("name", .string(word.name)), ("in", .string("query")), ("schema", .object([]))])
            }
            guard let list = change.node["parameters"] else {
                return edit(change.node, .add([("parameters", .array(parameters))]))
            }
            return list.elements == nil ? [] : edit(list, .append(parameters))
        case .absence: return change.node["required"].map { edit($0, .replace(.bool(false))) } ?? []
        case .required:
            guard let list = change.node["required"], let elements = list.elements else { return [] }
            let gone = elements.indices.filter { index in change.words.contains { $0.name == elements[index].string } }
            // OpenAPI 3.0 has no empty list here.
            if gone.count == elements.count { return edit(change.node, .remove(member: "required")) }
            return edit(list, .removeElements(gone))
        }
    }

    private func typeEdits(_ change: Change) -> [DocumentEdit] {
        let schema = change.node
        guard let type = schema["type"], let old = TypeNames(of: schema) else { return [] }
        let found = change.words.map(\.name)
        let new = TypeNames(old.names + found)
        func edit(_ node: SourceNode, _ action: DocumentEdit.Action) -> DocumentEdit {
            DocumentEdit(node: node, action: action, causes: change.causes)
        }
        if document.version == .v3_1 {
            if type.elements != nil { return [edit(type, .append(found.map { .string($0) }))] }
            let value = new.names.count == 1 ? .string(new.names[0]) : PatchValue.array(new.names.map { .string($0) })
            return [edit(type, .replace(value))]
        }
        let isNullable = schema["nullable"]?.bool == true || new.names.contains("null")
        let names = new.names.filter { $0 != "null" }
        var edits: [DocumentEdit] = []
        if names.count > 1 {
            guard schema["anyOf"] == nil else { return [] }
            let branches = names.map { TypeNames.branch($0, isNullable: isNullable) }
            return [edit(schema, .rename(member: "type", to: "anyOf", .array(branches)))]
        }
        if let name = names.first, name != type.string { edits.append(edit(type, .replace(.string(name)))) }
        if new.names.contains("null") {
            if let nullable = schema["nullable"] {
                edits.append(edit(nullable, .replace(.bool(true))))
            } else {
                edits.append(edit(schema, .add([("nullable", .bool(true))])))
            }
        }
        return edits
    }
}
