import Documents
import HTTPSemantics

/// Reads the operations of one path item.
struct OperationReader {
    let bundle: DocumentBundle
    let findings: FindingList
    let security: SecurityDecoder
    let path: String
    let pathNode: SourceNode
    let pathParameters: [String]

    static let methods: [(key: String, method: RequestMethod)] = [
        ("get", .get), ("put", .put), ("post", .post), ("delete", .delete), ("options", .options), ("head", .head),
        ("patch", .patch), ("trace", .trace),
    ]

    /// Media types of one body; a body shared by many operations is read for each.
    static let maximumMediaTypes = 64

    private static let itemKeys = Set(methods.map(\.key) + ["$ref", "summary", "description", "servers", "parameters"])
    private static let operationKeys: Set<String> = [
        "tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody", "responses", "callbacks",
        "deprecated", "security", "servers",
    ]

    func operations(of item: SourceNode) -> [OpenAPIOperation] {
        guard let entries = item.entries else {
            findings.error("wrong-type", at: item, "a path item is a mapping of methods, found \(item.noun)")
            return []
        }
        KeyCheck(findings: findings).check(item, known: Self.itemKeys, extensions: ExtensionDecoder.inheritedKeys)
        refuseServers(item)
        return entries.compactMap { entry in
            guard let known = Self.methods.first(where: { $0.key == entry.key.text }) else { return nil }
            return operation(entry.value, known.method, item)
        }
    }

    private func operation(_ node: SourceNode, _ method: RequestMethod, _ item: SourceNode) -> OpenAPIOperation? {
        guard node.entries != nil else {
            findings.error("wrong-type", at: node, "an operation is a mapping, found \(node.noun)")
            return nil
        }
        KeyCheck(findings: findings).check(node, known: Self.operationKeys, extensions: ExtensionDecoder.allKeys)
        refuseServers(node)
        if let id = node["operationId"], id.string == nil {
            findings.error("wrong-type", at: id, "\"operationId\" must be a string; write it in quotes")
        }
        let extensions = ExtensionDecoder(
            findings: findings, levels: [node, item, bundle.root], pathParameters: pathParameters)
        return OpenAPIOperation(
            method: method, path: path, pathParameters: pathParameters, operationID: node["operationId"]?.string,
            isPublic: security.isPublic(node), parameters: parameters(node, item), requestBody: requestBody(node["requestBody"]),
            responses: responses(node), extensions: extensions.decode(), node: node, pathNode: pathNode)
    }

    private func refuseServers(_ node: SourceNode) {
        guard let servers = node["servers"] else { return }
        findings.error("unsupported-servers", at: servers, "only the document's own \"servers\" are used; remove these")
    }

    private func parameters(_ operation: SourceNode, _ item: SourceNode) -> [SourceNode] {
        let own = parameterList(operation["parameters"])
        let names = Set(own.map(identity))
        let merged = parameterList(item["parameters"]).filter { !names.contains(identity($0)) } + own
        let declared = Set(merged.filter { $0["in"]?.string == "path" }.compactMap { $0["name"]?.string })
        for name in pathParameters where !declared.contains(name) {
            findings.warning(
                "undeclared-parameter", at: operation, "the path parameter {\(name)} is not declared under \"parameters\"; add it"
            )
        }
        for parameter in own where parameter["in"]?.string == "path" {
            guard let name = parameter["name"], !pathParameters.contains(name.string ?? "") else { continue }
            findings.error(
                "unknown-path-parameter", at: name, "the path \(path) has no {\(name.text ?? "")}; rename or remove the parameter"
            )
        }
        return merged
    }

    private func parameterList(_ node: SourceNode?) -> [SourceNode] {
        guard let node else { return [] }
        guard let elements = node.elements else {
            findings.error("wrong-type", at: node, "\"parameters\" must be a list, found \(node.noun)")
            return []
        }
        let locations = ["path", "query", "header", "cookie"]
        return elements.compactMap { element in
            guard let parameter = bundle.resolved(element) else { return nil }
            guard parameter["name"]?.string != nil, locations.contains(parameter["in"]?.string ?? "") else {
                findings.error(
                    "parameter", at: parameter,
                    "a parameter needs a \"name\" and an \"in\" of \(locations.joined(separator: ", "))")
                return nil
            }
            return parameter
        }
    }

    /// Header names do not differ by case (RFC 9110 section 5.1).
    private func identity(_ parameter: SourceNode) -> String {
        let location = parameter["in"]?.string ?? ""
        let name = parameter["name"]?.string ?? ""
        return location + ":" + (location == "header" ? name.lowercased() : name)
    }

    private func requestBody(_ node: SourceNode?) -> OpenAPIRequestBody? {
        guard let node, let body = bundle.resolved(node) else { return nil }
        guard let content = body["content"]?.entries else {
            findings.error("missing-key", at: body, "a request body needs \"content\" by media type; add it")
            return nil
        }
        guard content.count <= Self.maximumMediaTypes else {
            findings.error(
                "too-many-nodes", at: body, "more than \(Self.maximumMediaTypes) media types; use ranges such as text/*")
            return nil
        }
        if let required = body["required"], required.bool == nil {
            findings.error("wrong-type", at: required, "\"required\" must be true or false, found \(required.noun)")
        }
        return OpenAPIRequestBody(
            isRequired: body["required"]?.bool ?? false,
            content: content.map { ($0.key.text?.lowercased() ?? "", $0.value["schema"]) }, node: body)
    }

    private func responses(_ operation: SourceNode) -> [(status: String, node: SourceNode)] {
        guard let node = operation["responses"] else { return [] }
        guard let entries = node.entries else {
            findings.error("wrong-type", at: node, "\"responses\" must be a mapping by status, found \(node.noun)")
            return []
        }
        return entries.compactMap { entry in
            let status = entry.key.text ?? ""
            if status.hasPrefix("x-") { return nil }
            guard status == "default" || Self.isStatus(status) else {
                findings.error(
                    "response-status", at: entry.key,
                    "\"\(status)\" is no status; write 100 to 599, a range such as 4XX, or default")
                return nil
            }
            return bundle.resolved(entry.value).map { (status, $0) }
        }
    }

    private static func isStatus(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 3, bytes[0] >= 0x31, bytes[0] <= 0x35 else { return false }
        return text.hasSuffix("XX") || bytes.allSatisfy { $0 &- 48 < 10 }
    }
}
