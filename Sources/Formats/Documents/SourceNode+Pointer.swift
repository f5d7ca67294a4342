extension SourceNode {
    /// The node below this one at an RFC 6901 pointer; nil when there is none.
    public func node(at pointer: String) -> SourceNode? {
        if pointer.isEmpty { return self }
        guard pointer.utf8.first == UInt8(ascii: "/") else { return nil }
        var node = self
        for token in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = unescapePointerToken(token)
            if let value = node[name] {
                node = value
            } else if let elements = node.elements, let index = Int(name), elements.indices.contains(index), "\(index)" == name {
                node = elements[index]
            } else {
                return nil
            }
        }
        return node
    }
}

/// The name that a token of an RFC 6901 pointer stands for: `~0` is `~`, `~1` is `/`.
public func unescapePointerToken(_ token: some StringProtocol) -> String {
    guard token.utf8.contains(UInt8(ascii: "~")) else { return String(token) }
    var text = ""
    var isEscaped = false
    for scalar in token.unicodeScalars {
        if isEscaped {
            text += scalar == "0" ? "~" : scalar == "1" ? "/" : "~" + String(scalar)
            isEscaped = false
        } else if scalar == "~" {
            isEscaped = true
        } else {
            text.unicodeScalars.append(scalar)
        }
    }
    return isEscaped ? text + "~" : text
}
