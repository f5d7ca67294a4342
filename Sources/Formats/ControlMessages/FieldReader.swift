public import Bytes
public import Protobuf

/// Goes through the fields of a protobuf message in place.
///
/// A malformed field ends the reading with `isMalformed`; nothing is read past the end. Groups are malformed: no message that is read here
/// has ever had any.
public struct FieldReader {
    private var reader: WireReader
    /// Number and wire type of the field read last.
    public private(set) var number: UInt32 = 0
    public private(set) var type = WireType.varint
    /// The value of a varint field.
    public private(set) var value: UInt64 = 0
    /// Where the content of a length-delimited field is in the whole of the bytes.
    public private(set) var content = ByteRange.empty
    public private(set) var isMalformed = false

    /// Reads a message.
    public init(_ message: ByteView) { reader = WireReader(message) }

    /// Reads the message at `range` of `bytes`.
    public init(_ bytes: ByteView, _ range: ByteRange) { reader = WireReader(bytes, in: range) }

    /// Goes to the next field; false at the end or when it is malformed.
    public mutating func next() -> Bool {
        guard !isMalformed, !reader.isAtEnd else { return false }
        isMalformed = !read()
        return !isMalformed
    }

    private mutating func read() -> Bool {
        guard let tag = reader.readTag() else { return false }
        (number, type) = (tag.number, tag.type)
        switch tag.type {
        case .varint:
            guard let value = reader.readVarint() else { return false }
            self.value = value
        case .lengthDelimited:
            guard let content = reader.readLengthDelimited() else { return false }
            self.content = content
        case .fixed32, .fixed64: return reader.skip(tag)
        case .startGroup, .endGroup: return false
        }
        return true
    }

    /// Whether the field is this one in this encoding; another encoding of it is an unknown field.
    public func isField(_ number: UInt32, _ type: WireType) -> Bool { self.number == number && self.type == type }
}
