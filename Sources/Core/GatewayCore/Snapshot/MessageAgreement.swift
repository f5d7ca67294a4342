import Documents
import OpenAPI
import Protobuf
import Transcoding

/// Holds schemas against message types, both as deep as they go.
struct MessageAgreement {
    enum Direction {
        case request, answer
    }

    /// Warnings of one operation; more are of one cause.
    private static let maximumFindings = 32
    /// Schemas with messages of one document that are looked at; a thousand operations have fewer.
    private static let maximumPairs = 100_000
    /// Schemas joined into one; more than anybody writes.
    private static let maximumParts = 1000
    /// Names listed in one warning.
    private static let listedNames = 5

    private struct Pair: Hashable {
        let schema: ObjectIdentifier
        let message: Int
        let isRequest: Bool
    }

    let document: OpenAPIDocument
    let codecs: CodecPool
    private let findings: FindingList
    private var seen: Set<Pair> = []
    private var left = 0

    init(_ document: OpenAPIDocument, _ codecs: CodecPool, _ findings: FindingList) {
        self.document = document
        self.codecs = codecs
        self.findings = findings
    }

    /// Starts on another operation.
    mutating func begin() { left = Self.maximumFindings }

    mutating func warn(_ code: String, at node: SourceNode, _ message: String) {
        guard left > 0 else { return }
        left -= 1
        findings.warning(code, at: node, message)
    }

    /// A schema and what it joins: by reference and `allOf`, and the choices it leaves.
    private func parts(of schema: SourceNode) -> (all: [SourceNode], isClosed: Bool) {
        var all: [SourceNode] = []
        var isClosed = false
        var known: Set<ObjectIdentifier> = []
        var waiting: [(node: SourceNode, isChoice: Bool)] = [(schema, false)]
        while let (node, isChoice) = waiting.popLast(), all.count < Self.maximumParts {
            guard known.insert(ObjectIdentifier(node)).inserted else { continue }
            if let reference = node["$ref"] {
                if let target = document.bundle.target(of: reference) { waiting.append((target, isChoice)) }
                // OpenAPI 3.0 ignores what stands beside a reference.
                if document.version == .v3_0 { continue }
            }
            all.append(node)
            if !isChoice, node["additionalProperties"]?.bool == false || node["unevaluatedProperties"]?.bool == false {
                isClosed = true
            }
            waiting += (node["allOf"]?.elements ?? []).map { ($0, isChoice) }
            for key in ["anyOf", "oneOf"] { waiting += (node[key]?.elements ?? []).map { ($0, true) } }
        }
        return (all, isClosed)
    }

    /// - Parameter bound: ways to fields, as numbers, that the document need not name.
    mutating func compare(_ schema: SourceNode, message: Int, _ direction: Direction, bound: [[UInt32]] = []) {
        let pair = Pair(schema: ObjectIdentifier(schema), message: message, isRequest: direction == .request)
        guard left > 0, seen.count < Self.maximumPairs, !seen.contains(pair) else { return }
        // What a binding leaves out of one operation's body is missing in another's.
        if bound.isEmpty { seen.insert(pair) }
        let type = codecs.descriptors.messages[message]
        let (parts, isClosed) = parts(of: schema)
        var named: Set<UInt32> = []
        for part in parts {
            for (key, value) in part["properties"]?.entries ?? [] {
                guard concerns(value, direction) else {
                    // Left out on purpose; of an answer nobody has asked that.
                    if direction == .request, let field = type.field(named: key.text ?? "") { named.insert(field.number) }
                    continue
                }
                guard let field = field(key, of: type, direction) else { continue }
                named.insert(field.number)
                guard !bound.contains([field.number]) else { continue }
                let below = bound.filter { $0.first == field.number }.map { Array($0.dropFirst()) }
                compare(value, field: field, direction, bound: below)
            }
            for name in part["required"]?.elements ?? [] where part["properties"]?[name.string ?? ""] == nil {
                if !parts.contains(where: { $0["properties"]?[name.string ?? ""] != nil }) {
                    _ = field(name, of: type, direction)
                }
            }
        }
        if isClosed { reportMissing(type, named, schema, direction, bound) }
    }

    /// Whether a property is of this direction at all, and allowed.
    private func concerns(_ property: SourceNode, _ direction: Direction) -> Bool {
        guard property.bool != false else { return false }
        let schema = document.bundle.resolved(property) ?? property
        return schema[direction == .request ? "readOnly" : "writeOnly"]?.bool != true
    }

    private func shownName(_ field: FieldDescriptor) -> String { codecs.options.usesProtoNames ? field.name : field.jsonName }

    /// The field that a name of the document means; nil after a warning.
    private mutating func field(_ name: SourceNode, of type: MessageDescriptor, _ direction: Direction) -> FieldDescriptor? {
        let text = name.text ?? ""
        let found = type.field(named: text)
        if let found, direction == .request || shownName(found) == text { return found }
        if let found {
            warn(
                "message-lacks-field", at: name,
                "answers have \(found.name) of \(type.fullName) as \"\(shownName(found))\", never as \"\(text)\"; rename it")
            return found
        }
        let what = direction == .request ? "a request that has it is refused" : "no answer has it"
        let names = type.fields.map(shownName)
        let suggestion = Suggestion.clause(for: text, among: names)
        warn(
            "message-lacks-field", at: name,
            "\(type.fullName) has no field \"\(text)\", and \(what)"
                + (suggestion.isEmpty ? "; remove it or add it to the message" : suggestion))
        return nil
    }

    /// One warning for all fields that a closed schema leaves out.
    private mutating func reportMissing(
        _ type: MessageDescriptor, _ named: Set<UInt32>, _ schema: SourceNode, _ direction: Direction, _ bound: [[UInt32]]
    ) {
        let missing = type.fields.filter { field in
            // Masks are filled by the gateway, extensions by whoever knows of them.
            let isMask = direction == .request && field.message.map { codecs.form(of: $0) } == .fieldMask
            return !named.contains(field.number) && !bound.contains([field.number]) && !field.isExtension && !isMask
        }
        guard !missing.isEmpty else { return }
        let what = direction == .request ? "clients cannot send" : "answers may have"
        warn(
            "document-lacks-field", at: schema,
            "the schema allows no other members, and \(what) \(list(missing.map(\.jsonName))) of \(type.fullName); "
                + "declare them or allow others")
    }

    func list(_ names: [String]) -> String {
        let rest = names.count - Self.listedNames
        return names.prefix(Self.listedNames).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
}

/// Values of one field.
extension MessageAgreement {
    /// - Parameter isElement: whether the schema is of one element of a list, or of one value of a map.
    mutating func compare(
        _ schema: SourceNode, field: FieldDescriptor, _ direction: Direction, isElement: Bool = false, bound: [[UInt32]] = []
    ) {
        guard left > 0 else { return }
        if !isElement, field.cardinality != .singular {
            let isMap = field.cardinality == .map
            guard check(schema, isMap ? .object : .array, "a \(isMap ? "map" : "list")", field, direction) else { return }
            let entry = isMap ? field.message.flatMap { codecs.descriptors.messages[$0].fields.last } : nil
            for part in parts(of: schema).all {
                let below =
                    isMap ? [part["additionalProperties"]] + (part["properties"]?.entries ?? []).map(\.value) : [part["items"]]
                for value in below.compactMap(\.self) where value.bool == nil {
                    compare(value, field: entry ?? field, direction, isElement: true)
                }
            }
            return
        }
        if let message = field.message {
            compareMessage(schema, field, message, direction, bound)
        } else if let index = field.enumeration {
            let type = codecs.descriptors.enums[index]
            guard type.fullName != "google.protobuf.NullValue" else { return }
            if check(schema, field.jsonTypes(direction), type.fullName, field, direction, written: .string) {
                compareNames(schema, type, field, direction)
            }
        } else {
            _ = check(schema, field.jsonTypes(direction), "\(field.kind)", field, direction, written: field.jsonTypes(.answer))
        }
    }

    private mutating func compareMessage(
        _ schema: SourceNode, _ field: FieldDescriptor, _ message: Int, _ direction: Direction, _ bound: [[UInt32]]
    ) {
        let type = codecs.descriptors.messages[message]
        switch codecs.form(of: message) {
        case .value: break
        case .structure, .any: _ = check(schema, .object, type.fullName, field, direction)
        case .listValue: _ = check(schema, .array, type.fullName, field, direction)
        case .wrapper:
            if let inner = type.fields.first {
                _ = check(
                    schema, inner.jsonTypes(direction), type.fullName, field, direction, written: inner.jsonTypes(.answer))
            }
        case .duration, .fieldMask: _ = check(schema, .string, type.fullName, field, direction)
        case .timestamp:
            guard check(schema, .string, type.fullName, field, direction) else { return }
            for part in parts(of: schema).all {
                guard let format = part["format"], let name = format.string, ["date", "time"].contains(name) else { continue }
                warn("message-field-type", at: format, "\(field.name) is a \(type.fullName), which is a date-time and no \(name)")
            }
        case .plain, .empty, .httpBody:
            if check(schema, .object, type.fullName, field, direction) {
                compare(schema, message: message, direction, bound: bound)
            }
        }
    }

    /// Whether values that the schema allows and values of the field can be the same. An answer must be allowed whatever it is.
    private mutating func check(
        _ schema: SourceNode, _ types: JSONTypeSet, _ kind: String, _ field: FieldDescriptor, _ direction: Direction,
        written: JSONTypeSet? = nil
    ) -> Bool {
        let allowed = JSONTypeSet(allowedBy: schema, in: document)
        guard direction == .request ? allowed.isDisjoint(with: types.union(.null)) : !allowed.isSuperset(of: types) else {
            return true
        }
        warn(
            "message-field-type", at: schema,
            "\(field.name) is \(kind), in JSON \(types.text), but the schema allows \(allowed.text); write type: \((written ?? types).text)"
        )
        return false
    }

    private mutating func compareNames(
        _ schema: SourceNode, _ type: EnumDescriptor, _ field: FieldDescriptor, _ direction: Direction
    ) {
        let known = Set(type.values.map(\.name))
        for part in parts(of: schema).all {
            guard let values = part["enum"]?.elements else { continue }
            for value in values {
                guard let name = value.string, !known.contains(name) else { continue }
                let suggestion = Suggestion.clause(for: name, among: type.values.map(\.name))
                warn(
                    "message-lacks-value", at: value,
                    "\(type.fullName) has no value \"\(name)\""
                        + (suggestion.isEmpty ? "; remove it or add it to the enum" : suggestion))
            }
            guard direction == .answer else { continue }
            let named = Set(values.compactMap(\.string))
            var numbers: Set<Int32> = []
            let missing = type.values.filter { value in
                // Only the first name of a number is written, and 0 is not where it means nothing.
                numbers.insert(value.number).inserted && !named.contains(value.name)
                    && (value.number != 0 || field.hasPresence || field.cardinality != .singular)
            }
            guard !missing.isEmpty, let list = part["enum"] else { continue }
            warn(
                "document-lacks-value", at: list,
                "answers may have \(self.list(missing.map(\.name))) of \(type.fullName); add them")
        }
    }
}

/// Parameters of the query.
extension MessageAgreement {
    mutating func compare(_ parameter: OpenAPIParameter, of call: CallProgram) {
        var message = call.requestMessage
        var way: [UInt32] = []
        let names = parameter.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for (position, name) in names.enumerated() {
            let type = codecs.descriptors.messages[message]
            guard let field = type.field(named: name) else {
                guard !codecs.options.ignoresUnknownParameters else { return }
                let suggestion = Suggestion.clause(for: name, among: type.fields.map(\.jsonName))
                return warn(
                    "message-lacks-field", at: parameter.node,
                    "\(type.fullName) has no field \"\(name)\", and a request with the parameter is refused"
                        + (suggestion.isEmpty ? "; remove it or add it to the message" : suggestion))
            }
            way.append(field.number)
            let isBody = if case .field(let body) = call.bodyPart { body.number == way[0] } else { false }
            if isBody
                || call.boundFields.contains(where: {
                    way.starts(with: $0) || position == names.count - 1 && $0.starts(with: way)
                })
            {
                return warn(
                    "unread-parameter", at: parameter.node,
                    "\(field.name) is filled by the \(isBody ? "body" : "path") already; remove the parameter")
            }
            if position == names.count - 1 { return compareText(parameter, field) }
            guard let next = field.message, field.cardinality == .singular, codecs.form(of: next) == .plain else {
                return warn(
                    "message-lacks-field", at: parameter.node,
                    "\(field.name) has no fields that a parameter could fill; remove it")
            }
            message = next
        }
    }

    private mutating func compareText(_ parameter: OpenAPIParameter, _ field: FieldDescriptor) {
        var types = field.textTypes
        var written = field.jsonTypes(.answer)
        if let message = field.message {
            let inner = codecs.descriptors.messages[message].fields.first
            switch codecs.form(of: message) {
            case .wrapper: (types, written) = (inner?.textTypes ?? types, inner?.jsonTypes(.answer) ?? written)
            case .timestamp, .duration, .fieldMask: (types, written) = (.string, .string)
            default:
                return warn(
                    "unread-parameter", at: parameter.node,
                    "\(field.name) is a message, which no parameter can fill; name one of its fields, or bind it to the body")
            }
        }
        guard field.cardinality != .map else {
            return warn("unread-parameter", at: parameter.node, "\(field.name) is a map, which no parameter can fill; remove it")
        }
        guard let schema = parameter.schema else { return }
        var allowed = JSONTypeSet(allowedBy: schema, in: document)
        // Members of an object are parameters of their own.
        if allowed == .object { return }
        if field.cardinality == .repeated, allowed.contains(.array) {
            guard let items = parts(of: schema).all.compactMap({ $0["items"] }).first else { return }
            allowed = JSONTypeSet(allowedBy: items, in: document)
        }
        guard allowed.isDisjoint(with: types) else { return }
        let kind = field.message.map { codecs.descriptors.messages[$0].fullName } ?? "\(field.kind)"
        warn(
            "message-field-type", at: schema,
            "\(field.name) is \(kind), but the schema allows \(allowed.text); write type: \(written.text)")
    }
}

extension FieldDescriptor {
    /// Types of one value in JSON (protobuf.dev, ProtoJSON): of all that are read in requests, of those that are written in answers.
    func jsonTypes(_ direction: MessageAgreement.Direction) -> JSONTypeSet {
        let isRequest = direction == .request
        return switch kind {
        case .double, .float: isRequest ? [.integer, .fraction, .string] : .number
        case .int32, .uint32, .sint32, .fixed32, .sfixed32: isRequest ? [.integer, .string] : .integer
        case .int64, .uint64, .sint64, .fixed64, .sfixed64: isRequest ? [.integer, .string] : .string
        case .bool: .boolean
        case .string, .bytes: .string
        case .enumeration: isRequest ? [.string, .integer] : .string
        case .group, .message: .object
        }
    }

    /// Types of one value that the text of a parameter may be described as.
    var textTypes: JSONTypeSet {
        switch kind {
        case .string: [.string, .integer, .fraction, .boolean]
        case .bytes, .group, .message: .string
        case .bool: .boolean
        case .enumeration: [.string, .integer]
        default: [.integer, .fraction, .string]
        }
    }
}
