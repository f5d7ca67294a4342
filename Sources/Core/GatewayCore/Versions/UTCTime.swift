#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A point in time to the second, written in UTC (RFC 3339 section 5.6).
public struct UTCTime: Hashable, Comparable, Sendable {
    public let unixSeconds: Int64

    public init(unixSeconds: Int64) { self.unixSeconds = unixSeconds }

    /// Reads `2027-06-30T23:59:59Z`, or `2027-06-30` for the last second of that day; nil for anything else, and for a day that no
    /// calendar has.
    public init?(_ text: String) {
        let whole = text.utf8.count == 10 ? text + "T23:59:59Z" : text
        let numbers = whole.utf8.map { Int32($0) - 48 }
        guard numbers.count == 20 else { return nil }
        func number(_ from: Int, _ count: Int) -> Int32 { numbers[from..<from + count].reduce(0) { $0 * 10 + $1 } }
        var parts = tm()
        parts.tm_year = number(0, 4) - 1900
        parts.tm_mon = number(5, 2) - 1
        parts.tm_mday = number(8, 2)
        parts.tm_hour = number(11, 2)
        parts.tm_min = number(14, 2)
        parts.tm_sec = number(17, 2)
        let time = UTCTime(unixSeconds: Int64(timegm(&parts)))
        // What is normalised on the way, a thirtieth of February, was no date; nor was what has no digits there.
        guard time.unixSeconds >= 0, time.text == whole else { return nil }
        self = time
    }

    /// `2027-06-30T23:59:59Z`.
    public var text: String {
        var (time, parts) = (time_t(unixSeconds), tm())
        gmtime_r(&time, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let year = "\(parts.tm_year + 1900)"
        return String(repeating: "0", count: max(0, 4 - year.utf8.count)) + year
            + "-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }

    public static func < (left: UTCTime, right: UTCTime) -> Bool { left.unixSeconds < right.unixSeconds }
}
