public import Bytes

/// The time-outs clients ask for, read from header fields; nil is a malformed value, which is treated as none.
public enum ClientTimeout {
    /// Longest time-out that is read as it stands: a day, far beyond any of ours.
    public static let mostMilliseconds: Int64 = 86_400_000

    /// Milliseconds of a `grpc-timeout` field: one to eight digits and a unit of `H M S m u n` (gRPC over HTTP/2, "Requests").
    ///
    /// Parts of a millisecond are rounded up. 0 is read as a deadline that has passed, which is what clients send then.
    public static func grpc(_ text: ByteView) -> Int64? {
        guard (2...9).contains(text.count), let value = digits(text, text.count - 1) else { return nil }
        switch text[text.count - 1] {
        case UInt8(ascii: "H"): return min(value * 3_600_000, mostMilliseconds)
        case UInt8(ascii: "M"): return min(value * 60_000, mostMilliseconds)
        case UInt8(ascii: "S"): return min(value * 1_000, mostMilliseconds)
        case UInt8(ascii: "m"): return min(value, mostMilliseconds)
        case UInt8(ascii: "u"): return (value + 999) / 1_000
        case UInt8(ascii: "n"): return (value + 999_999) / 1_000_000
        default: return nil
        }
    }

    /// Milliseconds of an `X-Request-Timeout` field of a REST client: one to eight digits of seconds, or of a unit `ms` or `s`.
    ///
    /// The field has no standard. A number without a unit is seconds, because a client that meant milliseconds then gets our time-out, and
    /// not one a thousandth of what it wants.
    public static func rest(_ text: ByteView) -> Int64? {
        var count = text.count
        var scale: Int64 = 1_000
        if count > 0, text[count - 1] == UInt8(ascii: "s") {
            count -= 1
            if count > 0, text[count - 1] == UInt8(ascii: "m") {
                count -= 1
                scale = 1
            }
        }
        guard (1...8).contains(count), let value = digits(text, count) else { return nil }
        return min(value * scale, mostMilliseconds)
    }

    /// The number in the first `count` bytes, at most eight.
    private static func digits(_ text: ByteView, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in 0..<count {
            guard ASCII.isDigit(text[index]) else { return nil }
            value = value * 10 + Int64(text[index] - 48)
        }
        return value
    }
}
