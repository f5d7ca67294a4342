/// How fast a bucket fills and how much it holds.
///
/// Times are counted in ticks of 1/5040 ns. 5040 is divisible by 1...10, so that the time between two tokens is a whole
/// number of ticks for nearly every rate written in round numbers; where it is not, it is rounded up, and a decision may be early
/// by less than a nanosecond to make up for it.
public struct BucketRate: Hashable, Sendable {
    /// Tokens added in each window; the `q` of a policy.
    public let quota: Int
    /// The window in whole seconds; the `w` of a policy.
    public let windowSeconds: Int
    /// Tokens a full bucket holds.
    public let burst: Int

    static let ticksPerNanosecond: UInt64 = 5040
    /// Longest time from empty to full: 10 days, so that times in ticks never come near half of 64 bits.
    public static let mostFillSeconds = 864_000
    /// Most tokens of a quota or a burst, far beyond what one process serves.
    public static let mostTokens = 1_000_000_000

    /// Ticks from one token to the next.
    let interval: UInt64
    /// Ticks from empty to full.
    let fillTicks: UInt64
    /// Ticks by which a decision may be early because `interval` was rounded up.
    let slack: UInt64

    /// A rate of `quota` tokens each `windowSeconds`; `burst` nil means the quota.
    ///
    /// Nil when a number is not positive, exceeds `mostTokens`, or an empty bucket would need more than `mostFillSeconds`.
    public init?(quota: Int, windowSeconds: Int, burst: Int? = nil) {
        let burst = burst ?? quota
        guard (1...Self.mostTokens).contains(quota), (1...Self.mostTokens).contains(burst) else { return nil }
        guard (1...Self.mostFillSeconds).contains(windowSeconds) else { return nil }
        let windowTicks = UInt64(windowSeconds) * 1_000_000_000 * Self.ticksPerNanosecond
        let (whole, rest) = windowTicks.quotientAndRemainder(dividingBy: UInt64(quota))
        interval = rest == 0 ? whole : whole + 1
        slack = rest == 0 ? 0 : Self.ticksPerNanosecond - 1
        let (fill, overflow) = interval.multipliedReportingOverflow(by: UInt64(burst))
        guard !overflow, fill <= UInt64(Self.mostFillSeconds) * 1_000_000_000 * Self.ticksPerNanosecond else { return nil }
        fillTicks = fill
        (self.quota, self.windowSeconds, self.burst) = (quota, windowSeconds, burst)
    }

    private init(of rate: BucketRate, interval: UInt64, burst: Int) {
        (quota, windowSeconds, slack) = (rate.quota, rate.windowSeconds, rate.slack)
        (self.interval, self.burst) = (interval, burst)
        fillTicks = interval * UInt64(burst)
    }

    /// One of `count` equal parts of the rate: as many times slower, with that part of the burst, rounded down but at least one token.
    ///
    /// `quota` and `windowSeconds` stay those of the whole.
    func divided(by count: Int) -> BucketRate {
        guard count > 1 else { return self }
        let most = UInt64(Self.mostFillSeconds) * 1_000_000_000 * Self.ticksPerNanosecond
        let part = max(1, burst / count)
        let (slower, overflow) = interval.multipliedReportingOverflow(by: UInt64(count))
        return BucketRate(of: self, interval: min(overflow ? most : slower, most / UInt64(part)), burst: part)
    }
}
