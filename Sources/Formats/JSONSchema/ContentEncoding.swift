import Bytes

/// The encodings of binary data in strings that are checked (RFC 4648).
enum ContentEncoding: String, BitwiseCopyable {
    case base16, base32, base64, base64url

    /// Whether the unescaped text is written in the encoding.
    func matches(_ text: ByteView) -> Bool { decode(text, into: nil) }

    /// Appends the bytes that the text stands for; false when it is not written in the encoding.
    func decode(_ text: ByteView, into out: ByteWriter?) -> Bool {
        let bits: UInt64 = self == .base16 ? 4 : self == .base32 ? 5 : 6
        let group = self == .base16 ? 2 : self == .base32 ? 8 : 4
        var end = text.count
        while end > 0, text[end &- 1] == UInt8(ascii: "=") { end &-= 1 }
        let padding = text.count &- end
        // `base64url` may leave the padding out.
        guard text.count % group == 0 || self == .base64url && padding == 0, padding < group else { return false }
        var held: UInt64 = 0
        var count: UInt64 = 0
        var index = 0
        while index < end {
            guard let value = value(of: text[index]) else { return false }
            held = held << bits | UInt64(value)
            count &+= bits
            if count >= 8 {
                count &-= 8
                out?.append(UInt8(truncatingIfNeeded: held >> count))
            }
            index &+= 1
        }
        // A last character that begins no byte, or bits that belong to none, are mistakes.
        return count < bits && held & ((1 << count) &- 1) == 0
    }

    private func value(of byte: UInt8) -> UInt8? {
        switch (self, byte) {
        case (.base16, _): return ASCII.hexValue(byte)
        case (.base32, UInt8(ascii: "A")...UInt8(ascii: "Z")): return byte &- 65
        case (.base32, UInt8(ascii: "2")...UInt8(ascii: "7")): return byte &- 24
        case (.base32, _): return nil
        case (_, UInt8(ascii: "A")...UInt8(ascii: "Z")): return byte &- 65
        case (_, UInt8(ascii: "a")...UInt8(ascii: "z")): return byte &- 71
        case (_, UInt8(ascii: "0")...UInt8(ascii: "9")): return byte &+ 4
        case (.base64, UInt8(ascii: "+")), (.base64url, UInt8(ascii: "-")): return 62
        case (.base64, UInt8(ascii: "/")), (.base64url, UInt8(ascii: "_")): return 63
        default: return nil
        }
    }
}
