import Bytes

/// The small text codings of gRPC over HTTP/2.
enum GRPCText {
    /// Appends a percent-encoded `grpc-message` decoded; malformed escapes stay as they are.
    static func appendPercentDecoded(_ text: ByteView, to output: ByteWriter) {
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "%"), index + 2 < text.count, let high = ASCII.hexValue(text[index + 1]),
                let low = ASCII.hexValue(text[index + 2])
            {
                output.append(high << 4 | low)
                index += 3
            } else {
                output.append(text[index])
                index += 1
            }
        }
    }

    /// Appends decoded base64 of a `-bin` field, padded or not; nothing when it is malformed.
    static func appendBase64Decoded(_ text: ByteView, to output: ByteWriter) {
        let start = output.count
        var count = text.count
        while count > 0 && text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        var bits: UInt32 = 0
        var filled = 0
        for index in 0..<count {
            guard let value = sextet(text[index]) else { return output.truncate(to: start) }
            bits = bits << 6 | UInt32(value)
            filled += 6
            if filled >= 8 {
                filled -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(filled)))
            }
        }
        if count % 4 == 1 { output.truncate(to: start) }
    }

    /// Appends what the whole groups of four characters at the front encode, and answers how many characters these are; nil when they are no base64.
    ///
    /// A padded group may be followed by others: each piece of a gRPC-Web body is encoded by itself. On a fault some of it may be appended.
    static func appendBase64Quads(_ text: ByteView, to output: ByteWriter) -> Int? {
        let padding = UInt8(ascii: "=")
        var index = 0
        while index + 4 <= text.count {
            let count = text[index + 3] != padding ? 4 : text[index + 2] != padding ? 3 : 2
            var bits: UInt32 = 0
            for offset in 0..<count {
                guard let value = sextet(text[index + offset]) else { return nil }
                bits |= UInt32(value) << UInt32(18 - 6 * offset)
            }
            output.append(UInt8(truncatingIfNeeded: bits >> 16))
            if count > 2 { output.append(UInt8(truncatingIfNeeded: bits >> 8)) }
            if count > 3 { output.append(UInt8(truncatingIfNeeded: bits)) }
            index += 4
        }
        return index
    }

    private static func sextet(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// Appends a `grpc-timeout` value: whole seconds when it is, milliseconds otherwise, never more than eight digits.
    static func appendTimeout(milliseconds: Int64, to output: ByteWriter) {
        if milliseconds % 1000 == 0 || milliseconds > 99_999_999 {
            output.append(decimal: Int(min(milliseconds / 1000, 99_999_999)))
            output.append("S")
        } else {
            output.append(decimal: Int(milliseconds))
            output.append("m")
        }
    }

    /// The value of a `grpc-status`: UNKNOWN for a code that nobody knows (gRPC, "Status codes"), nil when it is no number.
    static func status(_ text: ByteView) -> Int? {
        // More digits than any 32-bit code has.
        guard text.count >= 1, text.count <= 10 else { return nil }
        var value = 0
        for index in 0..<text.count {
            guard ASCII.isDigit(text[index]) else { return nil }
            value = value * 10 + Int(text[index] - 48)
        }
        return value <= GRPCStatus.largest ? value : GRPCStatus.unknown
    }
}
