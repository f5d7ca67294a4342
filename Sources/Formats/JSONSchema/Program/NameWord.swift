import Bytes

/// A name's first and last bytes as one word: with the length it tells nearly all names apart without comparing bytes.
enum NameWord {
    @inline(__always)
    static func load(_ name: ByteView) -> UInt64 {
        let base = UnsafeRawPointer(name.base)
        let count = name.count
        if count >= 8 {
            let first = base.loadUnaligned(as: UInt64.self)
            let last = (base + (count &- 8)).loadUnaligned(as: UInt64.self)
            return first ^ (last << 23 | last >> 41)
        }
        if count >= 4 {
            let first = base.loadUnaligned(as: UInt32.self)
            return UInt64(first) | UInt64((base + (count &- 4)).loadUnaligned(as: UInt32.self)) << 32
        }
        if count == 0 { return 0 }
        return UInt64(name.base[0]) | UInt64(name.base[count >> 1]) << 8 | UInt64(name.base[count &- 1]) << 16
    }

    /// Where to look first in a table of `1 << bits` slots.
    @inline(__always)
    static func slot(_ word: UInt64, _ count: Int, mask: Int32) -> Int32 {
        let mixed = (word ^ UInt64(truncatingIfNeeded: count)) &* 0x9e37_79b9_7f4a_7c15
        return Int32(truncatingIfNeeded: mixed >> 33) & mask
    }
}
