import Documents

/// One operation of a JSON Patch (RFC 6902).
public struct PatchOperation: Sendable {
    public enum Kind: String, Sendable {
        case add, remove, replace
    }

    public let kind: Kind
    /// RFC 6901 pointer; its last part is `-` behind the last element of an array.
    public let path: String
    /// Nil for `remove`.
    public let value: PatchValue?

    init(_ kind: Kind, _ path: String, _ value: PatchValue? = nil) {
        self.kind = kind
        self.path = path
        self.value = value
    }
}

extension PatchValue {
    /// This value, whose members are sorted, after an operation; nil when there is no such place.
    func applying(_ operation: PatchOperation) -> PatchValue? {
        let tokens = operation.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            unescapePointerToken($0)
        }
        return operation.path.hasPrefix("/") ? applying(operation, tokens[...]) : nil
    }

    private func applying(_ operation: PatchOperation, _ tokens: ArraySlice<String>) -> PatchValue? {
        guard let token = tokens.first else { return nil }
        let rest = tokens.dropFirst()
        switch self {
        case .scalar: return nil
        case .array(var elements):
            if token == "-", rest.isEmpty, operation.kind == .add, let value = operation.value {
                return .array(elements + [value.sorted])
            }
            guard let index = Int(token), elements.indices.contains(index) else { return nil }
            if !rest.isEmpty {
                guard let value = elements[index].applying(operation, rest) else { return nil }
                elements[index] = value
            } else if operation.kind == .remove {
                elements.remove(at: index)
            } else if let value = operation.value, operation.kind == .replace {
                elements[index] = value.sorted
            } else {
                return nil
            }
            return .array(elements)
        case .object(var members):
            guard let index = members.firstIndex(where: { $0.name == token }) else {
                guard rest.isEmpty, operation.kind == .add, let value = operation.value else { return nil }
                let place = members.firstIndex { token.utf8.lexicographicallyPrecedes($0.name.utf8) } ?? members.endIndex
                members.insert((token, value.sorted), at: place)
                return .object(members)
            }
            if !rest.isEmpty {
                guard let value = members[index].value.applying(operation, rest) else { return nil }
                members[index].value = value
            } else if operation.kind == .remove {
                members.remove(at: index)
            } else if let value = operation.value {
                members[index].value = value.sorted
            }
            return .object(members)
        }
    }
}
