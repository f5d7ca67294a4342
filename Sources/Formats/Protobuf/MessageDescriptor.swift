/// One message type, resolved.
public struct MessageDescriptor: Sendable {
    /// Package and nesting, dots between, no leading dot.
    public let fullName: String
    /// Ascending by number.
    public let fields: [FieldDescriptor]
    /// Names of the oneofs that were declared as such.
    public let oneofs: [String]
    /// Whether the compiler made it for a `map` field.
    public let isMapEntry: Bool

    /// The field of this name as written in the `.proto` file or in JSON; nil when there is none.
    public func field(named name: String) -> FieldDescriptor? {
        fields.first { $0.name == name } ?? fields.first { $0.jsonName == name }
    }
}

/// One enum type.
public struct EnumDescriptor: Sendable {
    /// One name of a number; several names may share a number (`allow_alias`).
    public struct Value: Sendable, Equatable {
        public let name: String
        public let number: Int32
    }

    public let fullName: String
    /// In order of declaration; the first name of a number is the one written.
    public let values: [Value]
    /// Whether numbers without a name are unknown fields (proto2) instead of values (proto3).
    public let isClosed: Bool
}
