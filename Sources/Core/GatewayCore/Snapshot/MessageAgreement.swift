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
    /// Messages inside messages: no body nests deeper.
    private static let maximumDepth = 100
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
    private(set) var left = 0
    private var depth = 0

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
    func parts(of schema: SourceNode) -> (all: [SourceNode], isClosed: Bool) {
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
        guard left > 0, depth < Self.maximumDepth, seen.count < Self.maximumPairs, !seen.contains(pair) else { return }
        depth += 1
        defer { depth -= 1 }
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
