package import Bytes

/// Reads UTF-8 one code point at a time; a byte that belongs to none is one U+FFFD.
package enum CodePoints {
    /// The code point that begins at `offset` and its length in bytes; `offset` lies inside the text.
    @inline(__always)
    package static func next(_ text: ByteView, _ offset: Int) -> (point: UInt32, length: Int) {
        let lead = text[offset]
        return lead < 0x80 ? (UInt32(lead), 1) : several(text, offset, lead)
    }

    /// The code point that ends before `offset` and its length in bytes; `offset` is above zero.
    package static func previous(_ text: ByteView, _ offset: Int) -> (point: UInt32, length: Int) {
        let last = text[offset &- 1]
        if last < 0x80 { return (UInt32(last), 1) }
        var start = offset &- 1
        while start > 0, offset &- start < 4, text[start] & 0xC0 == 0x80 { start &-= 1 }
        let found = next(text, start)
        return start &+ found.length == offset ? found : (0xFFFD, 1)
    }

    private static func several(_ text: ByteView, _ offset: Int, _ lead: UInt8) -> (point: UInt32, length: Int) {
        let length: Int
        let lowest: UInt32
        var point: UInt32
        switch lead {
        case 0xC2...0xDF: (length, lowest, point) = (2, 0x80, UInt32(lead & 0x1F))
        case 0xE0...0xEF: (length, lowest, point) = (3, 0x800, UInt32(lead & 0x0F))
        case 0xF0...0xF4: (length, lowest, point) = (4, 0x10000, UInt32(lead & 0x07))
        default: return (0xFFFD, 1)
        }
        guard offset &+ length <= text.count else { return (0xFFFD, 1) }
        var index = 1
        while index < length {
            let byte = text[offset &+ index]
            guard byte & 0xC0 == 0x80 else { return (0xFFFD, 1) }
            point = point << 6 | UInt32(byte & 0x3F)
            index &+= 1
        }
        // Longer than needed, past the last code point, or half of a surrogate pair.
        guard point >= lowest, point <= 0x10FFFF, point & 0xFFFF_F800 != 0xD800 else { return (0xFFFD, 1) }
        return (point, length)
    }
}
