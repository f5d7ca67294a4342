import Documents

/// One change of a document, at nodes of its tree.
struct DocumentEdit {
    enum Action {
        /// Members behind those of a mapping.
        case add([(name: String, value: PatchValue)])
        /// Elements behind those of a sequence.
        case append([PatchValue])
        /// Another value in place of a scalar.
        case replace(PatchValue)
        /// Another name and value in place of a member with a scalar.
        case rename(member: String, to: String, PatchValue)
        case remove(member: String)
        /// Elements of a sequence out, by ascending index; never all.
        case removeElements([Int])
    }

    let node: SourceNode
    var action: Action
    /// Indices of the differences that ask for it.
    var causes: [Int]

    /// What a JSON Patch says of it.
    var operations: [PatchOperation] {
        let place = node.pointer
        func member(_ name: String) -> String { place + "/" + escapePointerToken(name) }
        switch action {
        case .add(let members): return members.map { PatchOperation(.add, member($0.name), $0.value) }
        case .append(let values): return values.map { PatchOperation(.add, place + "/-", $0) }
        case .replace(let value): return [PatchOperation(.replace, place, value)]
        case .rename(let old, let new, let value):
            return [PatchOperation(.remove, member(old)), PatchOperation(.add, member(new), value)]
        case .remove(let name): return [PatchOperation(.remove, member(name))]
        case .removeElements(let indices): return indices.reversed().map { PatchOperation(.remove, place + "/\($0)") }
        }
    }

    /// Joins another edit of the same container: what is added together is written together.
    mutating func join(_ other: DocumentEdit) -> Bool {
        guard node === other.node else { return false }
        switch (action, other.action) {
        case (.add(let mine), .add(let others)): action = .add(mine + others)
        case (.append(let mine), .append(let others)): action = .append(mine + others)
        default: return false
        }
        causes += other.causes
        return true
    }
}
