import Bytes

/// Lowercase hexadecimal of fixed width, the only form trace context allows.
enum HexWord {
    /// Sixteen lowercase digits at `offset` as a word, or nil.
    static func read(_ bytes: ByteView, at offset: Int) -> UInt64? {
        var value: UInt64 = 0
        var index = offset
        while index < offset &+ 16 {
            guard let digit = digit(bytes[index]) else { return nil }
            value = value << 4 | UInt64(digit)
            index &+= 1
        }
        return value
    }

    /// Two lowercase digits at `offset`, or nil.
    static func readByte(_ bytes: ByteView, at offset: Int) -> UInt8? {
        guard let high = digit(bytes[offset]), let low = digit(bytes[offset &+ 1]) else { return nil }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        if byte &- 48 < 10 { return byte &- 48 }
        return byte &- 97 < 6 ? byte &- 87 : nil
    }
}
