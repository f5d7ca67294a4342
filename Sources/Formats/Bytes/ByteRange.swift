/// A half-open range of byte offsets into some buffer the holder knows, in eight bytes.
///
/// Heads and bodies are parsed in place: what a parser answers is ranges, never copies. Offsets are bounded by
/// `UInt32.max`; every buffer they index is bounded far below that by a named limit.
public struct ByteRange: Hashable, Sendable {
    public var lower: UInt32
    public var upper: UInt32

    /// The range `lower..<upper`; both must fit 32 bits and `lower <= upper`.
    @inlinable
    public init(_ lower: Int, _ upper: Int) {
        self.lower = UInt32(truncatingIfNeeded: lower)
        self.upper = UInt32(truncatingIfNeeded: upper)
    }

    public static let empty = ByteRange(0, 0)

    @inlinable public var start: Int { Int(lower) }
    @inlinable public var end: Int { Int(upper) }
    @inlinable public var count: Int { Int(upper) &- Int(lower) }
    @inlinable public var isEmpty: Bool { lower == upper }
}
