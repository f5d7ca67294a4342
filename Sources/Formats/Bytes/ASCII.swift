/// Single-byte facts of US-ASCII that several formats share.
public enum ASCII {
    @inlinable
    public static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 65 < 26 ? byte | 0x20 : byte
    }

    @inlinable
    public static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    @inlinable
    public static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }

    /// The lowercase hexadecimal digit of a value below sixteen.
    @inlinable
    public static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 &+ value : 87 &+ value }

    /// Eight lowercase hexadecimal digits of `value`, the first in the lowest byte: what a little-endian store writes in order.
    ///
    /// Nibbles are spread over the bytes of a word, then all eight become digits at once.
    @inlinable
    public static func hexDigits(_ value: UInt32) -> UInt64 {
        var word = UInt64(value.byteSwapped)
        word = (word | word << 16) & 0x0000_ffff_0000_ffff
        word = (word | word << 8) & 0x00ff_00ff_00ff_00ff
        word = (word >> 4 | word << 8) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = ((word &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return word &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    /// The value of a hexadecimal digit of either case, or nil.
    @inlinable
    public static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte &- 48 < 10 { return byte &- 48 }
        let letter = (byte | 0x20) &- 97
        return letter < 6 ? letter &+ 10 : nil
    }
}
