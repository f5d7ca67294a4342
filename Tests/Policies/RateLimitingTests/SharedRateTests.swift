import RateLimiting
import Testing

@Suite struct SharedRateTests {
    @Test(
        "counts rates in round numbers in few units",
        arguments: [
            (1000, 60, 1000, 60_000, 1), (1000, 1, 200, 1000, 1), (10_000, 1, 10_000, 100, 1), (3, 1, 5, 1_000_000, 3),
            (5000, 60, 5000, 12_000, 1), (1_000_000, 1, 10, 1, 1), (7, 60, 2, 60_000_000, 7), (3_000_000, 1, 1, 1, 3),
        ])
    func units(quota: Int, window: Int, burst: Int, unit: Int64, refill: Int64) {
        let shared = SharedRate(rate(quota, window, burst: burst))
        #expect(shared.unit == unit)
        #expect(shared.refill == refill)
        #expect(shared.capacity == unit * Int64(burst))
    }

    @Test("is exact, or at most 0.02 % slower, and stays within what doubles count exactly")
    func property() {
        var generator = Steps(state: 11)
        var coarse = 0
        for _ in 0..<20_000 {
            let quota = Int(exp2(Int.random(in: 0...30, using: &generator))) + Int.random(in: 0...6, using: &generator)
            let window = Int.random(in: 1...864_000, using: &generator) >> Int.random(in: 0...19, using: &generator)
            let burst = 1 + Int.random(in: 0...1_000_000_000, using: &generator) >> Int.random(in: 0...29, using: &generator)
            guard let rate = BucketRate(quota: quota, windowSeconds: window, burst: burst) else { continue }
            let shared = SharedRate(rate)
            #expect(shared.capacity + shared.refill * 1_000_000 < 1 << 53)
            #expect(shared.capacity == shared.unit * Int64(burst))
            // refill / unit beside quota / window, multiplied out.
            let ours = UInt64(shared.refill).multipliedFullWidth(by: UInt64(window) * 1_000_000)
            let asked = UInt64(shared.unit).multipliedFullWidth(by: UInt64(quota))
            let isExact = ours.high == asked.high && ours.low == asked.low
            #expect(isExact || ours.high < asked.high || (ours.high == asked.high && ours.low < asked.low))
            if !isExact {
                coarse += 1
                let ratio = Double(shared.refill) / Double(shared.unit) * Double(window) * 1_000_000 / Double(quota)
                #expect(ratio > 0.9998)
            }
        }
        #expect(coarse > 10)
    }

    @Test(
        "refills as a bucket counted in fractions does",
        arguments: [(1000, 60, 50), (3, 1, 5), (7, 60, 2), (999, 7, 30), (10_000, 1, 3)])
    func fractions(quota: Int, window: Int, burst: Int) {
        let shared = SharedRate(rate(quota, window, burst: burst))
        var generator = Steps(state: 5)
        // In quota x 1 / (window x 1 000 000) tokens, without a common divisor taken out.
        let token = Int64(window) * 1_000_000
        var exact = token * Int64(burst)
        var level = shared.capacity
        for _ in 0..<2000 {
            let step = Int64.random(in: 0...token * 2 / Int64(quota), using: &generator)
            exact = min(token * Int64(burst), exact + step * Int64(quota))
            level = shared.level(level, after: step)
            #expect(level / shared.unit == exact / token)
            #expect(shared.microsecondsToToken(level) == max(0, token - exact + Int64(quota) - 1) / Int64(quota))
            #expect(
                shared.microsecondsToFull(level) == (token * Int64(burst) - exact + Int64(quota) - 1) / Int64(quota))
            if level >= shared.unit, Bool.random(using: &generator) {
                level -= shared.unit
                exact -= token
            }
        }
    }

    @Test("does not overflow after ages, and takes no time for none")
    func edges() {
        let shared = SharedRate(rate(1_000_000_000, 1))
        #expect(shared.level(0, after: .max) == shared.capacity)
        #expect(shared.level(5, after: -7) == 5)
        #expect(shared.level(0, after: 1) == shared.refill)
        #expect(shared.microsecondsToFull(shared.capacity) == 0)
    }
}

private func exp2(_ exponent: Int) -> Double { (0..<exponent).reduce(1.0) { value, _ in value * 2 } }
