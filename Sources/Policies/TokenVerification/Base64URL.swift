public import Bytes

/// Base64url without padding, read strictly (RFC 4648 section 5, RFC 7515 section 2).
///
/// One text has one meaning: padding, whitespace, the standard alphabet's `+` and `/`, a last group of one character and
/// non-zero unused bits are all refused, so a token cannot be respelled into a second one that verifies too.
public enum Base64URL {
    /// Appends the decoded bytes to `out`; false when the text is not strict base64url, and then `out` is as it was.
    public static func decode(_ text: ByteView, into out: ByteWriter) -> Bool {
        guard text.count & 3 != 1 else { return false }
        let start = out.count
        var bits: UInt32 = 0
        var held: UInt32 = 0
        var index = 0
        while index < text.count {
            let value = value(of: text[index])
            guard value < 64 else {
                out.truncate(to: start)
                return false
            }
            bits = bits << 6 | UInt32(value)
            held &+= 6
            if held >= 8 {
                held &-= 8
                out.append(UInt8(truncatingIfNeeded: bits >> held))
                bits &= (1 << held) &- 1
            }
            index &+= 1
        }
        guard bits == 0 else {
            out.truncate(to: start)
            return false
        }
        return true
    }

    /// The six bits a character stands for, or 64 and above when it is none of the alphabet.
    private static func value(of character: UInt8) -> UInt8 {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character &- 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character &- 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character &+ 4
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: 255
        }
    }
}
