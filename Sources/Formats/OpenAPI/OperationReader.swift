import Documents
import HTTPSemantics

/// Reads the operations of one path item.
struct OperationReader {
    let bundle: DocumentBundle
    let findings: FindingList
    let security: SecurityDecoder
    let parts: DecodedParts
    let path: String
    let pathNode: SourceNode
    let pathParameters: [String]

    static let methods: [(key: String, method: RequestMethod)] = [
        ("get", .get), ("put", .put), ("post", .post), ("delete", .delete), ("options", .options), ("head", .head),
        ("patch", .patch), ("trace", .trace),
    ]

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

    private func parameters(_ operation: SourceNode, _ item: SourceNode) -> [OpenAPIParameter] {
        let decoder = ParameterDecoder(bundle: bundle, findings: findings, parts: parts)
        let own = decoder.list(operation["parameters"])
        let names = Set(own.map(\.identity))
        let merged = decoder.list(item["parameters"]).filter { !names.contains($0.identity) } + own
        let declared = Set(merged.filter { $0.location == .path }.map(\.name))
        for name in pathParameters where !declared.contains(name) {
            findings.warning(
                "undeclared-parameter", at: operation, "the path parameter {\(name)} is not declared under \"parameters\"; add it"
            )
        }
        for parameter in own where parameter.location == .path && !pathParameters.contains(parameter.name) {
            findings.error(
                "unknown-path-parameter", at: parameter.node["name"] ?? parameter.node,
                "the path \(path) has no {\(parameter.name)}; rename or remove the parameter")
        }
        return merged
    }

    private func requestBody(_ node: SourceNode?) -> OpenAPIRequestBody? {
        guard let node, let body = bundle.resolved(node) else { return nil }
        guard let content = body["content"], content.entries != nil else {
            findings.error("missing-key", at: body, "a request body needs \"content\" by media type; add it")
            return nil
        }
        if let required = body["required"], required.bool == nil {
            findings.error("wrong-type", at: required, "\"required\" must be true or false, found \(required.noun)")
        }
        return OpenAPIRequestBody(
            isRequired: body["required"]?.bool ?? false,
            content: ContentDecoder(bundle: bundle, findings: findings, parts: parts).mediaTypes(content), node: body)
    }

    private func responses(_ operation: SourceNode) -> [OpenAPIResponse] {
        guard let node = operation["responses"] else { return [] }
        guard let entries = node.entries else {
            findings.error("wrong-type", at: node, "\"responses\" must be a mapping by status, found \(node.noun)")
            return []
        }
        return entries.compactMap { entry in
            let status = entry.key.text ?? ""
            if status.hasPrefix("x-") { return nil }
            guard let match = OpenAPIResponse.Status(status) else {
                findings.error(
                    "response-status", at: entry.key,
                    "\"\(status)\" is no status; write 100 to 599, a range such as 4XX, or default")
                return nil
            }
            guard let response = bundle.resolved(entry.value) else { return nil }
            guard response.entries != nil else {
                findings.error("wrong-type", at: response, "a response is a mapping, found \(response.noun)")
                return nil
            }
            return OpenAPIResponse(
                status: status, match: match,
                headers: ParameterDecoder(bundle: bundle, findings: findings, parts: parts).headers(response["headers"]),
                content: response["content"].map {
                    ContentDecoder(bundle: bundle, findings: findings, parts: parts).mediaTypes($0)
                },
                node: response)
        }
    }
}
