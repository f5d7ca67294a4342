import Documents
import HTTPSemantics

/// Reads a bundle into an `OpenAPIDocument`, collecting every finding on the way.
struct OpenAPIDecoder {
    let bundle: DocumentBundle
    let findings: FindingList

    private static let rootKeys: Set<String> = [
        "openapi", "info", "servers", "paths", "webhooks", "components", "security", "tags", "externalDocs", "jsonSchemaDialect",
        "$schema",
    ]

    func decode() -> OpenAPIDocument? {
        let root = bundle.root
        guard root.entries != nil else {
            findings.error("wrong-type", at: root, "an OpenAPI document is a mapping, found \(root.noun)")
            return nil
        }
        let version = version(root)
        checkKeys(root, known: Self.rootKeys, extensions: ExtensionDecoder.inheritedKeys)
        let basePath = ServerDecoder(findings: findings).basePath(root["servers"])
        let security = SecurityDecoder(bundle: bundle, findings: findings)
        security.check(root["security"])
        let operations = operations(root, security)
        checkOperationIDs(operations)
        guard let version, let basePath else { return nil }
        return OpenAPIDocument(
            version: version, title: root["info"]?["title"]?.text, documentVersion: root["info"]?["version"]?.text,
            basePath: basePath, operations: operations, bundle: bundle)
    }

    private func version(_ root: SourceNode) -> OpenAPIDocument.Version? {
        let advice = "write openapi: \"3.0.x\" or \"3.1.x\""
        guard let node = root["openapi"] else {
            let what = root["swagger"] == nil ? "the key \"openapi\" is missing" : "Swagger 2.0 is not read"
            findings.error("unsupported-version", at: root["swagger"] ?? root, "\(what); \(advice)")
            return nil
        }
        let parts = (node.text ?? "").split(separator: ".", omittingEmptySubsequences: false)
        let isNumber = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0 &- 48 < 10 } }
        if isNumber, parts.count == 2 || parts.count == 3,
            let version = OpenAPIDocument.Version(rawValue: "\(parts[0]).\(parts[1])")
        {
            return version
        }
        findings.error("unsupported-version", at: node, "version \"\(node.text ?? node.noun)\" is not read; \(advice)")
        return nil
    }

    private func operations(_ root: SourceNode, _ security: SecurityDecoder) -> [OpenAPIOperation] {
        guard let paths = root["paths"] else {
            if root["webhooks"] == nil, root["components"] == nil {
                findings.error("missing-key", at: root, "the key \"paths\" is required here; add it")
            }
            return []
        }
        guard let entries = paths.entries else {
            findings.error("wrong-type", at: paths, "\"paths\" must be a mapping, found \(paths.noun)")
            return []
        }
        var operations: [OpenAPIOperation] = []
        // Path items may be shared by reference: few bytes must not stand for endless work.
        var nodes = 0
        let parts = DecodedParts()
        for (key, item) in entries {
            let path = key.text ?? ""
            if path.hasPrefix("x-") { continue }
            guard path.hasPrefix("/") else {
                findings.error("path-syntax", at: key, "the path \"\(path)\" must start with \"/\"")
                continue
            }
            guard let parameters = Self.parameters(in: path) else {
                findings.error("path-syntax", at: key, "braces in \"\(path)\" do not pair up; write each parameter as {name}")
                continue
            }
            guard let item = bundle.resolved(item) else { continue }
            nodes += item.expandedCount
            guard nodes <= DocumentBundle.maximumNodes else {
                findings.error(
                    "too-many-nodes", at: key, "the path items have too many nodes with references followed; split them")
                return operations
            }
            let reader = OperationReader(
                bundle: bundle, findings: findings, security: security, parts: parts, path: path, pathNode: key,
                pathParameters: parameters)
            operations += reader.operations(of: item)
            guard operations.count <= OpenAPIDocument.maximumOperations else {
                findings.error(
                    "too-many-operations", at: key,
                    "more than \(OpenAPIDocument.maximumOperations) operations; split the document into services")
                return operations
            }
        }
        return operations
    }

    private func checkOperationIDs(_ operations: [OpenAPIOperation]) {
        var lines: [String: SourceNode] = [:]
        for operation in operations {
            guard let id = operation.operationID, let node = operation.node["operationId"] else { continue }
            if let first = lines[id] {
                findings.error(
                    "duplicate-operation-id", at: node,
                    "operationId \"\(id)\" is already used at \(first.file):\(first.line); rename one")
            } else {
                lines[id] = node
            }
        }
    }

    private func checkKeys(_ node: SourceNode, known: Set<String>, extensions: [String]) {
        KeyCheck(findings: findings).check(node, known: known, extensions: extensions)
    }

    /// The names between braces, in order; nil when braces do not pair up.
    static func parameters(in path: String) -> [String]? { ValueTemplate(path)?.parameters }
}

/// Holds an object's keys against those OpenAPI defines and the gateway's own extensions.
struct KeyCheck {
    let findings: FindingList

    /// Reports unknown keys. An `x-` key is the writer's own, unless it is a slip of one the gateway acts on: a permission that
    /// is not checked for a typing error is worse than a refused document.
    func check(_ node: SourceNode, known: Set<String>, extensions: [String]) {
        for (key, _) in node.entries ?? [] {
            let name = key.text ?? ""
            if known.contains(name) || extensions.contains(name) { continue }
            if name.hasPrefix("x-") {
                if let meant = Suggestion.nearest(to: name, among: ExtensionDecoder.allKeys) {
                    let message =
                        meant == name
                        ? "\"\(name)\" has no effect here; move it to an operation"
                        : "unknown key \"\(name)\"; did you mean \"\(meant)\"?"
                    findings.error("unknown-key", at: key, message)
                }
                continue
            }
            let suggestion = findings.isFull ? "" : Suggestion.clause(for: name, among: known.sorted())
            findings.error("unknown-key", at: key, "OpenAPI has no key \"\(name)\" here\(suggestion)")
        }
    }
}
