public import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The text of `Date` (RFC 9110 section 5.6.7, IMF-fixdate), formatted once a second.
public struct HTTPDate {
    private var second: Int64 = -1
    private let text = ByteWriter(capacity: 64)

    public init() {}

    private static let days: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The date at `unixSeconds`; valid until the next call.
    public mutating func view(at unixSeconds: Int64) -> ByteView {
        if unixSeconds != second {
            second = unixSeconds
            format()
        }
        return text.view
    }

    private func format() {
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        text.removeAll()
        text.append(Self.days[Int(parts.tm_wday) % 7])
        text.append(", ")
        appendTwo(Int(parts.tm_mday))
        text.append(" ")
        text.append(Self.months[Int(parts.tm_mon) % 12])
        text.append(" ")
        text.append(decimal: UInt64(1900 + max(0, Int(parts.tm_year))))
        text.append(" ")
        appendTwo(Int(parts.tm_hour))
        text.append(UInt8(ascii: ":"))
        appendTwo(Int(parts.tm_min))
        text.append(UInt8(ascii: ":"))
        appendTwo(Int(parts.tm_sec))
        text.append(" GMT")
    }

    private func appendTwo(_ value: Int) {
        text.append(UInt8(48 + value / 10 % 10))
        text.append(UInt8(48 + value % 10))
    }
}
