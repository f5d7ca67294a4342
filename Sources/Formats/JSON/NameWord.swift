public import Bytes

/// A name's first and last bytes as one word: with the length it tells nearly all names apart without comparing bytes.
public enum NameWord {
    /// The word of a name: its bytes, the first one lowest, where there are fewer than eight; a mixture of the first and the last
    /// eight otherwise.
    @inlinable
    @inline(always)
    public static func load(_ name: ByteView) -> UInt64 {
        let base = UnsafeRawPointer(name.base)
        let count = name.count
        if count >= 8 { return mix(JSONWord.load(name.base), JSONWord.load(name.base + (count &- 8))) }
        if count >= 4 {
            // The bytes in the middle are in both halves.
            let first = UInt32(littleEndian: base.loadUnaligned(as: UInt32.self))
            let last = UInt32(littleEndian: (base + (count &- 4)).loadUnaligned(as: UInt32.self))
            return UInt64(first) | UInt64(last) &<< UInt64(truncatingIfNeeded: (count &- 4) &* 8)
        }
        if count == 0 { return 0 }
        let middle = UInt64(name.base[count >> 1]) &<< UInt64(truncatingIfNeeded: (count >> 1) &* 8)
        let last = UInt64(name.base[count &- 1]) &<< UInt64(truncatingIfNeeded: (count &- 1) &* 8)
        return UInt64(name.base[0]) | middle | last
    }

    /// The word of a name of eight bytes or more.
    @inlinable
    @inline(always)
    public static func mix(_ first: UInt64, _ last: UInt64) -> UInt64 { first ^ (last << 23 | last >> 41) }

    /// Where to look first in a table of `mask + 1` slots, a power of two.
    @inlinable
    @inline(always)
    public static func slot(_ word: UInt64, _ count: Int, mask: Int32) -> Int32 {
        let mixed = (word ^ UInt64(truncatingIfNeeded: count)) &* 0x9e37_79b9_7f4a_7c15
        return Int32(truncatingIfNeeded: mixed >> 33) & mask
    }
}
