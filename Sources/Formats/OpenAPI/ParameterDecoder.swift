import Documents

/// Reads parameter and header objects.
struct ParameterDecoder {
    let bundle: DocumentBundle
    let findings: FindingList
    let parts: DecodedParts

    /// Headers that OpenAPI describes elsewhere; parameters of these names mean nothing.
    static let ignoredHeaders: Set<String> = ["accept", "content-type", "authorization"]

    private static let keys: Set<String> = [
        "name", "in", "description", "required", "deprecated", "allowEmptyValue", "style", "explode", "allowReserved", "schema",
        "content", "example", "examples",
    ]

    /// The parameters of a list, references resolved; what is none is a finding.
    func list(_ node: SourceNode?) -> [OpenAPIParameter] {
        guard let node else { return [] }
        if let known = parts.parameters[ObjectIdentifier(node)] { return known }
        let parameters = decodedList(node)
        parts.parameters[ObjectIdentifier(node)] = parameters
        return parameters
    }

    private func decodedList(_ node: SourceNode) -> [OpenAPIParameter] {
        guard let elements = node.elements else {
            findings.error("wrong-type", at: node, "\"parameters\" must be a list, found \(node.noun)")
            return []
        }
        var places: [String: SourceNode] = [:]
        return elements.compactMap { element in
            guard let object = bundle.resolved(element), let parameter = parameter(object) else { return nil }
            if let first = places.updateValue(element, forKey: parameter.identity) {
                findings.error(
                    "duplicate-parameter", at: element,
                    "the \(parameter.location.rawValue) parameter \"\(parameter.name)\" is declared already at "
                        + "\(first.file):\(first.line); remove one")
                return nil
            }
            return parameter
        }
    }

    private func parameter(_ node: SourceNode) -> OpenAPIParameter? {
        let locations = OpenAPIParameter.Location.allCases
        guard let name = node["name"]?.string,
            let location = node["in"]?.string.flatMap(OpenAPIParameter.Location.init(rawValue:))
        else {
            findings.error(
                "parameter", at: node,
                "a parameter needs a \"name\" and an \"in\" of \(locations.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        KeyCheck(findings: findings).check(node, known: Self.keys, extensions: [])
        if location == .header, Self.ignoredHeaders.contains(name.lowercased()) {
            findings.warning(
                "ignored-parameter", at: node,
                "OpenAPI ignores the header parameter \"\(name)\"; describe it by media types and \"security\"")
        }
        let isRequired = flag("required", of: node)
        if location == .path, isRequired != true {
            findings.warning(
                "path-parameter-required", at: node["required"] ?? node,
                "the path parameter \"\(name)\" is always there; write required: true")
        }
        if isRequired == true, let value = node["schema"].flatMap({ bundle.resolved($0) })?["default"] {
            findings.warning(
                "ambiguous-default", at: value, "\"\(name)\" is required, so that its default is never used; remove one of them")
        }
        if location != .query, node["allowEmptyValue"] != nil {
            findings.warning("no-effect", at: node, "\"allowEmptyValue\" has no effect outside a query; remove it")
        }
        return value(node, name: name, location: location, isRequired: isRequired ?? false)
    }

    /// The headers of an answer or of a part, by name.
    func headers(_ node: SourceNode?) -> [OpenAPIParameter] {
        guard let node else { return [] }
        if let known = parts.headers[ObjectIdentifier(node)] { return known }
        let headers = decodedHeaders(node)
        parts.headers[ObjectIdentifier(node)] = headers
        return headers
    }

    private func decodedHeaders(_ node: SourceNode) -> [OpenAPIParameter] {
        guard let entries = node.entries else {
            findings.error("wrong-type", at: node, "\"headers\" must be a mapping by name, found \(node.noun)")
            return []
        }
        var seen: Set<String> = []
        return entries.compactMap { entry in
            let name = entry.key.text ?? ""
            guard let object = bundle.resolved(entry.value), name.lowercased() != "content-type" else { return nil }
            guard object.entries != nil else {
                findings.error("wrong-type", at: object, "a header is a mapping, found \(object.noun)")
                return nil
            }
            guard seen.insert(name.lowercased()).inserted else {
                findings.error("duplicate-parameter", at: entry.key, "the header \"\(name)\" stands here twice; remove one")
                return nil
            }
            for key in ["name", "in"] {
                if let extra = object.key(key) {
                    findings.error("unknown-key", at: extra, "a header has no \"\(key)\"; it is named by its key")
                }
            }
            KeyCheck(findings: findings).check(object, known: Self.keys, extensions: [])
            return value(object, name: name, location: .header, isRequired: flag("required", of: object) ?? false)
        }
    }

    private func value(
        _ node: SourceNode, name: String, location: OpenAPIParameter.Location, isRequired: Bool
    ) -> OpenAPIParameter {
        let styles = OpenAPIParameter.Style.allowed(in: location)
        let style = style(of: node, among: styles, where: "in a \(location.rawValue)") ?? styles[0]
        let content = content(of: node, name: name)
        if content != nil, let extra = ["style", "explode", "allowReserved"].compactMap({ node.key($0) }).first {
            findings.warning(
                "no-effect", at: extra, "\"\(extra.text ?? "")\" has no effect beside \"content\"; remove one of them")
        }
        return OpenAPIParameter(
            name: name, location: location, isRequired: isRequired || location == .path, style: style,
            explodes: explode(of: node, style), allowsReserved: flag("allowReserved", of: node) ?? false,
            allowsEmptyValue: location == .query && flag("allowEmptyValue", of: node) ?? false,
            schema: content == nil ? node["schema"] : nil, content: content, node: node)
    }

    /// The style written; nil when there is none, or after a finding.
    func style(of node: SourceNode, among styles: [OpenAPIParameter.Style], where place: String) -> OpenAPIParameter.Style? {
        guard let written = node["style"] else { return nil }
        let style = written.string.flatMap(OpenAPIParameter.Style.init(rawValue:))
        if let style, styles.contains(style) { return style }
        findings.error(
            "parameter-style", at: written,
            "there is no style \(written.text ?? written.noun) \(place); write "
                + styles.map(\.rawValue).joined(separator: " or "))
        return nil
    }

    func explode(of node: SourceNode, _ style: OpenAPIParameter.Style) -> Bool {
        let written = flag("explode", of: node)
        if let written, let key = node["explode"] {
            let isDelimited = style == .spaceDelimited || style == .pipeDelimited
            if isDelimited && written || style == .deepObject && !written {
                findings.warning(
                    "no-effect", at: key,
                    "OpenAPI does not say what \(style.rawValue) with explode: \(written) means; "
                        + (isDelimited ? "it is read like form" : "it is ignored"))
            }
        }
        return written ?? (style == .form || style == .deepObject)
    }

    private func content(of node: SourceNode, name: String) -> OpenAPIMediaType? {
        guard let content = node["content"] else {
            if node["schema"] == nil {
                findings.warning(
                    "parameter-schema", at: node, "\"\(name)\" has neither \"schema\" nor \"content\"; any value is accepted")
            }
            return nil
        }
        if node["schema"] != nil {
            findings.error(
                "parameter-schema", at: content, "\"\(name)\" has both \"schema\" and \"content\"; remove one of them")
        }
        guard content.entries?.count == 1 else {
            findings.error("parameter-content", at: content, "the \"content\" of a parameter names exactly one media type")
            return nil
        }
        return ContentDecoder(bundle: bundle, findings: findings, parts: parts).mediaTypes(content).first
    }

    /// A boolean; nil when absent, or after a finding.
    func flag(_ key: String, of node: SourceNode) -> Bool? {
        guard let value = node[key] else { return nil }
        if value.bool == nil {
            findings.error("wrong-type", at: value, "\"\(key)\" must be true or false, found \(value.noun)")
        }
        return value.bool
    }
}

extension OpenAPIParameter {
    /// Header names do not differ by case (RFC 9110 section 5.1).
    var identity: String { location.rawValue + ":" + (location == .header ? name.lowercased() : name) }
}
