import Documents
import HTTPSemantics
import OpenAPI

/// Gathers what the places of a document must allow so that the differences are none.
struct Relaxation {
    /// What one node is to allow.
    enum Aspect: Hashable {
        /// Of a schema: further types.
        case types
        /// Of a schema: members by name, each with the types found.
        case properties
        /// Of a schema: without the names in `required`.
        case required
        /// Of an operation: further statuses.
        case responses
        /// Of a response or request body: further media types.
        case content
        /// Of an operation: further parameters of the query.
        case parameters
        /// Of a parameter or request body: to be left out.
        case absence
        /// Of the schema `false`: the types found.
        case anything
    }

    struct Change {
        let node: SourceNode
        let aspect: Aspect
        /// Types, statuses or names in the order they came, with the types found under a name.
        var words: [(name: String, types: Set<String>)] = []
        var causes: [Int] = []
    }

    private struct Key: Hashable {
        let node: ObjectIdentifier
        let aspect: Aspect
    }

    let document: OpenAPIDocument
    private(set) var changes: [Change] = []
    private var places: [Key: Int] = [:]
    private let operations: [String: OpenAPIOperation]

    init(_ document: OpenAPIDocument) {
        self.document = document
        let named = document.operations.map { ($0.operationID ?? "\($0.method.token) \($0.path)", $0) }
        operations = Dictionary(named) { first, _ in first }
    }

    /// Codes of messages that are not in the form they must have, whatever is described.
    private static let faultsOfMessages: Set<String> = [
        "invalid-json", "invalid-utf8", "invalid-multipart", "malformed", "percent-encoding", "too-many-values", "too-large",
        "limit",
    ]

    /// Notes what the difference with this index asks of the document; answers why it cannot be written there.
    mutating func add(_ difference: ObservedDifference, _ index: Int) -> PatchObstacle? {
        guard let operation = operations[difference.operation], !difference.pointer.hasSuffix("...") else { return .unknownPlace }
        if Self.faultsOfMessages.contains(difference.code) { return .messageAtFault }
        let name = difference.field.split(separator: ".", maxSplits: 1).last.map(String.init) ?? ""
        switch (difference.field.prefix { $0 != "." }, difference.direction) {
        case ("status", .response) where difference.code == "undeclared":
            guard (100...599).contains(difference.status) else { return .unknownPlace }
            note(.responses, operation.node, "\(difference.status)", index)
            return nil
        case ("body", .request): return addRequestBody(difference, operation, index)
        case ("body", .response):
            guard let response = operation.response(for: difference.status) else { return .unknownPlace }
            return addBody(difference, response.content ?? [], index)
        case ("header", .request) where name.lowercased() == "content-type":
            guard let body = operation.requestBody else { return .unknownPlace }
            return addMediaType(difference, body.node, index)
        case ("header", .response):
            guard let response = operation.response(for: difference.status) else { return .unknownPlace }
            if name.lowercased() == "content-type" { return addMediaType(difference, response.node, index) }
            let header = response.headers.first { $0.name.lowercased() == name.lowercased() }
            return header.map { addValue(difference, $0, index) } ?? .unknownPlace
        case ("query", .request) where difference.code == "unknown":
            note(.parameters, operation.node, name, index)
            return nil
        case (let place, .request):
            let parameter = operation.parameters.first {
                $0.location.rawValue == place
                    && ($0.name == name || $0.location == .header && $0.name.lowercased() == name.lowercased())
            }
            return parameter.map { addValue(difference, $0, index) } ?? .unknownPlace
        default: return .unknownPlace
        }
    }

    mutating func note(_ aspect: Aspect, _ node: SourceNode, _ word: String, type: String? = nil, _ index: Int) {
        let key = Key(node: ObjectIdentifier(node), aspect: aspect)
        let place = places[key] ?? changes.count
        if place == changes.count {
            places[key] = place
            changes.append(Change(node: node, aspect: aspect))
        }
        if changes[place].causes.last != index { changes[place].causes.append(index) }
        let types = Set([type].compactMap(\.self))
        if let known = changes[place].words.firstIndex(where: { $0.name == word }) {
            // Where once nothing was known, everything is allowed.
            let isOpen = changes[place].words[known].types.isEmpty || types.isEmpty
            changes[place].words[known].types = isOpen ? [] : changes[place].words[known].types.union(types)
        } else {
            changes[place].words.append((word, types))
        }
    }
}

/// Parameters and bodies.
extension Relaxation {
    private mutating func addMediaType(_ difference: ObservedDifference, _ node: SourceNode, _ index: Int) -> PatchObstacle? {
        guard difference.code == "undeclared" || difference.code == "unsupported-media-type" else { return .needsValues }
        guard let type = difference.subject, Self.isMediaType(type) else { return .needsSubject }
        guard let content = node["content"]?.entries else { return .unknownPlace }
        // It is there: the body was encoded, or sent with two types.
        if content.contains(where: { $0.key.text?.lowercased() == type.lowercased() }) { return .messageAtFault }
        note(.content, node, type.lowercased(), index)
        return nil
    }

    private mutating func addRequestBody(
        _ difference: ObservedDifference, _ operation: OpenAPIOperation, _ index: Int
    ) -> PatchObstacle? {
        guard let body = operation.requestBody else { return .unknownPlace }
        if difference.code == "unsupported-media-type" { return addMediaType(difference, body.node, index) }
        if difference.code == "required", difference.subject == nil, difference.pointer.isEmpty {
            guard body.node["required"]?.bool == true else { return .needsSubject }
            note(.absence, body.node, "", index)
            return nil
        }
        return addBody(difference, body.content, index)
    }

    /// The report does not say of which media type a body was: JSON first, then what else has a schema.
    private mutating func addBody(
        _ difference: ObservedDifference, _ content: [OpenAPIMediaType], _ index: Int
    ) -> PatchObstacle? {
        let ranked = content.filter { $0.rank == 0 } + content.filter { $0.rank == 1 } + content.filter { $0.rank == 2 }
        var obstacle = PatchObstacle.unknownPlace
        for type in ranked {
            guard var schema = type.schema else { continue }
            if difference.isMessageOfStream, type.rank < 2 {
                schema = document.bundle.resolved(schema)?["items"] ?? schema
            }
            guard let found = addSchema(difference, schema, difference.subject, index) else { return nil }
            if obstacle == .unknownPlace { obstacle = found }
        }
        return obstacle
    }

    private mutating func addValue(_ difference: ObservedDifference, _ parameter: OpenAPIParameter, _ index: Int)
        -> PatchObstacle?
    {
        if difference.code == "required", difference.subject == nil {
            guard parameter.location != .path, parameter.node["required"]?.bool == true else { return .unknownPlace }
            note(.absence, parameter.node, "", index)
            return nil
        }
        guard let schema = parameter.schema ?? parameter.content?.schema else { return .unknownPlace }
        // Whatever it was, it was sent as text.
        let isText = parameter.content == nil && difference.code == "type" && difference.pointer.isEmpty
        return addSchema(difference, schema, difference.subject ?? (isText ? "string" : nil), index)
    }

    /// Whether the text is a type and a subtype, as a key of `content` names them.
    static func isMediaType(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { $0 | 0x20 &- 97 < 26 || $0 &- 48 < 10 || "!#$&-^_.+".utf8.contains($0) }
            }
    }
}

/// Schemas.
extension Relaxation {
    fileprivate mutating func addSchema(
        _ difference: ObservedDifference, _ schema: SourceNode, _ subject: String?, _ index: Int
    ) -> PatchObstacle? {
        let top = SchemaSite([schema], in: document)
        let here = difference.code == "additionalProperties" || difference.code == "unevaluatedProperties"
        let pointer = difference.pointer
        switch difference.code {
        case "type", "false", "required":
            let site = top.site(at: pointer, in: document)
            guard !site.schemas.isEmpty else { return site.hasChoices ? .inChoice : .unknownPlace }
            guard let subject else { return .needsSubject }
            return relax(site, difference.code, subject, index)
        case _ where here:
            guard let slash = pointer.lastIndex(of: "/") else { return .unknownPlace }
            let name = unescapePointerToken(pointer[pointer.index(after: slash)...])
            // A name of digits alone was taken for the index of an element.
            guard name != "*" else { return .needsSubject }
            return declare(name, top.site(at: String(pointer[..<slash]), in: document), subject, index)
        default:
            return .needsValues
        }
    }

    private mutating func relax(_ site: SchemaSite, _ code: String, _ subject: String, _ index: Int) -> PatchObstacle? {
        var isFound = false
        for schema in site.schemas {
            switch code {
            case "required":
                guard schema["required"]?.elements?.contains(where: { $0.string == subject }) == true else { continue }
                note(.required, schema, subject, index)
            case "type":
                guard let types = TypeNames(of: schema), TypeNames.all.contains(subject), !types.allows(subject),
                    subject != "null" || schema["nullable"]?.bool != true || document.version == .v3_1
                else { continue }
                note(.types, schema, subject, index)
            default:
                guard schema.bool == false, TypeNames.all.contains(subject) else { continue }
                note(.anything, schema, "", type: subject, index)
            }
            isFound = true
        }
        return isFound ? nil : site.hasChoices ? .inChoice : .unknownPlace
    }

    private mutating func declare(_ name: String, _ site: SchemaSite, _ subject: String?, _ index: Int) -> PatchObstacle? {
        var isFound = false
        for schema in site.schemas {
            guard schema["additionalProperties"]?.bool == false || schema["unevaluatedProperties"]?.bool == false,
                schema["properties"]?[name] == nil
            else { continue }
            note(.properties, schema, name, type: subject, index)
            isFound = true
        }
        return isFound ? nil : site.hasChoices ? .inChoice : .unknownPlace
    }
}

extension OpenAPIMediaType {
    /// 0 for JSON itself and lines of it, 1 for types made of it, 2 for all others.
    fileprivate var rank: Int {
        let type = mediaType.prefix { $0 != ";" && $0 != " " }
        if type == "application/json" || type == "application/x-ndjson" { return 0 }
        return type.hasSuffix("+json") ? 1 : 2
    }
}

extension OpenAPIOperation {
    /// What is said of a status: by its code, else by its hundred, else by default.
    fileprivate func response(for status: Int) -> OpenAPIResponse? {
        responses.first { $0.match == .code(status) } ?? responses.first { $0.match == .range(status / 100) }
            ?? responses.first { $0.match == .default }
    }
}
