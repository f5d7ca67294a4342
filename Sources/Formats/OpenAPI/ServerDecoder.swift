import Documents

/// Takes the base path out of `servers`.
struct ServerDecoder {
    let findings: FindingList

    /// The path of the first server; empty when there is no server. Nil after a finding.
    func basePath(_ servers: SourceNode?) -> String? {
        guard let servers else { return "" }
        guard let elements = servers.elements else {
            findings.error("wrong-type", at: servers, "\"servers\" must be a list, found \(servers.noun)")
            return nil
        }
        guard let first = elements.first else { return "" }
        guard let node = first["url"], let url = node.string else {
            findings.error("missing-key", at: first, "a server needs a \"url\" such as /api/v1")
            return nil
        }
        guard let expanded = expand(url, node, first["variables"]), let path = path(of: expanded) else {
            findings.error("server-url", at: node, "\"\(url)\" gives no base path; write a URL or a path such as /api/v1")
            return nil
        }
        return path
    }

    private func expand(_ url: String, _ node: SourceNode, _ variables: SourceNode?) -> String? {
        guard let template = ValueTemplate(url) else { return nil }
        var text = ""
        for part in template.parts {
            switch part {
            case .literal(let literal): text += literal
            case .parameter(let name):
                guard let value = variables?[name]?["default"]?.text else {
                    findings.error(
                        "server-variable", at: node, "the variable {\(name)} has no default; add it under \"variables\"")
                    return nil
                }
                text += value
            }
        }
        return text
    }

    /// The path part without a slash at its end; nil when there is a query, a fragment, or no usable path.
    private func path(of url: String) -> String? {
        guard !url.contains("?"), !url.contains("#"), !url.contains(" ") else { return nil }
        var path = Substring(url)
        if let scheme = url.firstRange(of: "://") {
            path = url[scheme.upperBound...].drop { $0 != "/" }
        } else if url.hasPrefix("//") {
            path = url.dropFirst(2).drop { $0 != "/" }
        } else if !url.hasPrefix("/") {
            path = "/" + Substring(DocumentPath.resolve(url, from: ""))
        }
        while path.hasSuffix("/") { path = path.dropLast() }
        let isPlain = path.split(separator: "/").allSatisfy { $0 != ".." && $0 != "." } && !path.contains("//")
        return isPlain ? String(path) : nil
    }
}
