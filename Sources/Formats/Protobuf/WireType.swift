/// How the bytes after a tag are framed (protobuf encoding, "Message structure").
public enum WireType: UInt8, Sendable {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case startGroup = 3
    case endGroup = 4
    case fixed32 = 5
}

/// A field number with its wire type, as it stands before every field on the wire.
public struct WireTag: Equatable, Sendable {
    /// `number << 3 | type`.
    public let rawValue: UInt32

    /// A tag of a number in `1...maximumNumber` and a type.
    @inlinable
    public init(number: UInt32, type: WireType) { rawValue = number << 3 | UInt32(type.rawValue) }

    /// The tag a varint says, or nil when its number is zero or its type does not exist.
    @inlinable
    public init?(rawValue: UInt32) {
        guard rawValue >= 8, rawValue & 7 <= 5 else { return nil }
        self.rawValue = rawValue
    }

    /// The largest field number of protobuf: 29 bits.
    public static let maximumNumber: UInt32 = (1 << 29) - 1

    @inlinable public var number: UInt32 { rawValue >> 3 }
    @inlinable public var type: WireType { WireType(rawValue: UInt8(truncatingIfNeeded: rawValue & 7)) ?? .endGroup }
}
