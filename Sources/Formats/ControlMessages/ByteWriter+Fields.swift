public import Bytes
import Protobuf

extension ByteWriter {
    /// Appends a number field, unless it has the default value of its field.
    public func append(field number: UInt32, nonzero value: UInt64) {
        guard value != 0 else { return }
        append(tag: WireTag(number: number, type: .varint))
        append(varint: value)
    }
}
