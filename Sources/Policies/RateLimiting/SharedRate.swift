/// A rate as it is counted in a bucket that many gateways share: whole units, no fractions, the same in Swift and in the server's Lua.
///
/// With g the greatest common divisor of quota and window in microseconds, a token is `window / g` units and `quota / g` units come back
/// each microsecond: every rate is exact. Lua counts in doubles, which are exact up to 2^53. A bucket of more than 2^52 units is
/// counted in coarser ones, with the refill rounded down: at most 0.02 % slower than configured, never faster.
public struct SharedRate: Hashable, Sendable {
    /// Units of one token.
    public let unit: Int64
    /// Units that come back each microsecond.
    public let refill: Int64
    /// Units of a full bucket.
    public let capacity: Int64
    /// Microseconds from empty to full, rounded up.
    public let fillMicroseconds: Int64
    /// Tells rates apart in a table; never 0.
    let fingerprint: UInt32

    /// Most units of a bucket: with the refill of its whole life on top still exact in a double.
    static let mostUnits: Int64 = 1 << 52

    /// The rate in units.
    public init(_ rate: BucketRate) {
        let window = Int64(rate.windowSeconds) * 1_000_000
        let divisor = Self.greatestCommonDivisor(window, Int64(rate.quota))
        var unit = window / divisor
        var refill = Int64(rate.quota) / divisor
        let burst = Int64(rate.burst)
        let (exact, overflow) = unit.multipliedReportingOverflow(by: burst)
        if overflow || exact > Self.mostUnits {
            let coarse = Self.mostUnits / burst
            let product = UInt64(refill).multipliedFullWidth(by: UInt64(coarse))
            // Below `refill`, as `coarse` is below `unit`; above 5000, as no bucket takes more than ten days to fill.
            refill = max(1, Int64(UInt64(unit).dividingFullWidth(product).quotient))
            unit = coarse
        }
        self.unit = unit
        self.refill = refill
        capacity = unit * burst
        fillMicroseconds = (capacity + refill - 1) / refill
        let mixed = UInt64(bitPattern: unit) &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(bitPattern: refill &* 0x5851_f42d ^ capacity)
        fingerprint = UInt32(truncatingIfNeeded: mixed ^ mixed >> 32) | 1
    }

    /// The level of a bucket after some microseconds, no more than full; negative ones count as none.
    @inline(__always)
    public func level(_ level: Int64, after microseconds: Int64) -> Int64 {
        if microseconds >= fillMicroseconds { return capacity }
        return min(capacity, level &+ max(0, microseconds) &* refill)
    }

    /// Microseconds until a bucket at `level` holds a token, rounded up.
    public func microsecondsToToken(_ level: Int64) -> Int64 { microseconds(from: level, toTokens: 1) }

    /// Microseconds until a bucket at `level` holds so many tokens, rounded up; no more than it can ever hold.
    @inline(__always)
    func microseconds(from level: Int64, toTokens tokens: Int64) -> Int64 {
        let wanted = unit &* tokens
        return level >= wanted ? 0 : (wanted &- level &+ refill &- 1) / refill
    }

    /// Microseconds until a bucket at `level` is full, rounded up.
    @inline(__always)
    public func microsecondsToFull(_ level: Int64) -> Int64 {
        // The division is most of a decision's time, and most rates do without.
        refill == 1 ? capacity &- level : (capacity &- level &+ refill &- 1) / refill
    }

    private static func greatestCommonDivisor(_ first: Int64, _ second: Int64) -> Int64 {
        var (larger, smaller) = (first, second)
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        return larger
    }
}
