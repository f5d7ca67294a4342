/// Scans for the few bytes that end a part of a head, a word at a time.
///
/// Each test works on the seven low bits of all eight bytes at once; no sum crosses a byte, so every lane is exact.
enum ByteScan {
    private static var lowBits: UInt64 { 0x7F7F_7F7F_7F7F_7F7F }
    private static var highBits: UInt64 { 0x8080_8080_8080_8080 }
    private static var ones: UInt64 { 0x0101_0101_0101_0101 }

    /// Offset of the first byte that no value may hold (a control byte other than the tab), or `end`.
    @inline(__always)
    static func endOfValue(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        var index = start
        while true {
            while index &+ 16 <= end, !mayHoldControls(word(base, index), word(base, index &+ 8)) { index &+= 16 }
            index = first(base, from: index, to: end, controls) { $0 < 0x20 || $0 == 0x7F }
            guard index < end, base[index] == Byte.tab else { return index }
            index &+= 1
        }
    }

    /// Offset of the first byte that is no visible ASCII character, or `end`.
    @inline(__always)
    static func endOfVisible(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        first(base, from: start, to: end, invisibles) { $0 &- 0x21 >= 0x5E }
    }

    /// Offset of the first colon, or nil.
    @inline(__always)
    static func colon(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int? {
        let index = first(base, from: start, to: end, colons) { $0 == Byte.colon }
        return index < end ? index : nil
    }

    /// Whether some byte of two words may be one that `controls` marks. A carry out of 0xFF can make this true for none, so that it
    /// is no answer by itself, but it costs half as much, and values are long.
    @inline(__always)
    private static func mayHoldControls(_ left: UInt64, _ right: UInt64) -> Bool {
        let ofLeft = ((left &- 0x2020_2020_2020_2020) | (left &+ ones)) & ~left
        let ofRight = ((right &- 0x2020_2020_2020_2020) | (right &+ ones)) & ~right
        return (ofLeft | ofRight) & highBits != 0
    }

    @inline(__always)
    private static func word(_ base: UnsafePointer<UInt8>, _ index: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
    }

    /// High bits of the bytes below 0x20 and of 0x7F: adding one makes both ends of the range meet.
    @inline(__always)
    private static func controls(_ word: UInt64) -> UInt64 {
        let shifted = ((word & lowBits) &+ ones) & lowBits
        return ~((shifted &+ 0x5F5F_5F5F_5F5F_5F5F) | word) & highBits
    }

    /// High bits of the bytes outside 0x21...0x7E.
    @inline(__always)
    private static func invisibles(_ word: UInt64) -> UInt64 {
        let low = word & lowBits
        return (~(low &+ 0x5F5F_5F5F_5F5F_5F5F) | (low &+ ones) | word) & highBits
    }

    /// High bits of the colons.
    @inline(__always)
    private static func colons(_ word: UInt64) -> UInt64 {
        let difference = word ^ 0x3A3A_3A3A_3A3A_3A3A
        return ~(((difference & lowBits) &+ lowBits) | difference) & highBits
    }

    /// Offset of the first byte that `stops` marks in a word, or that is `stop` in the last few; or `end`.
    @inline(__always)
    private static func first(
        _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, _ stops: (UInt64) -> UInt64, _ isStop: (UInt8) -> Bool
    ) -> Int {
        var index = start
        while index &+ 8 <= end {
            let found = stops(word(base, index))
            if found != 0 { return index &+ found.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        while index < end, !isStop(base[index]) { index &+= 1 }
        return index
    }
}

/// Bytes that the parsers compare with.
enum Byte {
    static var tab: UInt8 { 0x09 }
    static var lf: UInt8 { 0x0A }
    static var cr: UInt8 { 0x0D }
    static var space: UInt8 { 0x20 }
    static var colon: UInt8 { 0x3A }
}
