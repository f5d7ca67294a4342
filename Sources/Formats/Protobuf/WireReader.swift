public import Bytes

/// Reads protobuf wire bytes front to back without copying and without ever leaving its range.
///
/// Every `read` answers nil when the bytes are cut off or malformed; the reader is then of no further use. Valid as long as the
/// `ByteView` it was made of.
public struct WireReader {
    /// Groups inside groups that `skip` follows; the depth every protobuf runtime allows for messages.
    public static let groupDepthLimit = 100

    public let bytes: ByteView
    /// Offset in `bytes` of the next unread byte.
    @inlinable public var offset: Int { position }
    @usableFromInline var position: Int
    @usableFromInline let end: Int

    @inlinable
    public init(_ bytes: ByteView) {
        self.bytes = bytes
        self.position = 0
        self.end = bytes.count
    }

    /// Reads only `range` of `bytes`; nothing at all when the range is not inside.
    @inlinable
    public init(_ bytes: ByteView, in range: ByteRange) {
        self.bytes = bytes
        let inside = range.lower <= range.upper && range.end <= bytes.count
        self.position = inside ? range.start : 0
        self.end = inside ? range.end : 0
    }

    @inlinable public var isAtEnd: Bool { position >= end }

    /// A base-128 varint of at most ten bytes and 64 bits.
    @inlinable
    public mutating func readVarint() -> UInt64? {
        guard position < end else { return nil }
        let first = bytes.base[position]
        if first < 0x80 {
            position &+= 1
            return UInt64(first)
        }
        return readLongVarint()
    }

    @usableFromInline
    mutating func readLongVarint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes.base[position]
            position &+= 1
            if shift == 63 && byte > 1 { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        return nil
    }

    /// The tag of the next field; nil also for field number zero and the unused wire types.
    @inlinable
    public mutating func readTag() -> WireTag? {
        guard let raw = readVarint(), raw <= UInt64(UInt32.max) else { return nil }
        return WireTag(rawValue: UInt32(truncatingIfNeeded: raw))
    }

    @inlinable
    public mutating func readFixed32() -> UInt32? {
        guard end &- position >= 4 else { return nil }
        let value = UnsafeRawPointer(bytes.base + position).loadUnaligned(as: UInt32.self)
        position &+= 4
        return UInt32(littleEndian: value)
    }

    @inlinable
    public mutating func readFixed64() -> UInt64? {
        guard end &- position >= 8 else { return nil }
        let value = UnsafeRawPointer(bytes.base + position).loadUnaligned(as: UInt64.self)
        position &+= 8
        return UInt64(littleEndian: value)
    }

    /// The contents of a length-delimited field as a range of `bytes`.
    @inlinable
    public mutating func readLengthDelimited() -> ByteRange? {
        guard let length = readVarint(), length <= UInt64(end &- position) else { return nil }
        let start = position
        position &+= Int(length)
        return ByteRange(start, position)
    }

    /// The contents of a group whose start tag was just read, without its end tag.
    public mutating func readGroup(_ number: UInt32) -> ByteRange? {
        let start = position
        guard let contentsEnd = skipGroup(number, depth: 1) else { return nil }
        return ByteRange(start, contentsEnd)
    }

    /// Passes over the value of a field whose tag was just read; false when it is malformed.
    @inlinable
    public mutating func skip(_ tag: WireTag) -> Bool {
        switch tag.type {
        case .varint: readVarint() != nil
        case .fixed64: readFixed64() != nil
        case .lengthDelimited: readLengthDelimited() != nil
        case .fixed32: readFixed32() != nil
        case .startGroup: skipGroup(tag.number, depth: 1) != nil
        case .endGroup: false
        }
    }

    /// Answers the offset just before the group's end tag.
    @usableFromInline
    mutating func skipGroup(_ number: UInt32, depth: Int) -> Int? {
        guard depth <= Self.groupDepthLimit else { return nil }
        while position < end {
            let before = position
            guard let tag = readTag() else { return nil }
            switch tag.type {
            case .endGroup: return tag.number == number ? before : nil
            case .startGroup: guard skipGroup(tag.number, depth: depth + 1) != nil else { return nil }
            default: guard skip(tag) else { return nil }
            }
        }
        return nil
    }
}

/// Folding of signed integers into unsigned ones, small magnitudes first (`sint32`, `sint64`).
public enum ZigZag {
    @inlinable
    public static func encode(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }

    @inlinable
    public static func decode(_ value: UInt64) -> Int64 { Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1))) }
}
