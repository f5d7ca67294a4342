import Bytes

/// Eight bytes at a time: the scans that decide how fast a text is read or written.
public enum JSONWord {
    static let tops: UInt64 = 0x8080_8080_8080_8080

    /// Eight bytes, the first one lowest; all of them must be there.
    @inlinable
    @inline(always)
    public static func load(_ bytes: UnsafePointer<UInt8>) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self))
    }

    /// `":` as `pair` loads it.
    static let quoteAndColon: UInt16 = 0x3a22

    /// Two bytes, the first one lowest; both of them must be there.
    @inline(always)
    static func pair(_ bytes: UnsafePointer<UInt8>) -> UInt16 {
        UInt16(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt16.self))
    }

    /// A word whose lowest set bit is the top bit of the first byte that a string cannot hold plainly: a control character, a
    /// quote, a backslash or a byte above 0x7f; zero when there is none. Bits of later bytes mean nothing.
    @inline(always)
    static func special(_ word: UInt64, _ masks: Masks) -> UInt64 {
        let quoteOrControl = (word ^ masks.quote) &- masks.control
        let backslash = (word ^ masks.backslash) &- masks.ones
        return (quoteOrControl | backslash | word) & masks.tops
    }

    /// What bytes are compared with. Kept in memory by those that do it all the time: instructions take them from there, where a
    /// literal of eight bytes needs one of its own.
    struct Masks {
        /// Flipping this bit puts the quote below `control` and leaves all else on its side.
        var quote: UInt64 = 0x0202_0202_0202_0202
        var control: UInt64 = 0x2121_2121_2121_2121
        var backslash: UInt64 = 0x5c5c_5c5c_5c5c_5c5c
        var ones: UInt64 = 0x0101_0101_0101_0101
        var tops: UInt64 = JSONWord.tops
    }

    /// The same for the first byte that is no digit.
    @inline(always)
    static func noDigit(_ word: UInt64) -> UInt64 {
        let digits = word ^ 0x3030_3030_3030_3030
        return ((digits &+ 0x7676_7676_7676_7676) | digits) & tops
    }

    /// Which byte a hit is in.
    @inline(always)
    static func position(_ hit: UInt64) -> Int { hit.trailingZeroBitCount >> 3 }

    /// The bytes of a word before the one that a hit is in.
    @inline(always)
    static func bytes(of word: UInt64, before hit: UInt64) -> UInt64 { word & ((hit &- 1) & ~hit) >> 7 }

    /// The index of the first byte at or after `start` that is special, or one less than eight bytes from the end.
    @inline(always)
    static func plainWords(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ masks: Masks) -> Int {
        var index = start
        while index &+ 8 <= count {
            let hit = special(load(base + index), masks)
            if hit != 0 { return index &+ position(hit) }
            index &+= 8
        }
        return index
    }

    /// The index of the first byte at or after `start` that is special, or `count`.
    @inline(always)
    static func plainEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var index = plainWords(base, start, count, Masks())
        while index < count {
            let byte = base[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5c || byte >= 0x80 { return index }
            index &+= 1
        }
        return index
    }

    /// The index of the first byte at or after `start` that is no digit, or `count`.
    @inline(always)
    static func afterDigits(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var index = start
        if index &+ 8 <= count {
            let hit = noDigit(load(base + index))
            if hit != 0 { return index &+ position(hit) }
            index &+= 8
        }
        while index < count, ASCII.isDigit(base[index]) { index &+= 1 }
        return index
    }

    /// The index of the first byte at or after `start` that is no white space (RFC 8259 section 2), or `count`.
    @inline(never)
    static func afterSpace(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var index = start
        while index < count {
            // Indentation.
            while index &+ 8 <= count, load(base + index) == 0x2020_2020_2020_2020 { index &+= 8 }
            guard index < count else { return count }
            let byte = base[index]
            if byte > 0x20 || byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09 { return index }
            index &+= 1
        }
        return index
    }
}
