/// A set of names that is asked for bytes: immutable, one piece of memory, found by a keyed hash and a comparison of the whole name.
public struct NameSet: Sendable {
    /// Every name one after the other.
    private let bytes: [UInt8]
    private let ranges: [ByteRange]
    /// Open addressing: one more than an index into `ranges`, 0 for a free slot. At most half full.
    private let slots: [UInt32]
    private let hash: KeyedHash

    /// The set of the names, each of which must be given once; their order is kept.
    public init(_ names: some Collection<[UInt8]>, seed: UInt64 = .random(in: .min ... .max)) {
        var bytes: [UInt8] = []
        var ranges: [ByteRange] = []
        var size = 2
        while size < names.count * 2 { size *= 2 }
        var slots = [UInt32](repeating: 0, count: size)
        hash = KeyedHash(seed: seed)
        for name in names {
            ranges.append(ByteRange(bytes.count, bytes.count + name.count))
            bytes += name
            var slot = Self.slot(name.withByteView { [hash] in hash($0) }, size)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = UInt32(ranges.count)
        }
        (self.bytes, self.ranges, self.slots) = (bytes, ranges, slots)
    }

    public var count: Int { ranges.count }

    /// The names in the order they were given. Off the hot path only.
    public var names: [[UInt8]] { bytes.withByteView { bytes in ranges.map { Array(bytes[$0]) } } }

    /// Whether the name is one of the set. Allocates nothing.
    public func contains(_ name: ByteView) -> Bool {
        bytes.withByteView { bytes in
            var slot = Self.slot(hash(name), slots.count)
            while slots[slot] != 0 {
                if bytes[ranges[Int(slots[slot]) &- 1]] == name { return true }
                slot = (slot &+ 1) & (slots.count &- 1)
            }
            return false
        }
    }

    private static func slot(_ hash: UInt64, _ size: Int) -> Int { Int(truncatingIfNeeded: hash) & (size - 1) }
}
