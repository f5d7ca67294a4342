import Documents

/// Reads `content`: media types with their schemas and encodings.
struct ContentDecoder {
    let bundle: DocumentBundle
    let findings: FindingList
    let parts: DecodedParts

    /// Media types of one body: more than anybody lists, and few enough to compare each with a request's.
    static let maximumMediaTypes = 64

    private static let keys: Set<String> = ["schema", "example", "examples", "encoding"]
    private static let encodingKeys: Set<String> = [
        "contentType", "headers", "style", "explode", "allowReserved",
    ]

    /// The media types of a mapping, in document order.
    func mediaTypes(_ node: SourceNode) -> [OpenAPIMediaType] {
        if let known = parts.mediaTypes[ObjectIdentifier(node)] { return known }
        let types = decodedMediaTypes(node)
        parts.mediaTypes[ObjectIdentifier(node)] = types
        return types
    }

    private func decodedMediaTypes(_ node: SourceNode) -> [OpenAPIMediaType] {
        guard let entries = node.entries else {
            findings.error("wrong-type", at: node, "\"content\" must be a mapping by media type, found \(node.noun)")
            return []
        }
        guard entries.count <= Self.maximumMediaTypes else {
            findings.error(
                "too-many-nodes", at: node, "more than \(Self.maximumMediaTypes) media types; use ranges such as text/*")
            return []
        }
        var seen: Set<String> = []
        return entries.compactMap { entry in
            let name = (entry.key.text ?? "").lowercased()
            guard Self.isMediaRange(name) else {
                findings.error(
                    "media-type", at: entry.key,
                    "\"\(entry.key.text ?? "")\" is no media type; write one such as application/json or text/*")
                return nil
            }
            guard seen.insert(name.filter { $0 != " " }).inserted else {
                findings.error("media-type", at: entry.key, "the media type \(name) stands here twice; remove one")
                return nil
            }
            guard entry.value.entries != nil || entry.value.isNull else {
                findings.error("wrong-type", at: entry.value, "a media type is a mapping, found \(entry.value.noun)")
                return nil
            }
            KeyCheck(findings: findings).check(entry.value, known: Self.keys, extensions: [])
            return OpenAPIMediaType(
                mediaType: name, schema: entry.value["schema"], encodings: encodings(of: entry.value, name), node: entry.value)
        }
    }

    /// Whether the text is `type/subtype`, `type/*`, `type/*+suffix` or `*/*`, with or without parameters.
    static func isMediaRange(_ text: String) -> Bool {
        let essence = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let parts = essence.trimmingBlanks.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isToken) }) else { return false }
        if parts[0].contains("*") { return parts[0] == "*" && parts[1] == "*" }
        return !parts[1].contains("*") || parts[1] == "*" || parts[1].hasPrefix("*+") && !parts[1].dropFirst().contains("*")
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7f && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
    }

    private func encodings(of node: SourceNode, _ mediaType: String) -> [OpenAPIEncoding] {
        guard let encoding = node["encoding"] else { return [] }
        guard let entries = encoding.entries else {
            findings.error("wrong-type", at: encoding, "\"encoding\" must be a mapping by property, found \(encoding.noun)")
            return []
        }
        let isMultipart = mediaType.hasPrefix("multipart/")
        guard isMultipart || mediaType.hasPrefix("application/x-www-form-urlencoded") else {
            findings.warning("no-effect", at: encoding, "\"encoding\" has no effect on \(mediaType); remove it")
            return []
        }
        return entries.compactMap { self.encoding($0.value, of: $0.key.text ?? "", isMultipart: isMultipart) }
    }

    private func encoding(_ node: SourceNode, of property: String, isMultipart: Bool) -> OpenAPIEncoding? {
        guard node.entries != nil else {
            findings.error("wrong-type", at: node, "an encoding is a mapping, found \(node.noun)")
            return nil
        }
        KeyCheck(findings: findings).check(node, known: Self.encodingKeys, extensions: [])
        let parameters = ParameterDecoder(bundle: bundle, findings: findings, parts: parts)
        let styles = OpenAPIParameter.Style.allowed(in: .query)
        let isStyled = ["style", "explode", "allowReserved"].contains { node[$0] != nil }
        let style = parameters.style(of: node, among: styles, where: "in a form") ?? styles[0]
        if isStyled, isMultipart {
            findings.warning(
                "no-effect", at: node,
                "\"style\", \"explode\" and \"allowReserved\" are not used in multipart bodies; use \"contentType\"")
        }
        if !isMultipart, let headers = node["headers"] {
            findings.warning("no-effect", at: headers, "only parts of multipart bodies have headers; remove these")
        }
        if isStyled, !isMultipart, let type = node["contentType"] {
            findings.warning("no-effect", at: type, "\"contentType\" has no effect beside \"style\"; remove one of them")
        }
        return OpenAPIEncoding(
            property: property, contentTypes: contentTypes(node["contentType"]),
            headers: isMultipart ? parameters.headers(node["headers"]) : [], style: isStyled && !isMultipart ? style : nil,
            explodes: parameters.explode(of: node, style), allowsReserved: parameters.flag("allowReserved", of: node) ?? false,
            node: node)
    }

    private func contentTypes(_ node: SourceNode?) -> [String] {
        guard let node else { return [] }
        let types = (node.string ?? "").lowercased().split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.trimmingBlanks) }
        if let bad = types.first(where: { !Self.isMediaRange($0) }) {
            findings.error("media-type", at: node, "\"\(bad)\" is no media type; write one such as image/png or image/*")
            return []
        }
        return types
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
