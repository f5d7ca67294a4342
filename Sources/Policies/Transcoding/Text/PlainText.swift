import Bytes
import JSON

/// Text that is its own JSON.
enum PlainText {
    /// Whether all bytes are ASCII and none needs an escape.
    @inline(__always)
    static func isPlain(_ bytes: ByteView) -> Bool {
        var index = 0
        while index &+ 8 <= bytes.count {
            if special(bytes.load8(at: index)) { return false }
            index &+= 8
        }
        if index < bytes.count && bytes.count >= 8 { return !special(bytes.load8(at: bytes.count &- 8)) }
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
            index &+= 1
        }
        return true
    }

    /// Whether the bytes are well-formed UTF-8.
    static func isUTF8(_ bytes: ByteView) -> Bool { isPlain(bytes) || UTF8Scan.firstFault(in: bytes) == nil }

    /// Whether one of eight bytes is a control, a quote, a backslash or not ASCII (Mycroft's zero-byte test, once each).
    @inline(__always)
    private static func special(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ 0x2222_2222_2222_2222
        let slash = word ^ 0x5c5c_5c5c_5c5c_5c5c
        let hits = ((quote &- ones) & ~quote) | ((slash &- ones) & ~slash) | ((word &- 0x2020_2020_2020_2020) & ~word) | word
        return hits & 0x8080_8080_8080_8080 != 0
    }
}
