public import Bytes

/// Base64 of RFC 4648.
enum Base64 {
    /// Value of each character of both alphabets, 0xff for all others.
    static let values: InlineArray<256, UInt8> = InlineArray { index in
        switch UInt8(index) {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(index) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt8(index) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(index) + 4
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: 0xff
        }
    }

    @inline(__always)
    static func character(_ value: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value & 63)
        if value < 26 { return value &+ 65 }
        if value < 52 { return value &+ 71 }
        if value < 62 { return value &- 4 }
        return value == 62 ? UInt8(ascii: "+") : UInt8(ascii: "/")
    }
}

extension ByteWriter {
    /// Appends what the text encodes, in either alphabet, padded or not; false when it is no base64.
    func append(base64Decoded text: ByteView) -> Bool {
        var length = text.count
        if length & 3 == 0 {
            var padding = 0
            while padding < 2, length > 0, text[length &- 1] == UInt8(ascii: "=") {
                length &-= 1
                padding &+= 1
            }
        }
        guard length & 3 != 1 else { return false }
        var word: UInt32 = 0
        var index = 0
        while index < length {
            let value = Base64.values[Int(text[index])]
            guard value < 64 else { return false }
            word = word << 6 | UInt32(value)
            index &+= 1
            if index & 3 == 0 {
                append(UInt8(truncatingIfNeeded: word >> 16))
                append(UInt8(truncatingIfNeeded: word >> 8))
                append(UInt8(truncatingIfNeeded: word))
            }
        }
        switch length & 3 {
        case 2: append(UInt8(truncatingIfNeeded: word >> 4))
        case 3:
            append(UInt8(truncatingIfNeeded: word >> 10))
            append(UInt8(truncatingIfNeeded: word >> 2))
        default: break
        }
        return true
    }

    /// Appends the bytes in the standard alphabet with padding (RFC 4648 section 4).
    public func append(base64Encoded bytes: ByteView) {
        var index = 0
        while index &+ 3 <= bytes.count {
            appendQuad(UInt32(bytes[index]) << 16 | UInt32(bytes[index &+ 1]) << 8 | UInt32(bytes[index &+ 2]))
            index &+= 3
        }
        let rest = bytes.count &- index
        guard rest > 0 else { return }
        let word = UInt32(bytes[index]) << 16 | (rest == 2 ? UInt32(bytes[index &+ 1]) << 8 : 0)
        append(Base64.character(word >> 18))
        append(Base64.character(word >> 12))
        append(rest == 2 ? Base64.character(word >> 6) : UInt8(ascii: "="))
        append(UInt8(ascii: "="))
    }

    private func appendQuad(_ word: UInt32) {
        append(Base64.character(word >> 18))
        append(Base64.character(word >> 12))
        append(Base64.character(word >> 6))
        append(Base64.character(word))
    }
}
