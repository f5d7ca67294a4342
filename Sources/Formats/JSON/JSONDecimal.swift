public import Bytes

/// A number token as `digits * 10^exponent` with no trailing zeros in `digits`, so that equal numbers have equal parts.
public struct JSONDecimal: Sendable, Hashable, BitwiseCopyable {
    public private(set) var isNegative = false
    /// The significant digits; 0 for zero. Meaningless when `isExact` is false.
    public private(set) var digits: UInt64 = 0
    /// The power of ten of the last significant digit; 0 for zero.
    public private(set) var exponent = 0
    /// Whether the significant digits fit 64 bits.
    public private(set) var isExact = true
    /// Whether no digit but zero was written.
    public private(set) var isZero = true

    /// Exponents are cut to this, far beyond any value that is representable, so that sums of them cannot overflow.
    private static let mostExponent = 1 << 40

    /// Reads a token that satisfies the grammar of RFC 8259 section 6.
    public init(_ token: ByteView) {
        var zeros = 0
        var at = 0
        var inFraction = false
        if at < token.count, token[at] == UInt8(ascii: "-") {
            isNegative = true
            at &+= 1
        }
        while at < token.count {
            let byte = token[at]
            if byte == UInt8(ascii: ".") {
                inFraction = true
            } else if ASCII.isDigit(byte) {
                if inFraction { exponent &-= 1 }
                if byte == UInt8(ascii: "0") {
                    zeros &+= 1
                } else {
                    append(byte &- 48, after: zeros)
                    zeros = 0
                }
            } else {
                break
            }
            at &+= 1
        }
        // Zeros after the last significant digit were never appended.
        exponent &+= zeros
        if at < token.count { exponent &+= Self.written(token, from: at &+ 1) }
        if isZero {
            exponent = 0
            isNegative = false
        }
    }

    /// The exponent after the `e`.
    static func written(_ token: ByteView, from start: Int) -> Int {
        var at = start
        var isNegative = false
        if at < token.count, !ASCII.isDigit(token[at]) {
            isNegative = token[at] == UInt8(ascii: "-")
            at &+= 1
        }
        var value = 0
        while at < token.count, ASCII.isDigit(token[at]) {
            value = min(mostExponent, value &* 10 &+ Int(token[at] &- 48))
            at &+= 1
        }
        return isNegative ? 0 &- value : value
    }

    private mutating func append(_ digit: UInt8, after zeros: Int) {
        var zeros = zeros
        // Leading zeros carry no value.
        while zeros > 0, !isZero, isExact {
            scale()
            zeros &-= 1
        }
        isZero = false
        guard isExact else { return }
        scale()
        let (sum, overflow) = digits.addingReportingOverflow(UInt64(digit))
        digits = sum
        if overflow { isExact = false }
    }

    private mutating func scale() {
        let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
        digits = product
        if overflow { isExact = false }
    }

    /// Whether the value has no fractional part, whatever its size (`1e400` has none).
    public var isIntegral: Bool { exponent >= 0 }

    /// Whether this is a whole multiple of `divisor`, computed exactly; nil when either has too many digits for that, or the
    /// divisor is zero.
    public func isMultiple(of divisor: JSONDecimal) -> Bool? {
        guard isExact, divisor.isExact, !divisor.isZero else { return nil }
        if isZero { return true }
        let shift = exponent - divisor.exponent
        if shift >= 0 { return divisor.divides(digits % divisor.digits, shiftedBy: shift) }
        // The divisor is at least 10^-shift; digits of 64 bits hold no multiple of anything above 10^19.
        guard -shift < JSONNumber.powers.count else { return false }
        let (scaled, overflow) = divisor.digits.multipliedReportingOverflow(by: JSONNumber.powers[-shift])
        return !overflow && digits % scaled == 0
    }

    /// -1, 0 or 1.
    var sign: Int { isZero ? 0 : isNegative ? -1 : 1 }

    /// What is left of `rest * 10 + digit` after division by the digits.
    func remainder(_ rest: UInt64, _ digit: UInt64) -> UInt64 {
        let tens = rest.multipliedFullWidth(by: 10)
        let (low, carry) = tens.low.addingReportingOverflow(digit)
        return digits.dividingFullWidth((tens.high &+ (carry ? 1 : 0), low)).remainder
    }

    /// Whether the digits divide `rest * 10^shift`; `rest` is below them.
    func divides(_ rest: UInt64, shiftedBy shift: Int) -> Bool {
        // Squaring, so that a huge exponent costs little.
        var result = rest
        var power = 10 % digits
        var shift = shift
        while shift > 0 {
            if shift & 1 == 1 { result = Self.multiply(result, power, modulo: digits) }
            power = Self.multiply(power, power, modulo: digits)
            shift >>= 1
        }
        return result == 0
    }

    private static func multiply(_ left: UInt64, _ right: UInt64, modulo: UInt64) -> UInt64 {
        modulo.dividingFullWidth(left.multipliedFullWidth(by: right)).remainder
    }
}
