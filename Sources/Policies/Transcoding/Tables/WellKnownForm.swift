import Protobuf

/// Recognises the types with a JSON form of their own, by name and by shape.
///
/// A descriptor set is its author's word: a type of a well-known name with other fields is treated as the plain message it is.
enum WellKnownForm {
    static func form(of message: MessageDescriptor, in pool: DescriptorPool) -> MessageForm {
        let expected: (form: MessageForm, fields: [(UInt32, FieldKind)])
        switch message.fullName {
        case "google.protobuf.Timestamp": expected = (.timestamp, [(1, .int64), (2, .int32)])
        case "google.protobuf.Duration": expected = (.duration, [(1, .int64), (2, .int32)])
        case "google.protobuf.DoubleValue": expected = (.wrapper, [(1, .double)])
        case "google.protobuf.FloatValue": expected = (.wrapper, [(1, .float)])
        case "google.protobuf.Int64Value": expected = (.wrapper, [(1, .int64)])
        case "google.protobuf.UInt64Value": expected = (.wrapper, [(1, .uint64)])
        case "google.protobuf.Int32Value": expected = (.wrapper, [(1, .int32)])
        case "google.protobuf.UInt32Value": expected = (.wrapper, [(1, .uint32)])
        case "google.protobuf.BoolValue": expected = (.wrapper, [(1, .bool)])
        case "google.protobuf.StringValue": expected = (.wrapper, [(1, .string)])
        case "google.protobuf.BytesValue": expected = (.wrapper, [(1, .bytes)])
        case "google.protobuf.FieldMask": expected = (.fieldMask, [(1, .string)])
        case "google.protobuf.Any": expected = (.any, [(1, .string), (2, .bytes)])
        case "google.protobuf.Struct": expected = (.structure, [(1, .message)])
        case "google.protobuf.ListValue": expected = (.listValue, [(1, .message)])
        case "google.protobuf.Value":
            expected = (.value, [(1, .enumeration), (2, .double), (3, .string), (4, .bool), (5, .message), (6, .message)])
        case "google.protobuf.Empty": expected = (.empty, [])
        case "google.api.HttpBody": return isHTTPBody(message) ? .httpBody : .plain
        default: return .plain
        }
        guard message.fields.count == expected.fields.count,
            zip(message.fields, expected.fields).allSatisfy({ $0.number == $1.0 && $0.kind == $1.1 }),
            message.fields.allSatisfy({ $0.cardinality == cardinality(expected.form) }), refersCorrectly(message, in: pool)
        else { return .plain }
        return expected.form
    }

    private static func cardinality(_ form: MessageForm) -> FieldDescriptor.Cardinality {
        switch form {
        case .structure: .map
        case .listValue, .fieldMask: .repeated
        default: .singular
        }
    }

    /// Only the content type and the bytes count; metadata beside them is of no use to HTTP.
    private static func isHTTPBody(_ message: MessageDescriptor) -> Bool {
        let expected: [(UInt32, FieldKind)] = [(1, .string), (2, .bytes)]
        return message.fields.count >= expected.count
            && zip(message.fields, expected).allSatisfy { $0.number == $1.0 && $0.kind == $1.1 && $0.cardinality == .singular }
    }

    /// Struct, Value and ListValue must refer to each other, or their mutual recursion would run into some other type.
    private static func refersCorrectly(_ message: MessageDescriptor, in pool: DescriptorPool) -> Bool {
        func name(_ field: FieldDescriptor) -> String { field.message.map { pool.messages[$0].fullName } ?? "" }
        switch message.fullName {
        case "google.protobuf.Struct":
            let entry = message.fields[0].message.map { pool.messages[$0] }
            return entry?.fields.count == 2 && entry?.fields[0].kind == .string
                && entry.map { name($0.fields[1]) } == "google.protobuf.Value"
        case "google.protobuf.ListValue": return name(message.fields[0]) == "google.protobuf.Value"
        case "google.protobuf.Value":
            return name(message.fields[4]) == "google.protobuf.Struct" && name(message.fields[5]) == "google.protobuf.ListValue"
        default: return true
        }
    }
}
