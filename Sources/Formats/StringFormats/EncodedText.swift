import Bytes

/// Texts that encode bytes.
enum EncodedText {
    /// RFC 9562: 32 hexadecimal digits of either case in five groups.
    static func isUUID(_ text: ByteView) -> Bool {
        guard text.count == 36 else { return false }
        var index = 0
        while index < 36 {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                if text[index] != UInt8(ascii: "-") { return false }
            } else if ASCII.hexValue(text[index]) == nil {
                return false
            }
            index &+= 1
        }
        return true
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
