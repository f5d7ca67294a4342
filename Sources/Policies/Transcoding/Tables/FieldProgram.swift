import Bytes
import Protobuf

/// Everything the two translators ask about a field, in one flat value without references.
struct FieldProgram {
    enum Shape: UInt8 {
        case singular
        /// Repeated, written one tag an element.
        case repeated
        /// Repeated, written as one length-delimited run.
        case packed
        case map
    }

    var number: UInt32
    /// Tag of one unpacked element.
    var tag: WireTag
    var kind: FieldKind
    var shape: Shape
    /// Whether a default value is written and shown, and absence is not.
    var hasPresence: Bool
    var validatesUTF8: Bool
    /// Whether JSON `null` is a value of this field rather than its absence.
    var acceptsNull: Bool
    /// Index among the message's oneofs, or -1.
    var oneof: Int32
    /// Index of the message or enum program, or -1.
    var reference: Int32
    /// `"name":` as responses write it, in the name store.
    var label: ByteRange
    var jsonName: ByteRange
    var protoName: ByteRange

    /// Tag of the whole run when the elements are packed.
    var packedTag: WireTag { WireTag(number: number, type: .lengthDelimited) }
}

/// How a message type looks in JSON.
public enum MessageForm: UInt8, Sendable {
    case plain
    case timestamp
    case duration
    /// `google.protobuf.*Value` around one scalar: the bare scalar.
    case wrapper
    case structure
    case value
    case listValue
    case fieldMask
    case any
    /// `google.protobuf.Empty`: an ordinary object, which some writers put into the `value` of an Any.
    case empty
    /// `google.api.HttpBody`: raw bytes with a content type as a whole body (`HTTPBody`), an ordinary object anywhere else.
    case httpBody

    /// Whether the JSON form is something else than an object of the fields.
    var isSpecial: Bool {
        switch self {
        case .plain, .empty, .httpBody: false
        default: true
        }
    }
}

/// Where a message's fields and lookup tables lie in the pool.
struct MessageProgram {
    var form: MessageForm
    var firstField: Int32
    var fieldCount: Int32
    var oneofCount: Int32
    /// Open-addressed table of names; its size is a power of two.
    var slotStart: Int32
    var slotMask: Int32
    /// Field index by number for numbers below `denseCount`.
    var denseStart: Int32
    var denseCount: Int32
    /// Range of the full name in the name store.
    var fullName: ByteRange
}

/// One name of an enum number.
struct EnumName {
    var number: Int32
    var name: ByteRange
}

/// Where an enum's names and lookup tables lie in the pool.
struct EnumProgram {
    var slotStart: Int32
    var slotMask: Int32
    /// Names in order of declaration.
    var firstName: Int32
    /// The name shown for each number, ascending by number.
    var orderStart: Int32
    var orderCount: Int32
    /// Numbers without a name are unknown fields.
    var isClosed: Bool
    /// `google.protobuf.NullValue`, which is `null` in JSON.
    var isNull: Bool
}
