public import Bytes

/// The variables of the last match, as ranges of the path; owned by one event loop and reused for every request.
public final class Captures {
    /// Variables a route may have; templates in use have fewer than six.
    public static let capacity = 16

    /// Variables of the route that matched.
    public internal(set) var count = 0
    var ranges = InlineArray<16, ByteRange>(repeating: .empty)
    /// Where each segment visited starts, by its index.
    var starts = InlineArray<66, UInt32>(repeating: 0)

    public init() {}

    /// The part of the path bound to the variable at `index` of the route's template, still percent-encoded; traps outside
    /// `0..<count`.
    public subscript(index: Int) -> ByteRange {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return ranges[index]
    }

    public func removeAll() { count = 0 }
}
