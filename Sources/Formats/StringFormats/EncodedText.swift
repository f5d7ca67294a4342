import Bytes

/// Texts that encode bytes.
enum EncodedText {
    /// RFC 9562: 32 hexadecimal digits of either case in five groups.
    static func isUUID(_ text: ByteView) -> Bool {
        guard text.count == 36 else { return false }
        let hyphen = UInt8(ascii: "-")
        guard text[8] == hyphen, text[13] == hyphen, text[18] == hyphen, text[23] == hyphen else { return false }
        // Eight bytes at a time, the last but one of them twice, with a digit where a hyphen is known to be.
        let toDigit = UInt64(hyphen ^ UInt8(ascii: "0"))
        return areHexadecimal(text.load8(at: 0)) && areHexadecimal(text.load8(at: 9) ^ toDigit << 32)
            && areHexadecimal(text.load8(at: 16) ^ (toDigit << 16 | toDigit << 56)) && areHexadecimal(text.load8(at: 24))
            && areHexadecimal(text.load8(at: 28))
    }

    /// Whether eight bytes are hexadecimal digits of either case.
    @inline(__always)
    private static func areHexadecimal(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops = ones << 7
        /// The top bits of the bytes, none above 0x7f, that are not below `first`.
        func notBelow(_ first: UInt8, _ bytes: UInt64) -> UInt64 { bytes &+ ones &* UInt64(0x80 &- first) }
        guard word & tops == 0 else { return false }
        let digits = notBelow(UInt8(ascii: "0"), word) & ~notBelow(UInt8(ascii: "9") + 1, word)
        let lowercase = word | ones << 5
        let letters = notBelow(UInt8(ascii: "a"), lowercase) & ~notBelow(UInt8(ascii: "f") + 1, lowercase)
        return (digits | letters) & tops == tops
    }

    /// Base 64 with its padding (RFC 4648 section 4).
    static func isBase64(_ text: ByteView) -> Bool {
        text.count % 4 == 0
            && withoutPadding(text).allBytes { isAlphanumeric($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") }
    }

    /// Base 64 for names and URLs, with its padding or without (RFC 4648 section 5).
    static func isBase64URL(_ text: ByteView) -> Bool {
        let bare = withoutPadding(text)
        return bare.count % 4 != 1 && (bare.count == text.count || text.count % 4 == 0)
            && bare.allBytes { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { ASCII.isLetter(byte) || ASCII.isDigit(byte) }

    private static func withoutPadding(_ text: ByteView) -> ByteView {
        var end = text.count
        while end > 0, text.count &- end < 2, text[end &- 1] == UInt8(ascii: "=") { end &-= 1 }
        return text[0, end]
    }
}
