import RateLimiting
import Testing

@Suite struct BucketRateTests {
    @Test(
        "refuses what is not positive or would take longer than ten days to fill",
        arguments: [
            (1, 1, 1, true), (0, 1, 1, false), (1, 0, 1, false), (1, 1, 0, false), (-1, 1, 1, false), (1000, 60, 1000, true),
            (1, 864_000, 1, true),
            (1, 864_001, 1, false), (1, 864_000, 2, false), (1, 86_400, 10, true), (1, 86_400, 11, false),
            (1_000_000_000, 1, 1_000_000_000, true),
            (1_000_000_001, 1, 1, false), (1, 1, .max, false), (.max, .max, .max, false),
        ])
    func bounds(quota: Int, window: Int, burst: Int, accepted: Bool) {
        #expect((BucketRate(quota: quota, windowSeconds: window, burst: burst) != nil) == accepted)
    }

    @Test("holds the quota unless told otherwise")
    func defaultBurst() {
        #expect(BucketRate(quota: 7, windowSeconds: 60)?.burst == 7)
        #expect(BucketRate(quota: 7, windowSeconds: 60, burst: 3)?.burst == 3)
    }
}
