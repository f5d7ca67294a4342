import Documents
import OpenAPI

/// Values of a document as they stand in the result.
extension DocumentMerge {
    /// Callbacks of callbacks, where these are references.
    private static let maximumInlined = 8
    /// Components of one name that another is compared with.
    private static let maximumCandidates = 8

    mutating func value(_ node: SourceNode, _ place: Place) throws(MergeFault) -> MergedValue {
        switch node.kind {
        case .scalar:
            if case .mappingValue = place { return try mapping(node) }
            return MergedValue(node)
        case .sequence(let elements):
            var values: [MergedValue] = []
            for element in elements { values.append(try value(element, place)) }
            return .array(values)
        case .mapping(let entries):
            if place == .data { return MergedValue(node) }
            if place == .requirement { return try requirement(entries) }
            if place.section != nil || place == .pathItem, let reference = node["$ref"], reference.string != nil {
                return try self.reference(node, reference, place)
            }
            var members: [(name: String, value: MergedValue)] = []
            for entry in entries {
                let name = entry.key.text ?? ""
                if place.isNamed, Self.isInternal(name) || name == "servers" && place == .operation { continue }
                members.append((name, try member(entry.value, name, place)))
            }
            if place == .schema, part.document.version == .v3_0 { members = SchemaConversion.converted(members) }
            return .object(members)
        }
    }

    private mutating func member(_ node: SourceNode, _ name: String, _ place: Place) throws(MergeFault) -> MergedValue {
        switch (place, name) {
        case (.operation, "operationId"), (.link, "operationId"):
            if let id = node.string, let new = renamed[current][id] { return .string(new) }
        case (.link, "operationRef"):
            if let text = node.string { return .string(operationReference(text)) }
        default: break
        }
        return try value(node, place.member(name))
    }

    /// What a document says to the gateway alone.
    private static let internalNames: Set<String> = [
        "x-module", "x-permission", "x-quota", "x-plan", "x-timeout", "x-max-body", "x-validation", "x-cors-tenant",
        "x-feature-flag", "x-grpc",
        "x-websocket", "x-upgrade",
    ]

    static func isInternal(_ name: String) -> Bool { internalNames.contains(name) }

    /// A pointer to an operation of the same document, by the path that it has in the result.
    private func operationReference(_ text: String) -> String {
        let lead = "#/paths/~1"
        guard text.hasPrefix(lead) else { return text }
        let base = part.document.basePath.replacing("/", with: "~1")
        return "#/paths/" + base + "~1" + text.dropFirst(lead.count)
    }

    // MARK: References

    private mutating func reference(
        _ node: SourceNode, _ reference: SourceNode, _ place: Place
    ) throws(MergeFault) -> MergedValue {
        let bundle = part.document.bundle
        guard let target = bundle.target(of: reference), bundle.resolved(target) != nil else {
            throw fault(.reference, reference, "\(reference.string ?? "") leads nowhere")
        }
        // Path items have no section in 3.0: what one refers to stands in its place.
        guard place.section != nil else {
            guard inlined < Self.maximumInlined else {
                throw fault(.reference, reference, "\(reference.string ?? "") leads from path item to path item without an end")
            }
            inlined += 1
            defer { inlined -= 1 }
            return try value(target, place)
        }
        var members = [("$ref", MergedValue.string(try pointer(to: target, place, from: reference)))]
        // Beside a reference 3.0 ignores everything; 3.1 has texts there, and in schemas all of theirs.
        if part.document.version == .v3_1 {
            for entry in node.entries ?? [] where entry.key.text != "$ref" {
                let name = entry.key.text ?? ""
                guard place == .schema || name == "summary" || name == "description" else { continue }
                members.append((name, try member(entry.value, name, place)))
            }
        }
        return .object(members.map { (name: $0.0, value: $0.1) })
    }

    /// Where the component is that `target` becomes.
    private mutating func pointer(to target: SourceNode, _ place: Place, from reference: SourceNode) throws(MergeFault) -> String
    {
        guard let section = place.section else {
            throw fault(.reference, reference, "\(reference.string ?? "") is of a kind that components do not hold")
        }
        let key = Target(part: current, file: target.file, pointer: target.pointer)
        if let name = known[section]?[key] { return "#/components/\(section)/\(name)" }
        let wish = Self.wish(target)
        if let name = same(as: target, wish, section, place) {
            known[section, default: [:]][key] = name
            return "#/components/\(section)/\(name)"
        }
        componentCount += 1
        guard componentCount <= Self.maximumComponents else {
            throw MergeFault(code: .tooLarge, message: "the documents have more than \(Self.maximumComponents) components")
        }
        let name = Self.free(wish, service: part.service, in: &names[section, default: []])
        known[section, default: [:]][key] = name
        let index = components[section]?.count ?? 0
        waiting.append((section, index))
        wishes[section, default: [:]][wish, default: []].append(index)
        components[section, default: []].append(Component(name: name, node: target, place: place, part: current))
        return "#/components/\(section)/\(name)"
    }

    /// The name of another document's component that says the very same.
    private mutating func same(as target: SourceNode, _ wish: String, _ section: String, _ place: Place) -> String? {
        for index in wishes[section]?[wish]?.prefix(Self.maximumCandidates) ?? [] {
            guard let other = components[section]?[index], other.part != current else { continue }
            let (left, right) = (parts[other.part].document, part.document)
            if sameness.holds(other.node, of: left, other.part, target, of: right, current, place) { return other.name }
        }
        return nil
    }

    /// The name a component would have: its own, or that of its file.
    private static func wish(_ node: SourceNode) -> String {
        let last = node.pointer.split(separator: "/").last.map(String.init)
        let file = node.file.split(separator: "/").last?.split(separator: ".").first.map(String.init)
        let text = (last ?? file ?? "component").replacing("~1", with: "_").replacing("~0", with: "_")
        // Names of components are of these alone (OpenAPI 3.1 section 4.8.7.1).
        let plain = String(text.unicodeScalars.map { isPlain($0) ? Character($0) : "_" })
        return plain.isEmpty ? "component" : plain
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_": true
        default: false
        }
    }

    /// `name`, with the service's before it and then a number behind it where that is taken.
    static func free(_ name: String, service: String, in taken: inout Set<String>) -> String {
        if taken.insert(name).inserted { return name }
        let plain = String(service.unicodeScalars.map { isPlain($0) ? Character($0) : "_" })
        var candidate = "\(plain)_\(name)"
        var number = 2
        while !taken.insert(candidate).inserted {
            candidate = "\(plain)_\(name)_\(number)"
            number += 1
        }
        return candidate
    }

    /// A value of `discriminator.mapping`: a reference, or the name of a schema.
    private mutating func mapping(_ node: SourceNode) throws(MergeFault) -> MergedValue {
        guard let text = node.string else { return MergedValue(node) }
        let named = root["components"]?["schemas"]?[text]
        guard let target = named ?? part.document.bundle.target(of: node) else {
            throw fault(.reference, node, "\(text) is no schema")
        }
        return .string(try pointer(to: target, .schema, from: node))
    }

    private mutating func requirement(_ entries: [(key: SourceNode, value: SourceNode)]) throws(MergeFault) -> MergedValue {
        var members: [(name: String, value: MergedValue)] = []
        for entry in entries {
            let name = entry.key.text ?? ""
            guard let scheme = root["components"]?["securitySchemes"]?[name] else {
                throw fault(.reference, entry.key, "there is no security scheme \(name)")
            }
            let pointer = try pointer(to: scheme, .securityScheme, from: entry.key)
            members.append((String(pointer.split(separator: "/").last ?? ""), MergedValue(entry.value)))
        }
        return .object(members)
    }

    func fault(_ code: MergeFault.Code, _ node: SourceNode, _ message: String) -> MergeFault {
        MergeFault(code: code, message: "\(part.service): \(message) (\(node.file):\(node.line))")
    }
}
