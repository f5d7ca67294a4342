import Documents
import Protobuf
import Transcoding

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
