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

    /// The value of a hexadecimal digit of either case, or nil.
    @inlinable
    public static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte &- 48 < 10 { return byte &- 48 }
        let letter = (byte | 0x20) &- 97
        return letter < 6 ? letter &+ 10 : nil
    }
}
