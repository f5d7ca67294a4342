extension SourceNode {
    /// The tree with `${NAME}` in its string values replaced by what `environment` holds; keys, numbers and quoting stay as written.
    ///
    /// A name that is not set is an error finding (`unset-variable`) and its value stays as it is; `$${` writes a literal `${`. What is
    /// put in is text: it cannot add keys or change the document's shape.
    public func expandingVariables(_ environment: [String: String], findings: FindingList) -> SourceNode {
        switch kind {
        case .mapping(let entries):
            return copy(.mapping(entries.map { ($0.key, $0.value.expandingVariables(environment, findings: findings)) }))
        case .sequence(let elements):
            return copy(.sequence(elements.map { $0.expandingVariables(environment, findings: findings) }))
        case .scalar(.string(let text)) where text.contains("${"):
            let expanded = expand(text, environment, findings)
            return copy(.scalar(.string(expanded)), text: expanded)
        case .scalar: return self
        }
    }

    private func expand(_ text: String, _ environment: [String: String], _ findings: FindingList) -> String {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${"), let close = rest.firstIndex(of: "}") {
                let name = String(rest[rest.index(rest.startIndex, offsetBy: 2)..<close])
                if let value = environment[name] {
                    result += value
                } else {
                    findings.error(
                        "unset-variable", at: self, "the environment has no \"\(name)\"; set it, or write $${ for a literal ${")
                    result += rest[...close]
                }
                rest = rest[rest.index(after: close)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }
}
