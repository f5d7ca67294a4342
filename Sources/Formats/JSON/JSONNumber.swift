public import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Values of number tokens that already satisfy the grammar of RFC 8259 section 6.
public enum JSONNumber {
    /// The token's value when it is an integer whose magnitude fits 64 bits, or nil.
    public static func integer(_ token: ByteView) -> (isNegative: Bool, magnitude: UInt64)? {
        if token.count < 19, let short = shortInteger(token) { return short }
        let decimal = JSONDecimal(token)
        guard decimal.isExact, decimal.exponent >= 0 else { return nil }
        guard !decimal.isZero else { return (decimal.isNegative, 0) }
        guard decimal.exponent < powers.count else { return nil }
        let (magnitude, overflow) = decimal.digits.multipliedReportingOverflow(by: powers[decimal.exponent])
        return overflow ? nil : (decimal.isNegative, magnitude)
    }

    /// Digits alone, few enough not to overflow; nil when there is a fraction or an exponent.
    @inline(__always)
    private static func shortInteger(_ token: ByteView) -> (isNegative: Bool, magnitude: UInt64)? {
        guard token.count > 0 else { return nil }
        let isNegative = token[0] == UInt8(ascii: "-")
        var magnitude: UInt64 = 0
        var at = isNegative ? 1 : 0
        while at < token.count {
            let digit = token[at] &- 48
            if digit > 9 { return nil }
            magnitude = magnitude &* 10 &+ UInt64(digit)
            at &+= 1
        }
        return (isNegative, magnitude)
    }

    /// The value of a token without fraction and exponent, or nil when it is too long for this.
    @inlinable
    @inline(always)
    package static func short(integer token: ByteView) -> Int64? {
        guard token.count < 19, token.count > 0 else { return nil }
        let isNegative = token[0] == UInt8(ascii: "-")
        var magnitude: Int64 = 0
        var at = isNegative ? 1 : 0
        while at < token.count {
            magnitude = magnitude &* 10 &+ Int64(token.base[at] & 15)
            at &+= 1
        }
        return isNegative ? 0 &- magnitude : magnitude
    }

    /// Whether the token's value has no fractional part, whatever its size (`1e400` has none).
    public static func isIntegral(_ token: ByteView) -> Bool { JSONDecimal(token).isIntegral }

    /// The nearest `Double`, or nil beyond the finite range.
    public static func double(_ token: ByteView) -> Double? {
        if let short = shortDouble(token) { return short }
        let decimal = JSONDecimal(token)
        if decimal.isZero { return token.count > 0 && token[0] == UInt8(ascii: "-") ? -0.0 : 0 }
        // Both factors are exact in binary64, so one rounding gives the nearest value (Clinger 1990).
        if decimal.isExact, decimal.digits <= 1 << 53, abs(decimal.exponent) < exactPowers.count {
            let digits = Double(decimal.digits)
            let power = exactPowers[abs(decimal.exponent)]
            let value = decimal.exponent < 0 ? digits / power : digits * power
            return decimal.isNegative ? -value : value
        }
        let value = rounded(token)
        return value.isFinite ? value : nil
    }

    /// Few digits with a point among them, or not; nil when there is an exponent, too many digits, or nothing but zeros.
    @inline(__always)
    private static func shortDouble(_ token: ByteView) -> Double? {
        guard token.count > 0, token.count < 17 else { return nil }
        let isNegative = token[0] == UInt8(ascii: "-")
        var digits: Int64 = 0
        var places = 0
        var at = isNegative ? 1 : 0
        while at < token.count {
            let digit = token.base[at] &- 48
            at &+= 1
            if digit > 9 {
                guard digit == UInt8(ascii: ".") &- 48 else { return nil }
                places = token.count &- at
            } else {
                digits = digits &* 10 &+ Int64(digit)
            }
        }
        // Fifteen digits and a power are exact, and so are sixteen after the rounding that is the only one.
        guard digits > 0 else { return nil }
        let value = Double(digits) / exactPowers[places]
        return isNegative ? -value : value
    }

    /// The locale with a point in its numbers, whatever the process has set.
    nonisolated(unsafe) private static let locale = newlocale(1 << LC_NUMERIC, "C", nil)

    /// The nearest value, or infinity, by the C library; a copy on the stack gives it the end it looks for.
    private static func rounded(_ token: ByteView) -> Double {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: token.count + 1) { copy in
            guard let start = copy.baseAddress else { return .nan }
            memcpy(start, token.base, token.count)
            start[token.count] = 0
            let before = uselocale(locale)
            defer { uselocale(before) }
            return strtod(start, nil)
        }
    }

    /// Whether two tokens write the same number, computed exactly.
    public static func equal(_ left: ByteView, _ right: ByteView) -> Bool {
        let one = JSONDecimal(left)
        let other = JSONDecimal(right)
        guard !one.isExact, !other.isExact else { return one == other }
        guard one.isNegative == other.isNegative, one.exponent == other.exponent else { return false }
        var first = SignificantDigits(left)
        var second = SignificantDigits(right)
        while true {
            let (mine, yours) = (first.next(), second.next())
            if mine == nil, yours == nil { return true }
            // Equal exponents of the last significant digit align both at their ends, so only zeros may be missing.
            if mine ?? 0 != yours ?? 0 { return false }
        }
    }

    /// The digits of a token from the first that is not zero.
    private struct SignificantDigits {
        let token: ByteView
        var at = 0
        var started = false

        init(_ token: ByteView) { self.token = token }

        mutating func next() -> UInt8? {
            while at < token.count, token[at] | 0x20 != UInt8(ascii: "e") {
                let digit = token[at] &- 48
                at &+= 1
                guard digit < 10 else { continue }
                if digit > 0 { started = true }
                if started { return digit }
            }
            return nil
        }
    }

    static let powers: InlineArray<20, UInt64> = InlineArray { index in
        (0..<index).reduce(1) { product, _ in product * 10 }
    }

    /// Powers of ten that binary64 holds exactly.
    private static let exactPowers: InlineArray<23, Double> = InlineArray { index in
        (0..<index).reduce(1) { product, _ in product * 10 }
    }
}

extension JSONNumber {
    /// The token's value when it is exactly a 64-bit integer, however it is written (`100`, `1e2`, `1.0`), or nil.
    public static func int64(_ token: ByteView) -> Int64? {
        guard let exact = integer(token) else { return nil }
        if !exact.isNegative { return Int64(exactly: exact.magnitude) }
        if exact.magnitude == UInt64(1) << 63 { return .min }
        return Int64(exactly: exact.magnitude).map { 0 - $0 }
    }

    /// Negative when the left token writes a smaller number than the right one, 0 when both write the same, computed exactly.
    public static func compare(_ left: ByteView, _ right: ByteView) -> Int {
        let one = JSONDecimal(left)
        let other = JSONDecimal(right)
        if one.isZero || other.isZero || one.isNegative != other.isNegative { return one.sign - other.sign }
        let larger = one.sign
        let places = firstPlace(left) - firstPlace(right)
        if places != 0 { return places > 0 ? larger : -larger }
        var first = SignificantDigits(left)
        var second = SignificantDigits(right)
        while true {
            let (mine, yours) = (first.next(), second.next())
            if mine == nil, yours == nil { return 0 }
            let (digit, other) = (mine ?? 0, yours ?? 0)
            if digit != other { return digit > other ? larger : -larger }
        }
    }

    /// The power of ten of the first digit that is not zero.
    private static func firstPlace(_ token: ByteView) -> Int {
        var place = -1
        var zeros = 0
        var inFraction = false
        var isLeading = true
        var at = 0
        while at < token.count, token[at] | 0x20 != UInt8(ascii: "e") {
            if token[at] == UInt8(ascii: ".") { inFraction = true }
            if ASCII.isDigit(token[at]) {
                if !inFraction { place &+= 1 }
                if token[at] != UInt8(ascii: "0") { isLeading = false }
                if isLeading { zeros &+= 1 }
            }
            at &+= 1
        }
        return place - zeros + (at < token.count ? JSONDecimal.written(token, from: at &+ 1) : 0)
    }

    /// Whether the token's value is a whole multiple of `divisor`, computed exactly; false for a divisor that is zero or not exact.
    public static func isMultiple(_ token: ByteView, of divisor: JSONDecimal) -> Bool {
        let decimal = JSONDecimal(token)
        if let exact = decimal.isMultiple(of: divisor) { return exact }
        // Without trailing zeros the digits hold no power of ten that the divisor could ask for.
        guard divisor.isExact, !divisor.isZero, decimal.exponent >= divisor.exponent else { return false }
        var rest: UInt64 = 0
        var zeros = 0
        var digits = SignificantDigits(token)
        while let digit = digits.next() {
            if digit == 0 {
                zeros &+= 1
                continue
            }
            for _ in 0..<zeros { rest = divisor.remainder(rest, 0) }
            zeros = 0
            rest = divisor.remainder(rest, UInt64(digit))
        }
        return divisor.divides(rest, shiftedBy: decimal.exponent - divisor.exponent)
    }
}
