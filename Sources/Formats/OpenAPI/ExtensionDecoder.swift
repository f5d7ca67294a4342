import Bytes
import Documents
import HTTPSemantics

/// Reads the gateway's `x-` keys of one operation.
struct ExtensionDecoder {
    /// Keys that may also stand on a path item or at the root.
    static let inheritedKeys = [
        "x-module", "x-permission", "x-quota", "x-plan", "x-timeout", "x-max-body", "x-validation", "x-cors-tenant",
        "x-feature-flag",
    ]
    static let allKeys = inheritedKeys + ["x-grpc", "x-websocket", "x-upgrade"]

    /// Longest `x-timeout`; a request that takes longer belongs to a job queue.
    static let longestTimeout = Duration.seconds(3600)
    /// Largest `x-max-body`: 64 GiB, a bound against slips of the unit.
    static let largestBody = 64 << 30

    let findings: FindingList
    /// The operation, its path item, the document: the nearest one holds.
    let levels: [SourceNode]
    let pathParameters: [String]

    func decode() -> OperationExtensions {
        var extensions = OperationExtensions()
        extensions.permission = permission()
        extensions.asksNoPermission = nearest("x-permission")?.node["x-permission"]?.isNull ?? false
        extensions.module = module()
        extensions.quota = quota()
        extensions.ignoresPlan = nearest("x-plan")?.choice("x-plan", ["off": true, "enforce": false]) ?? false
        (extensions.grpc, extensions.grpcItems) = grpc()
        extensions.upgrades = upgrades()
        extensions.timeout = nearest("x-timeout").flatMap {
            $0.duration("x-timeout", in: .milliseconds(1)...Self.longestTimeout)
        }
        extensions.maximumBodyBytes = nearest("x-max-body").flatMap { $0.size("x-max-body", in: 0...Self.largestBody) }
        extensions.corsTenant = corsTenant()
        extensions.featureFlag = featureFlag()
        for level in levels where level["x-validation"] != nil {
            let modes = validation(DocumentReader(level, findings: findings))
            extensions.requestValidation = extensions.requestValidation ?? modes.request
            extensions.responseValidation = extensions.responseValidation ?? modes.response
        }
        return extensions
    }

    /// Each direction has its nearest level.
    private func validation(_ reader: DocumentReader) -> (request: ValidationMode?, response: ValidationMode?) {
        let section = reader.section("x-validation") {
            ($0.choice("request", ValidationMode.words), $0.choice("response", ValidationMode.words))
        }
        return (section?.0, section?.1)
    }

    /// A reader of the nearest level that has the key. It is asked for that key alone, so it is never finished.
    private func nearest(_ key: String) -> DocumentReader? {
        levels.first { $0[key] != nil }.map { DocumentReader($0, findings: findings) }
    }

    private func permission() -> ValueTemplate? {
        guard let template = template("x-permission") else { return nil }
        let parts = template.text.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count != 3 || parts.contains(where: \.isEmpty) || template.text.contains("*") || template.text.contains(" ") {
            report(
                "permission-syntax", "x-permission",
                "\"\(template.text)\" must be three names, module.resource.action, each literal or a {path parameter}")
            return nil
        }
        return template
    }

    private func module() -> ValueTemplate? {
        guard let template = template("x-module") else { return nil }
        let isSlug = template.text.utf8.allSatisfy { byte in
            byte &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        let isParameter = template.parts.count == 1 && template.constant == nil
        if isParameter || (isSlug && !template.parts.isEmpty) { return template }
        report("module-syntax", "x-module", "\"\(template.text)\" must be a slug such as crm, or one {path parameter}")
        return nil
    }

    /// The name alone, or a mapping of the name and the methods that draw on the quota.
    private func quota() -> QuotaUse? {
        guard let reader = nearest("x-quota"), let node = reader.node["x-quota"], !node.isNull else { return nil }
        guard node.entries != nil else { return quotaName(reader, "x-quota").map { QuotaUse(name: $0) } }
        return reader.section("x-quota") { section in
            let methods = section.strings("on").map { names in names.compactMap { method($0, section) } }
            if methods?.isEmpty == true, let list = section.node["on"], list.elements?.isEmpty == true {
                findings.error("empty-list", at: list, "name at least one method, or leave \"on\" out")
            }
            guard section.value("name", required: true) != nil, let name = quotaName(section, "name") else { return nil }
            return QuotaUse(name: name, methods: methods)
        }
    }

    private func method(_ name: String, _ section: DocumentReader) -> RequestMethod? {
        if let known = OperationReader.methods.first(where: { $0.method.token.description == name }) { return known.method }
        let names = OperationReader.methods.map { $0.method.token.description }
        findings.error(
            "unknown-value", at: section.node["on"] ?? section.node,
            "\"\(name)\" is no method an operation can have; write one of \(names.joined(separator: ", "))")
        return nil
    }

    private func quotaName(_ reader: DocumentReader, _ key: String) -> ValueTemplate? {
        guard let template = template(key, of: reader) else { return nil }
        let parts = template.text.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count <= 4, !parts.contains(where: \.isEmpty), !template.text.contains("*"), !template.text.contains(" ") {
            return template
        }
        findings.error(
            "quota-syntax", at: reader.node[key] ?? reader.node,
            "\"\(template.text)\" must be one to four names such as crm.contacts, each literal or a {path parameter}")
        return nil
    }

    private func template(_ key: String) -> ValueTemplate? { nearest(key).flatMap { template(key, of: $0) } }

    private func corsTenant() -> String? {
        guard let tenant = nearest("x-cors-tenant")?.string("x-cors-tenant") else { return nil }
        if TenantName.isValid(tenant) { return tenant }
        report("tenant-name", "x-cors-tenant", TenantName.rule)
        return nil
    }

    /// A name, `!` before it for the opposite.
    private func featureFlag() -> FeatureFlagUse? {
        guard let reader = nearest("x-feature-flag"), reader.node["x-feature-flag"]?.isNull != true,
            let text = reader.string("x-feature-flag")
        else { return nil }
        let isNegated = text.hasPrefix("!")
        let name = isNegated ? String(text.dropFirst()) : text
        guard (1...200).contains(name.utf8.count), name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            report("flag-name", "x-feature-flag", "\"\(text)\" is no name of a flag; write new-contacts, or !new-contacts")
            return nil
        }
        return FeatureFlagUse(name: name, isNegated: isNegated)
    }

    /// The template under `key`; its parameters must stand in the path.
    private func template(_ key: String, of reader: DocumentReader) -> ValueTemplate? {
        guard let text = reader.string(key) else { return nil }
        let node = reader.node[key] ?? reader.node
        guard let template = ValueTemplate(text) else {
            findings.error("template-syntax", at: node, "braces in \"\(text)\" do not pair up; write each parameter as {name}")
            return nil
        }
        return isBound(template, at: node) ? template : nil
    }

    private func isBound(_ template: ValueTemplate, at node: SourceNode) -> Bool {
        for name in template.parameters where !pathParameters.contains(name) {
            let suggestion = Suggestion.clause(for: name, among: pathParameters)
            findings.error("unknown-path-parameter", at: node, "the path has no {\(name)}\(suggestion)")
            return false
        }
        return true
    }

    private func report(_ code: String, _ key: String, _ message: String) {
        guard let node = nearest(key)?.node[key] else { return }
        findings.error(code, at: node, message)
    }

    private func upgrades() -> [String] {
        let reader = DocumentReader(levels[0], findings: findings)
        var tokens = (reader.strings("x-upgrade") ?? []).map { $0.lowercased() }
        if reader.bool("x-websocket") == true, !tokens.contains("websocket") { tokens.append("websocket") }
        return tokens
    }

    /// The method and the items; a section that says nothing but `items` leaves the method to the annotations.
    private func grpc() -> (GRPCBinding?, GRPCItems?) {
        let section = DocumentReader(levels[0], findings: findings).section("x-grpc") { reader in
            let items = reader.section("items", items)
            let namesMethod = reader.node.entries?.contains { $0.key.text != "items" } ?? false
            let method = reader.string("method", required: namesMethod || reader.node["items"] == nil)
            let body = reader.string("body")
            let responseBody = reader.string("response_body")
            let fields = fields(reader.named("bind") ?? [])
            let segments = segments(reader.named("segments") ?? [])
            guard let method, let node = reader.node["method"] else { return (nil, items) as (GRPCBinding?, GRPCItems?) }
            let name = method.hasPrefix("/") ? method.dropFirst() : Substring(method)
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                findings.error("grpc-method", at: node, "\"\(method)\" must be package.Service/Method")
                return (nil, items)
            }
            let binding = GRPCBinding(
                service: String(parts[0]), method: String(parts[1]),
                body: body.map { $0 == "*" ? .whole : .field($0) } ?? .none, responseBody: responseBody, fields: fields,
                segments: segments)
            return (binding, items)
        }
        return section ?? (nil, nil)
    }

    private func items(_ reader: DocumentReader) -> GRPCItems? {
        let status = reader.string("status") ?? "status"
        return reader.string("field", required: true).map { GRPCItems(field: $0, status: status) }
    }

    private func segments(_ entries: [(key: SourceNode, value: SourceNode)]) -> [String: String] {
        var segments: [String: String] = [:]
        for (key, value) in entries {
            let name = key.text ?? ""
            guard pathParameters.contains(name) else {
                let suggestion = Suggestion.clause(for: name, among: pathParameters)
                findings.error("unknown-path-parameter", at: key, "the path has no {\(name)}\(suggestion)")
                continue
            }
            guard let pattern = value.string else {
                findings.error(
                    "segment-pattern", at: value, "the segments of a parameter are text such as \"shelves/*\" or \"**\"")
                continue
            }
            segments[name] = pattern
        }
        return segments
    }

    private func fields(_ entries: [(key: SourceNode, value: SourceNode)]) -> [GRPCBinding.Field] {
        var fields: [GRPCBinding.Field] = []
        var used: Set<String> = []
        for (key, value) in entries {
            guard let text = value.text, let template = ValueTemplate(text) else {
                findings.error("grpc-bind", at: value, "a bound value is text with {path parameters}")
                continue
            }
            guard isBound(template, at: value) else { continue }
            used.formUnion(template.parameters)
            fields.append(GRPCBinding.Field(field: key.text ?? "", value: template))
        }
        for name in pathParameters where !used.contains(name) {
            if let template = ValueTemplate("{\(name)}") { fields.append(GRPCBinding.Field(field: name, value: template)) }
        }
        return fields
    }
}
