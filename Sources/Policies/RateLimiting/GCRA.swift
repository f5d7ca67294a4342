/// The generic cell rate algorithm: a token bucket in one number, the time at which the bucket would be full.
///
/// Pure: the caller keeps that number and brings the clock. Times wrap around 64 bits, which is harmless because only
/// differences are used. Source: ITU-T I.371 annex A, in its virtual scheduling form.
public enum GCRA {
    /// What a bucket says to a request.
    public struct Decision: Hashable, Sendable {
        /// Whether the tokens were there; if so they are taken.
        public let isAllowed: Bool
        /// Whole tokens left after the decision.
        public let remaining: Int
        /// Nanoseconds until the same request would be allowed, rounded up; 0 when it was. A request for more tokens than the
        /// bucket holds is never allowed, and is told the time until the bucket is full.
        public let retryAfterNanoseconds: UInt64
        /// Nanoseconds until the bucket is full again, rounded up.
        public let resetNanoseconds: UInt64
    }

    /// How far another reader's clock may be ahead of ours before a time is taken for one that has wrapped around.
    static let mostSkewTicks: UInt64 = 60 * 1_000_000_000 * BucketRate.ticksPerNanosecond

    /// The state of a bucket that is full at `now`, in nanoseconds of any steady clock.
    public static func full(at now: UInt64) -> UInt64 { now &* BucketRate.ticksPerNanosecond }

    /// Asks the bucket in `state` for `cost` tokens at `now` and, if they are there, takes them.
    public static func take(_ cost: Int = 1, from state: inout UInt64, rate: BucketRate, now: UInt64) -> Decision {
        let (decision, next) = decide(cost, state: state, rate: rate, now: now)
        if let next { state = next }
        return decision
    }

    /// The decision and the next state, nil when it stays.
    static func decide(_ cost: Int, state: UInt64, rate: BucketRate, now: UInt64) -> (decision: Decision, next: UInt64?) {
        let start = full(at: now)
        let missing = ticksMissing(state, start: start, rate: rate)
        let (price, overflow) = rate.interval.multipliedReportingOverflow(by: UInt64(max(0, cost)))
        let needed = missing &+ price
        guard !overflow, needed >= price, needed <= rate.fillTicks &+ rate.slack else {
            let isPossible = !overflow && price <= rate.fillTicks
            let wait = isPossible ? needed &- rate.fillTicks &- rate.slack : missing
            return (
                Decision(
                    isAllowed: false, remaining: tokens(missing, rate), retryAfterNanoseconds: max(1, nanoseconds(wait)),
                    resetNanoseconds: nanoseconds(missing)), nil
            )
        }
        let decision = Decision(
            isAllowed: true, remaining: tokens(needed, rate), retryAfterNanoseconds: 0, resetNanoseconds: nanoseconds(needed))
        return (decision, start &+ needed)
    }

    /// Ticks until the bucket in `state` is full; 0 when it is, or when the state is so old that time has wrapped around.
    static func ticksMissing(_ state: UInt64, start: UInt64, rate: BucketRate) -> UInt64 {
        let ahead = state &- start
        return ahead <= rate.fillTicks &+ rate.slack &+ mostSkewTicks ? ahead : 0
    }

    private static func tokens(_ missing: UInt64, _ rate: BucketRate) -> Int {
        let level = rate.fillTicks &+ rate.slack
        return missing >= level ? 0 : min(rate.burst, Int(truncatingIfNeeded: (level &- missing) / rate.interval))
    }

    private static func nanoseconds(_ ticks: UInt64) -> UInt64 {
        ticks / BucketRate.ticksPerNanosecond &+ (ticks % BucketRate.ticksPerNanosecond == 0 ? 0 : 1)
    }
}
