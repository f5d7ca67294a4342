extension Duration {
    /// Units of time in documents, largest first.
    private static let units: [(suffix: String, nanoseconds: Int64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]

    /// The span that text such as `5s`, `100ms`, `5m` or `1h` writes: one integer and one of h, m, s, ms, us, ns; nil otherwise.
    public init?(documentText text: String) {
        let digits = text.utf8.prefix { $0 &- 48 < 10 }
        let suffix = String(text.dropFirst(digits.count))
        guard let count = Int64(String(decoding: digits, as: UTF8.self)),
            let unit = Self.units.first(where: { $0.suffix == suffix })
        else { return nil }
        let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
        guard !overflow else { return nil }
        self = .nanoseconds(nanoseconds)
    }

    /// The span in the largest unit that writes it exactly; spans beyond 64 bits of nanoseconds in seconds.
    public var documentText: String {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (total, overflowed) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard !overflow, !overflowed else { return "\(seconds)s" }
        if total == 0 { return "0s" }
        for unit in Self.units where total.isMultiple(of: unit.nanoseconds) { return "\(total / unit.nanoseconds)\(unit.suffix)" }
        return "\(total)ns"
    }
}

/// Sizes in bytes as documents write them, with binary suffixes.
public enum ByteSize {
    private static let units: [(suffix: String, shift: Int)] = [("Gi", 30), ("Mi", 20), ("Ki", 10), ("", 0)]

    /// The bytes that text such as `512`, `64Ki`, `16Mi` or `1Gi` writes; nil otherwise or beyond 63 bits.
    public static func parse(_ text: String) -> Int? {
        let digits = text.utf8.prefix { $0 &- 48 < 10 }
        let suffix = String(text.dropFirst(digits.count))
        guard let count = Int(String(decoding: digits, as: UTF8.self)), let unit = units.first(where: { $0.suffix == suffix })
        else { return nil }
        let (size, overflow) = count.multipliedReportingOverflow(by: 1 << unit.shift)
        return overflow ? nil : size
    }

    /// The size in the largest unit that writes it exactly.
    public static func text(_ bytes: Int) -> String {
        for unit in units where bytes != 0 && bytes.isMultiple(of: 1 << unit.shift) {
            return "\(bytes >> unit.shift)\(unit.suffix)"
        }
        return "\(bytes)"
    }
}
