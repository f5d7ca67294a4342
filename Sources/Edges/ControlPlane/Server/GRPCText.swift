import Bytes

/// The small text codings of gRPC over HTTP/2.
enum GRPCText {
    /// The milliseconds of a `grpc-timeout`, rounded up; nil when it is none. 0 is none that could be kept.
    static func timeoutMilliseconds(_ text: ByteView) -> Int64? {
        // One to eight digits and a unit (gRPC over HTTP/2, "Requests").
        guard text.count >= 2, text.count <= 9 else { return nil }
        var value: Int64 = 0
        for index in 0..<(text.count - 1) {
            guard ASCII.isDigit(text[index]) else { return nil }
            value = value * 10 + Int64(text[index] - 48)
        }
        switch text[text.count - 1] {
        case UInt8(ascii: "H"): return value * 3_600_000
        case UInt8(ascii: "M"): return value * 60_000
        case UInt8(ascii: "S"): return value * 1000
        case UInt8(ascii: "m"): return value
        case UInt8(ascii: "u"): return (value + 999) / 1000
        case UInt8(ascii: "n"): return (value + 999_999) / 1_000_000
        default: return nil
        }
    }
}
