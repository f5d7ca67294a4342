public import Bytes

/// The elements of a comma-separated field value, in place (RFC 9110 section 5.6.1).
///
/// Whitespace around elements is left out and empty elements are skipped. A comma inside a quoted string does not separate.
public struct ListElements {
    private let value: ByteView
    private var index = 0

    /// The elements of `value`, which is one field line's value.
    public init(_ value: ByteView) { self.value = value }

    /// The next element, or nil after the last.
    public mutating func next() -> ByteView? {
        let bytes = value.base
        while index < value.count {
            while index < value.count, bytes[index] == 0x2C || bytes[index].isFieldSpace { index &+= 1 }
            let start = index
            skipElement()
            var end = index
            while end > start, bytes[end &- 1].isFieldSpace { end &-= 1 }
            if end > start { return value[start, end] }
        }
        return nil
    }

    private mutating func skipElement() {
        let bytes = value.base
        var quoted = false
        while index < value.count {
            switch bytes[index] {
            case UInt8(ascii: "\""): quoted.toggle()
            case UInt8(ascii: "\\") where quoted: index &+= 1
            case UInt8(ascii: ",") where !quoted: return
            default: break
            }
            index &+= 1
        }
        // An escape may be the last byte of a string that is never closed.
        index = min(index, value.count)
    }
}

extension UInt8 {
    /// Whether the byte is a space or a horizontal tab: the only whitespace inside a field line (RFC 9110 section 5.6.3).
    @inlinable
    @inline(__always)
    public var isFieldSpace: Bool { self == 0x20 || self == 0x09 }
}
