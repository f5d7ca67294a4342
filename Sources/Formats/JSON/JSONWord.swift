/// Eight bytes at a time: the scans that decide how fast a string is read or written.
enum JSONWord {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let tops: UInt64 = 0x8080_8080_8080_8080

    /// A word whose lowest set bit lies in the first byte that a string cannot hold plainly: a control character, a quote, a
    /// backslash or a byte above 0x7f; zero when there is none. Bits of later bytes mean nothing.
    @inline(__always)
    static func special(_ word: UInt64) -> UInt64 {
        let quote = word ^ 0x2222_2222_2222_2222
        let backslash = word ^ 0x5c5c_5c5c_5c5c_5c5c
        let control = word &- 0x2020_2020_2020_2020
        return (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | (control & ~word) | word) & tops
    }

    /// The index of the first byte at or after `start` that is special, or `count`.
    @inline(__always)
    static func plainEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var index = start
        while index &+ 8 <= count {
            let hit = special(UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)))
            if hit != 0 { return index &+ hit.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < count {
            let byte = base[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5c || byte >= 0x80 { return index }
            index &+= 1
        }
        return index
    }
}
