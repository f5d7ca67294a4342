public import Bytes

/// The values of the header fields that tell a client about its limits (draft-ietf-httpapi-ratelimit-headers-10) and of
/// `Retry-After` (RFC 9110 section 10.2.3).
public enum RateLimitHeaders {
    /// Appends one item of `RateLimit-Policy`, such as `"user";q=1000;w=60`; items of one field are joined by `, `.
    public static func appendPolicy(name: ByteView, rate: BucketRate, to writer: ByteWriter) {
        append(string: name, to: writer)
        writer.append(";q=")
        writer.append(decimal: rate.quota)
        writer.append(";w=")
        writer.append(decimal: rate.windowSeconds)
    }

    /// Appends what an item of `RateLimit` begins with, the same for every decision, such as `"user";r=`.
    public static func appendName(_ name: ByteView, to writer: ByteWriter) {
        append(string: name, to: writer)
        writer.append(";r=")
    }

    /// Appends what follows in an item of `RateLimit`, such as `42;t=17`: tokens left, and seconds until all are back.
    @inlinable
    public static func appendState(_ decision: GCRA.Decision, to writer: ByteWriter) {
        writer.append(decimal: decision.remaining)
        writer.append(";t=")
        writer.append(decimal: wholeSeconds(decision.resetNanoseconds))
    }

    /// The value of `Retry-After`: whole seconds, rounded up, at least 1.
    public static func retryAfterSeconds(_ decision: GCRA.Decision) -> Int {
        max(1, Int(truncatingIfNeeded: wholeSeconds(decision.retryAfterNanoseconds)))
    }

    /// Appends the value of `Retry-After`.
    public static func appendRetryAfter(_ decision: GCRA.Decision, to writer: ByteWriter) {
        writer.append(decimal: retryAfterSeconds(decision))
    }

    @inlinable
    static func wholeSeconds(_ nanoseconds: UInt64) -> UInt64 {
        nanoseconds / 1_000_000_000 &+ (nanoseconds % 1_000_000_000 == 0 ? 0 : 1)
    }

    /// A string of RFC 9651 section 3.3.3; bytes it cannot hold become `_`.
    private static func append(string: ByteView, to writer: ByteWriter) {
        writer.append(UInt8(ascii: "\""))
        var index = 0
        while index < string.count {
            let byte = string[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { writer.append(UInt8(ascii: "\\")) }
            writer.append(byte < 0x20 || byte > 0x7e ? UInt8(ascii: "_") : byte)
            index &+= 1
        }
        writer.append(UInt8(ascii: "\""))
    }
}
