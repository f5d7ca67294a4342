import Bytes
import Testing

@testable import RateLimiting

@Suite("Decisions about several tokens")
struct CostTests {
    let limit = Limit(rate: rate(10, 1, burst: 10), scope: "u")
    let other = Limit(rate: rate(100, 1, burst: 100), scope: "t")

    @Test("takes all of them or none, with one question")
    func all() {
        let rig = LimiterRig()
        let key = Counted(limit: limit, tag: "a")
        let first = rig.decide(key, cost: 7)
        #expect(first.outcome == .allowed && first.waits == 1 && first.decisions[0].remaining == 3)
        let second = rig.decide(key, cost: 4)
        #expect(second.outcome == .refused(0))
        #expect(second.decisions[0].remaining == 3 && second.decisions[0].retryAfterNanoseconds == aSecond / 10)
        #expect(rig.source.sent == 1, "what is known need not be asked")
        #expect(rig.decide(key, cost: 3).outcome == .allowed)
        rig.now += 4 * aSecond / 10
        #expect(rig.decide(key, cost: 4).outcome == .allowed)
    }

    @Test("what Valkey grants towards too many stays in hand for those who need fewer")
    func partly() {
        let rig = LimiterRig()
        let key = Counted(limit: limit, tag: "a")
        // Another gateway took six.
        _ = rig.model.take(
            6, [.init(key: "limit:{a}:u", rate: SharedRate(limit.rate))], now: Int64(rig.now / 1000))
        #expect(rig.decide(key, cost: 5).outcome == .refused(0))
        #expect(rig.decide(key, cost: 4).outcome == .allowed)
        #expect(rig.source.sent == 1)
        #expect(rig.decide(key).outcome == .refused(0))
    }

    @Test("more than a bucket holds is refused without a question, with and without a Valkey")
    func impossible() {
        let rig = LimiterRig()
        #expect(rig.decide(Counted(limit: limit, tag: "a"), cost: 11).outcome == .refused(0))
        #expect(rig.source.sent == 0)
        #expect(rig.decide(Counted(limit: limit, tag: "a"), cost: 10).outcome == .allowed)
        let alone = SharedLimiter(source: nil, local: LocalBucketTable(slots: 64), seed: 1)
        for (cost, isAllowed) in [(11, false), (6, true), (5, false), (4, true), (1, false)] {
            alone.begin(cost: cost)
            alone.add(limit, key: 9)
            var progress = LimitProgress()
            #expect((alone.decide(now: 1_000_000_000_000, progress: &progress) == .allowed) == isAllowed, "\(cost)")
        }
    }

    @Test("a key that many tokens are asked of is hot, and leases more than the next request needs")
    func hot() {
        let wide = Limit(rate: rate(100_000, 1), scope: "w")
        let rig = LimiterRig()
        for _ in 0..<20 {
            #expect(rig.decide(Counted(limit: wide, tag: "a"), cost: 100).outcome == .allowed)
            rig.now += 10 * millisecond
        }
        #expect(rig.source.sent < 15)
    }

    @Test("tells the limits before the one that refuses as they are, and takes nothing of them")
    func before() {
        let rig = LimiterRig()
        let (small, large) = (Counted(limit: limit, tag: "a"), Counted(limit: other, tag: "a"))
        rig.decide(large, small, cost: 10)
        rig.decide(Counted(limit: other, tag: "b"))
        let refused = rig.decide(large, small)
        #expect(refused.outcome == .refused(1))
        #expect(refused.decisions[0].isAllowed && refused.decisions[0].remaining == 90)
        let local = SharedLimiter(source: nil, local: LocalBucketTable(slots: 64), seed: 1)
        let once = Limit(rate: rate(1, 60), scope: "x")
        for isFirst in [true, false] {
            local.begin()
            local.add(other, key: 1)
            local.add(once, key: 2)
            var progress = LimitProgress()
            let outcome = withExtendedLifetime(once) { local.decide(now: 1_000_000_000_000, progress: &progress) }
            #expect(outcome == (isFirst ? .allowed : .refused(1)))
            #expect(local.decision(0).remaining == 99)
        }
    }
}

private let aSecond: UInt64 = 1_000_000_000
