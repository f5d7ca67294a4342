public import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Appending protobuf wire bytes.
extension ByteWriter {
    /// Appends a base-128 varint: one to ten bytes.
    @inlinable
    public func append(varint value: UInt64) {
        if value < 0x80 {
            append(UInt8(truncatingIfNeeded: value))
            return
        }
        append(room: 10) { out in
            var rest = value
            var length = 0
            while rest >= 0x80 {
                out[length] = UInt8(truncatingIfNeeded: rest) | 0x80
                length &+= 1
                rest >>= 7
            }
            out[length] = UInt8(truncatingIfNeeded: rest)
            return length &+ 1
        }
    }

    @inlinable
    public func append(tag: WireTag) { append(varint: UInt64(tag.rawValue)) }

    @inlinable
    public func append(littleEndian value: UInt32) {
        append(room: 4) { out in
            UnsafeMutableRawPointer(out).storeBytes(of: value.littleEndian, as: UInt32.self)
            return 4
        }
    }

    @inlinable
    public func append(littleEndian value: UInt64) {
        append(room: 8) { out in
            UnsafeMutableRawPointer(out).storeBytes(of: value.littleEndian, as: UInt64.self)
            return 8
        }
    }

    /// Appends a length and the bytes themselves.
    @inlinable
    public func append(lengthDelimited bytes: ByteView) {
        append(varint: UInt64(bytes.count))
        append(bytes)
    }

    /// Appends a length-delimited field, empty or not.
    public func append(field number: UInt32, _ content: ByteView) {
        append(tag: WireTag(number: number, type: .lengthDelimited))
        append(lengthDelimited: content)
    }

    /// Appends a text field, empty or not.
    public func append(field number: UInt32, _ text: String) { text.withByteView { append(field: number, $0) } }

    /// Leaves one byte for a length not known yet; answers the mark to hand to `closeLengthDelimited`.
    @inlinable
    public func openLengthDelimited() -> Int {
        append(0)
        return count
    }

    /// Writes the length of everything appended since `mark`, widening the reserved byte when it does not fit seven bits.
    @inlinable
    public func closeLengthDelimited(_ mark: Int) {
        let length = count &- mark
        if length >= 0 && length < 0x80 && mark > 0 {
            set(UInt8(truncatingIfNeeded: length), at: mark &- 1)
        } else {
            widenLength(mark)
        }
    }

    @usableFromInline
    @inline(never)
    func widenLength(_ mark: Int) {
        guard mark > 0, mark <= count else { return }
        let length = count - mark
        let width = (63 - (UInt64(length) | 1).leadingZeroBitCount) / 7 + 1
        _ = skip(width - 1)
        let start = UnsafeMutablePointer(mutating: view.base) + (mark - 1)
        memmove(start + width, start + 1, length)
        var rest = UInt64(length)
        for index in 0..<width {
            start[index] = UInt8(truncatingIfNeeded: rest) & 0x7f | (index + 1 < width ? 0x80 : 0)
            rest >>= 7
        }
    }
}
