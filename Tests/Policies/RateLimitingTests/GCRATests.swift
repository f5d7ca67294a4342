import RateLimiting
import Testing

let second: UInt64 = 1_000_000_000

@Suite struct GCRATests {
    @Test(
        "allows exactly the burst at once, then exactly at the rate",
        arguments: [0, 1, 12345, UInt64.max / 5040 - 1, .max - 10 * second])
    func boundary(start: UInt64) throws {
        let rate = try #require(BucketRate(quota: 10, windowSeconds: 1, burst: 3))
        var state = GCRA.full(at: start)
        for left in [2, 1, 0] {
            let decision = GCRA.take(from: &state, rate: rate, now: start)
            #expect(decision.isAllowed)
            #expect(decision.remaining == left)
            #expect(decision.retryAfterNanoseconds == 0)
        }
        let refused = GCRA.take(from: &state, rate: rate, now: start)
        #expect(!refused.isAllowed)
        #expect(refused.remaining == 0)
        #expect(refused.retryAfterNanoseconds == second / 10)
        #expect(refused.resetNanoseconds == 3 * second / 10)
        #expect(!GCRA.take(from: &state, rate: rate, now: start &+ second / 10 &- 1).isAllowed)
        #expect(GCRA.take(from: &state, rate: rate, now: start &+ second / 10).isAllowed)
        #expect(!GCRA.take(from: &state, rate: rate, now: start &+ second / 10).isAllowed)
    }

    @Test(
        "promises the exact nanosecond",
        arguments: [(1000, 60), (5000, 60), (10_000, 1), (3, 1), (7, 60), (11, 1), (999, 1), (50_000, 86_400), (1, 1)])
    func promise(quota: Int, window: Int) throws {
        let rate = try #require(BucketRate(quota: quota, windowSeconds: window, burst: 5))
        var state = GCRA.full(at: 99)
        for _ in 0..<5 { #expect(GCRA.take(from: &state, rate: rate, now: 99).isAllowed) }
        let wait = GCRA.take(from: &state, rate: rate, now: 99).retryAfterNanoseconds
        // The next whole nanosecond at or after window / quota seconds.
        let exact = UInt64(window) * second
        #expect(wait == (exact + UInt64(quota) - 1) / UInt64(quota) || wait == exact / UInt64(quota))
        #expect(!GCRA.take(from: &state, rate: rate, now: 99 + wait - 1).isAllowed)
        #expect(GCRA.take(from: &state, rate: rate, now: 99 + wait).isAllowed)
    }

    @Test("takes several tokens at once or none")
    func cost() throws {
        let rate = try #require(BucketRate(quota: 1, windowSeconds: 1, burst: 10))
        var state = GCRA.full(at: 0)
        #expect(GCRA.take(7, from: &state, rate: rate, now: 0).remaining == 3)
        let refused = GCRA.take(4, from: &state, rate: rate, now: 0)
        #expect(!refused.isAllowed)
        #expect(refused.remaining == 3)
        #expect(refused.retryAfterNanoseconds == second)
        #expect(GCRA.take(3, from: &state, rate: rate, now: 0).isAllowed)
        #expect(GCRA.take(0, from: &state, rate: rate, now: 0).isAllowed)
    }

    @Test("never allows more than a full bucket, however long one waits", arguments: [11, 1_000_000, .max])
    func tooMuch(cost: Int) throws {
        let rate = try #require(BucketRate(quota: 1, windowSeconds: 1, burst: 10))
        var state = GCRA.full(at: 0)
        let full = GCRA.take(cost, from: &state, rate: rate, now: 1000 * second)
        #expect(!full.isAllowed)
        #expect(full.remaining == 10)
        #expect(full.retryAfterNanoseconds == 1)
        _ = GCRA.take(4, from: &state, rate: rate, now: 1000 * second)
        #expect(GCRA.take(cost, from: &state, rate: rate, now: 1000 * second).retryAfterNanoseconds == 4 * second)
    }

    @Test("counts a bucket left alone for years as full", arguments: [UInt64(1), 11, 1000, 100_000, 1_000_000])
    func idle(hours: UInt64) throws {
        let rate = try #require(BucketRate(quota: 1000, windowSeconds: 60))
        var state = GCRA.full(at: 0)
        #expect(GCRA.take(1000, from: &state, rate: rate, now: 0).isAllowed)
        #expect(GCRA.take(1000, from: &state, rate: rate, now: hours &* 3600 &* second).isAllowed)
    }

    @Test("is not refilled by a clock that is a little behind another's")
    func skew() throws {
        let rate = try #require(BucketRate(quota: 10, windowSeconds: 1, burst: 10))
        var state = GCRA.full(at: 100 * second)
        #expect(GCRA.take(10, from: &state, rate: rate, now: 100 * second).isAllowed)
        #expect(!GCRA.take(from: &state, rate: rate, now: 99 * second).isAllowed)
        #expect(GCRA.take(from: &state, rate: rate, now: 99 * second).retryAfterNanoseconds == second + second / 10)
    }
}
