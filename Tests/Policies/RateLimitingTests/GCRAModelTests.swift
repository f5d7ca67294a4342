import RateLimiting
import Testing

/// A token bucket that counts in units of 1 / window tokens a nanosecond, exactly and without a clever idea.
struct BucketModel {
    let quota: Int
    let window: Int
    let burst: Int
    var level: Int
    var last: UInt64 = 0

    init(quota: Int, window: Int, burst: Int) {
        (self.quota, self.window, self.burst) = (quota, window, burst)
        level = burst * window * Int(second)
    }

    var token: Int { window * Int(second) }

    mutating func take(_ cost: Int, now: UInt64) -> (allowed: Bool, remaining: Int, retryAfter: Int) {
        level = min(burst * token, level + Int(now - last) * quota)
        last = now
        let missing = cost * token - level
        if missing > 0 { return (false, level / token, (missing + quota - 1) / quota) }
        level -= cost * token
        return (true, level / token, 0)
    }
}

@Suite struct GCRAModelTests {
    @Test(
        "decides as a token bucket that is counted out",
        arguments: [
            (1000, 60, 1000), (1, 1, 1), (3, 1, 5), (7, 60, 2), (10_000, 1, 10_000), (5000, 60, 40), (6, 7, 30),
            (1_000_000, 1, 3),
        ])
    func model(quota: Int, window: Int, burst: Int) throws {
        let rate = try #require(BucketRate(quota: quota, windowSeconds: window, burst: burst))
        var generator = Steps(state: UInt64(quota * 31 + window))
        let gap = UInt64(window) * second / UInt64(quota)
        var model = BucketModel(quota: quota, window: window, burst: burst)
        var now: UInt64 = 0
        var state = GCRA.full(at: now)
        for _ in 0..<5000 {
            let cost = Int.random(in: 0...min(burst, 3), using: &generator)
            let expected = model.take(cost, now: now)
            let decision = GCRA.take(cost, from: &state, rate: rate, now: now)
            #expect(decision.isAllowed == expected.allowed)
            #expect(decision.remaining == expected.remaining)
            #expect(decision.retryAfterNanoseconds == UInt64(expected.retryAfter))
            // Steps land before, on and after the moments at which tokens appear.
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: break
            case 1: now += UInt64(expected.retryAfter)
            case 2: now += max(1, UInt64(expected.retryAfter)) - 1
            case 3: now += gap
            default: now += UInt64.random(in: 0...gap * 3, using: &generator)
            }
        }
    }
}

struct Steps: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 31
    }
}
