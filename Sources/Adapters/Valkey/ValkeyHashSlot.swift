public import Bytes

/// Which of a cluster's 16384 slots a key belongs to (cluster specification, "Key distribution model").
public enum ValkeyHashSlot {
    /// Of every cluster.
    public static let count = 16384

    /// The slot of a key: CRC16 of what stands between the first `{` and the next `}` behind it, or of all when there is nothing.
    public static func of(_ key: ByteView) -> UInt16 {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")),
            let close = key.firstIndex(of: UInt8(ascii: "}"), from: open + 1), close > open + 1
        else { return crc16(key) & 0x3fff }
        return crc16(key[open + 1, close]) & 0x3fff
    }

    /// CRC16 of the XMODEM kind: polynomial 0x1021, from 0, nothing reflected.
    static func crc16(_ bytes: ByteView) -> UInt16 {
        var crc: UInt16 = 0
        for index in 0..<bytes.count {
            crc = crc << 8 ^ table[Int((crc >> 8) ^ UInt16(bytes[index]))]
        }
        return crc
    }

    private static let table: [UInt16] = (0..<256).map { value in
        (0..<8).reduce(UInt16(value) << 8) { crc, _ in crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
    }
}
