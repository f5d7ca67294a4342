/// The eighteen declared types of a field; raw values are those of `FieldDescriptorProto.Type`.
public enum FieldKind: UInt8, Sendable, CaseIterable {
    case double = 1
    case float = 2
    case int64 = 3
    case uint64 = 4
    case int32 = 5
    case fixed64 = 6
    case fixed32 = 7
    case bool = 8
    case string = 9
    case group = 10
    case message = 11
    case bytes = 12
    case uint32 = 13
    case enumeration = 14
    case sfixed32 = 15
    case sfixed64 = 16
    case sint32 = 17
    case sint64 = 18

    /// The wire type of one unpacked value.
    public var wireType: WireType {
        switch self {
        case .double, .fixed64, .sfixed64: .fixed64
        case .float, .fixed32, .sfixed32: .fixed32
        case .int64, .uint64, .int32, .uint32, .bool, .enumeration, .sint32, .sint64: .varint
        case .string, .bytes, .message: .lengthDelimited
        case .group: .startGroup
        }
    }

    /// Whether repeated values may share one length-delimited field.
    public var isPackable: Bool {
        switch wireType {
        case .varint, .fixed32, .fixed64: true
        case .lengthDelimited, .startGroup, .endGroup: false
        }
    }

    /// Whether the value is itself a message.
    public var isMessage: Bool { self == .message || self == .group }
}
