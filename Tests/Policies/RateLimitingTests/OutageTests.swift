import Testing

@testable import RateLimiting

@Suite struct OutageTests {
    let tenant = Limit(rate: rate(100, 1, burst: 100), scope: "t")

    func counted(_ fallback: LimitFallback, _ tag: String = "a") -> Counted {
        Counted(limit: Limit(rate: rate(10, 1, burst: 9), scope: "u", fallback: fallback), tag: tag)
    }

    @Test(
        "those who wait when Valkey fails take the fallback of their limit, and nobody waits after them",
        arguments: LimitFallback.allCases)
    func fallback(_ fallback: LimitFallback) {
        let rig = LimiterRig()
        rig.instances.publish(3)
        let expected: LimitOutcome = fallback == .closed ? .unavailable(0) : .allowed
        let first = rig.begin(counted(fallback))
        rig.limiter.flush()
        let other = rig.begin(counted(fallback, "b"))
        #expect(first.outcome == nil && other.outcome == nil)
        // The question of the other is on no way yet.
        for ask in rig.takeHeld() { rig.limiter.failed(ask, now: rig.now) }
        #expect(first.outcome == expected)
        #expect(other.outcome == expected)
        rig.limiter.flush()
        #expect(rig.source.held.isEmpty)
        let later = (0..<10).map { _ in rig.begin(counted(fallback)) }
        #expect(later.allSatisfy { $0.waits == 0 })
        switch fallback {
        case .open: #expect(later.allSatisfy { $0.outcome == .allowed })
        case .closed: #expect(later.allSatisfy { $0.outcome == .unavailable(0) })
        // A third of nine, and the first has one of them.
        case .local:
            #expect(later.map { $0.outcome == .allowed } == [true, true] + [Bool](repeating: false, count: 8))
            #expect(later[1].decisions[0].remaining == 0)
            #expect(later[2].decisions[0].retryAfterNanoseconds == 3 * second / 10)
        }
        #expect(rig.source.wakes == 2)
        #expect(!rig.limiter.isGlobal)
        #expect(rig.limiter.counters.outages == 1)
        #expect(rig.limiter.waiting == 0)
    }

    @Test("takes a token of all local buckets or of none, and one that is closed answers before any")
    func several() {
        let rig = LimiterRig()
        rig.begin(counted(.local))
        rig.fail()
        let small = Counted(limit: Limit(rate: rate(1, 1), scope: "s"), tag: "a")
        #expect(rig.begin(Counted(limit: tenant, tag: "a"), small).outcome == .allowed)
        #expect(rig.begin(Counted(limit: tenant, tag: "a"), small).outcome == .refused(1))
        #expect(rig.begin(Counted(limit: tenant, tag: "a"), counted(.closed)).outcome == .unavailable(1))
        #expect(rig.begin(Counted(limit: tenant, tag: "a")).decisions[0].remaining == 98)
    }

    @Test("a local bucket begins with its part of what was left at Valkey")
    func drained() {
        let rig = LimiterRig()
        rig.instances.publish(2)
        let limit = Limit(rate: rate(50, 1), scope: "t")
        for _ in 0..<40 { rig.begin(Counted(limit: limit, tag: "a")) }
        rig.settle()
        rig.begin(Counted(limit: limit, tag: "b"))
        rig.fail()
        // Ten of fifty are left, and five of them are ours; of another tenant it knows nothing.
        let allowed = (0..<10).filter { _ in rig.begin(Counted(limit: limit, tag: "a")).outcome == .allowed }
        #expect(allowed.count == 5)
        let unknown = (0..<60).filter { _ in rig.begin(Counted(limit: limit, tag: "c")).outcome == .allowed }
        #expect(unknown.count == 25)
    }

    @Test("uses up leased tokens while Valkey is away, as long as they live")
    func leased() {
        let rig = LimiterRig()
        let plenty = Limit(rate: rate(10_000, 1), scope: "p", fallback: .closed)
        for _ in 0..<300 {
            rig.decide(Counted(limit: plenty, tag: "a"))
            rig.now += millisecond
        }
        rig.begin(counted(.local))
        rig.fail()
        #expect(rig.begin(Counted(limit: plenty, tag: "a")).outcome == .allowed)
        rig.now += second
        #expect(rig.begin(Counted(limit: plenty, tag: "a")).outcome == .unavailable(0))
    }

    @Test("asks every half second or so whether Valkey is back, then returns key by key within a second")
    func recovery() {
        let rig = LimiterRig()
        rig.begin(counted(.local))
        rig.fail()
        #expect(rig.source.sent == 1)
        for _ in 0..<100 {
            rig.now += 100 * millisecond
            rig.limiter.tick(now: rig.now)
            #expect(rig.source.held.count <= 1)
            rig.fail()
        }
        #expect((12...26).contains(rig.source.sent))
        while rig.source.held.isEmpty {
            rig.now += 100 * millisecond
            rig.limiter.tick(now: rig.now)
        }
        // What failed is asked for again, for nothing.
        let probe = rig.source.held[0]
        #expect(probe.requests == 0 && probe[0].extra == 0)
        #expect(rig.begin(counted(.local, "b")).waits == 0)
        rig.settle()
        #expect(rig.limiter.counters.granted == 0)
        #expect(!rig.limiter.isGlobal)
        var shares: [Int] = []
        for _ in 0..<5 {
            let requests = (0..<400).map { rig.decide(counted(.open, "t\($0)")) }
            shares.append(requests.filter { $0.waits > 0 || $0.decisions[0].resetNanoseconds > 0 }.count)
            rig.now += 250 * millisecond
            rig.limiter.tick(now: rig.now)
        }
        #expect(shares[0] == 0)
        for (share, expected) in zip(shares, [0, 100, 200, 300, 400]) { #expect(abs(share - expected) < 60) }
        #expect(shares[4] == 400)
        #expect(rig.limiter.isGlobal)
        #expect(rig.limiter.counters.outages == 1)
    }

    @Test("one that fails while the keys return is away again")
    func relapse() {
        let rig = LimiterRig()
        rig.begin(counted(.local))
        rig.fail()
        rig.now += second
        rig.limiter.tick(now: rig.now)
        rig.settle()
        rig.now += second / 2
        for index in 0..<50 { rig.begin(counted(.local, "t\(index)")) }
        rig.fail()
        #expect(rig.limiter.counters.outages == 2)
        #expect(rig.limiter.waiting == 0)
        #expect(rig.begin(counted(.local, "z")).waits == 0)
        // Only one of all that failed goes on asking.
        rig.now += second
        rig.limiter.tick(now: rig.now)
        #expect(rig.source.held.count == 1)
    }

    @Test("an answer that comes after the failure of another brings its tokens, and not Valkey back")
    func late() {
        let rig = LimiterRig()
        let first = rig.begin(counted(.closed, "a"))
        rig.limiter.flush()
        let second = rig.begin(counted(.closed, "b"))
        rig.limiter.flush()
        let held = rig.takeHeld()
        rig.limiter.failed(held[0], now: rig.now)
        #expect(first.outcome == .unavailable(0))
        #expect(second.outcome == .unavailable(0))
        rig.answer(held[1])
        #expect(!rig.limiter.isGlobal)
        #expect(rig.begin(counted(.closed, "b")).outcome == .allowed)
        #expect(rig.begin(counted(.closed, "b")).outcome == .unavailable(0))
    }

    @Test(
        "divides a rate by the instances, to one token at least",
        arguments: [(10, 1, 10, 3, 3), (10, 1, 2, 5, 1), (100, 1, 100, 1, 100), (1, 864_000, 1, 7, 1)])
    func divided(quota: Int, window: Int, burst: Int, parts: Int, expected: Int) {
        let whole = rate(quota, window, burst: burst)
        let part = whole.divided(by: parts)
        var state = GCRA.full(at: second)
        var granted = 0
        while GCRA.take(from: &state, rate: part, now: second).isAllowed { granted += 1 }
        #expect(granted == expected)
        let wait = GCRA.take(from: &state, rate: part, now: second).retryAfterNanoseconds
        #expect(wait == min(864_000 * second, UInt64(window * parts) * second / UInt64(quota)))
    }

    @Test("draining lowers a bucket and never fills it")
    func drain() {
        let table = LocalBucketTable(slots: 16)
        let rate = rate(10, 1, burst: 10)
        table.drain(key: 1, rate: rate, missing: 7, of: 10, now: second)
        #expect(table.take(key: 1, rate: rate, now: second).remaining == 2)
        table.drain(key: 1, rate: rate, missing: 1, of: 10, now: second)
        #expect(table.take(0, key: 1, rate: rate, now: second).remaining == 2)
        table.drain(key: 1, rate: rate, missing: 10, of: 10, now: second)
        #expect(!table.take(key: 1, rate: rate, now: second).isAllowed)
    }
}
