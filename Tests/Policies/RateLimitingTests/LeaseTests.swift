import Testing

@testable import RateLimiting

@Suite struct LeaseTests {
    let plenty = Limit(rate: rate(1_000_000, 1, burst: 1_000_000), scope: "u")

    /// Decides evenly spaced requests for a while; answers come at once. Answers how many there were.
    @discardableResult
    func feed(_ rig: LimiterRig, _ limit: Limit, perSecond: Int, milliseconds: Int) -> Int {
        let step = second / UInt64(perSecond)
        let end = rig.now + UInt64(milliseconds) * millisecond
        var count = 0
        while rig.now < end {
            rig.decide(Counted(limit: limit, tag: "a"))
            rig.now += step
            count += 1
        }
        return count
    }

    @Test(
        "leases nothing below 50 requests a second, and leases above",
        arguments: [(10, false), (48, false), (52, true), (1000, true)])
    func threshold(perSecond: Int, leases: Bool) {
        let rig = LimiterRig()
        let requests = feed(rig, plenty, perSecond: perSecond, milliseconds: 10_000)
        #expect((rig.limiter.counters.granted > requests) == leases)
        #expect((rig.source.sent == requests) == !leases)
    }

    @Test("forgets that a key was hot within seconds")
    func cools() {
        let rig = LimiterRig()
        feed(rig, plenty, perSecond: 200, milliseconds: 2000)
        feed(rig, plenty, perSecond: 10, milliseconds: 4000)
        let before = rig.source.sent
        let requests = feed(rig, plenty, perSecond: 10, milliseconds: 1000)
        #expect(rig.source.sent - before == requests)
    }

    @Test(
        "asks for a hot key a few times a second, never at more than 0.02 of its requests",
        arguments: [100, 200, 1000, 10_000])
    func calls(perSecond: Int) {
        let rig = LimiterRig()
        feed(rig, plenty, perSecond: perSecond, milliseconds: 3000)
        let before = rig.source.sent
        let requests = feed(rig, plenty, perSecond: perSecond, milliseconds: 4000)
        #expect(rig.source.sent - before <= 5 * 4)
        #expect(Double(rig.source.sent - before) <= 0.02 * Double(requests))
    }

    @Test("fetches the next lease before the last token is gone: nobody waits")
    func prefetch() {
        let rig = LimiterRig()
        feed(rig, plenty, perSecond: 1000, milliseconds: 2000)
        var waits = 0
        var held: [(due: UInt64, ask: LimitAsk)] = []
        for _ in 0..<3000 {
            waits += rig.begin(Counted(limit: plenty, tag: "a")).waits
            rig.limiter.flush()
            held += rig.takeHeld().map { (rig.now + 20 * millisecond, $0) }
            rig.now += millisecond
            for (_, ask) in held where rig.limiter.ask(ask.tag) === ask && held[0].due <= rig.now { rig.answer(ask) }
            held.removeAll { $0.due <= rig.now }
        }
        #expect(waits == 0)
    }

    @Test("those who lack tokens of a hot key wait for one question, whatever else they lack")
    func sharedQuestion() {
        let rig = LimiterRig()
        feed(rig, plenty, perSecond: 1000, milliseconds: 1000)
        rig.now += 2 * second
        let cold = Limit(rate: rate(10, 1), scope: "c")
        let before = rig.source.sent
        let requests = ["x", "y", "z"].map {
            rig.begin(Counted(limit: cold, tag: "a", name: $0), Counted(limit: plenty, tag: "a"))
        }
        rig.limiter.flush()
        #expect(rig.source.sent - before == 1)
        rig.settle()
        #expect(requests.allSatisfy { $0.outcome == .allowed })
        // One for the first, then one for each of the others' own.
        #expect(rig.source.sent - before == 3)
        #expect(requests.map(\.waits) == [1, 2, 2])
    }

    @Test("a leased token lives for a second from when it was asked for")
    func expiry() {
        let rig = LimiterRig()
        feed(rig, plenty, perSecond: 1000, milliseconds: 2000)
        // Whatever is in hand now was asked for at `asked` at the latest.
        let sent = rig.source.sent
        while rig.source.sent == sent { feed(rig, plenty, perSecond: 1000, milliseconds: 1) }
        let asked = rig.now - millisecond
        rig.now = asked + second - 1 * millisecond
        let before = rig.source.sent
        rig.decide(Counted(limit: plenty, tag: "a"))
        #expect(rig.source.sent == before)
        rig.now = asked + second
        let expired = rig.limiter.counters.expired
        #expect(rig.decide(Counted(limit: plenty, tag: "a")).waits == 1)
        #expect(rig.limiter.counters.expired > expired)
    }

    @Test("expires what was granted first before what came later, and holds nothing longer than granted")
    func batches() {
        var entry = LeaseEntry()
        let life: UInt64 = 1000 * millisecond
        entry.known = 0
        entry.grant(3, until: 1000)
        entry.known = 400 * millisecond
        entry.grant(5, until: 1400)
        entry.grant(2, until: 1300)
        #expect((entry.leased, entry.spare, entry.spareExpiry) == (3, 7, 1300))
        #expect(entry.expire(now: 999 * millisecond, milliseconds: 999, life: life) == 0)
        #expect(entry.expire(now: 1000 * millisecond, milliseconds: 1000, life: life) == 3)
        #expect((entry.leased, entry.spare, entry.expiry) == (7, 0, 1300))
        #expect(entry.expire(now: 1300 * millisecond, milliseconds: 1300, life: life) == 7)
        entry.grant(4, until: 1400)
        // Milliseconds of half a wrap later would look like times to come.
        let later = (1 << 31) * millisecond
        #expect(entry.expire(now: later, milliseconds: 1 << 31, life: life) == 4)
        #expect(entry.leased == 0)
    }

    @Test("leaves a hot key that is out of tokens alone for as long as a lease lasts, or half its bucket takes")
    func shortGrants() {
        for (limit, most) in [(rate(1000, 60), 5), (rate(1000, 1, burst: 200), 11), (rate(10, 1, burst: 1), 21)] {
            let rig = LimiterRig()
            let scarce = Limit(rate: limit, scope: "s")
            feed(rig, scarce, perSecond: 2000, milliseconds: 3000)
            let before = rig.source.sent
            feed(rig, scarce, perSecond: 2000, milliseconds: 1000)
            #expect(rig.source.sent - before <= most)
            #expect(rig.source.sent > before)
        }
    }

    @Test("grants what the limit allows to one loop that asks for twice as much", arguments: [(1000, 1, 200), (6000, 60, 500)])
    func accuracy(quota: Int, window: Int, burst: Int) {
        let rig = LimiterRig()
        let limit = Limit(rate: rate(quota, window, burst: burst), scope: "s")
        let offered = 2 * quota / window
        feed(rig, limit, perSecond: offered, milliseconds: 10_000)
        var allowed = 0
        for _ in 0..<offered * 10 {
            if rig.decide(Counted(limit: limit, tag: "a")).outcome == .allowed { allowed += 1 }
            rig.now += second / UInt64(offered)
        }
        let expected = 10 * quota / window
        #expect(abs(allowed - expected) <= expected / 100)
    }

    @Test("keeps a table of bounded size, in which hot keys stay and nothing is shared")
    func table() {
        #expect(MemoryLayout<LeaseEntry>.stride + MemoryLayout<UInt64>.stride <= 80)
        var settings = LeaseSettings()
        settings.entries = 64
        let rig = LimiterRig(settings)
        feed(rig, plenty, perSecond: 1000, milliseconds: 1000)
        let one = Limit(rate: rate(1, 1, burst: 1), scope: "x")
        let before = rig.limiter.counters.granted
        for index in 0..<2000 {
            #expect(rig.decide(Counted(limit: one, tag: "t\(index)"), Counted(limit: plenty, tag: "a")).outcome == .allowed)
            if index % 10 == 0 { rig.now += millisecond }
        }
        #expect(rig.limiter.table.count == 64)
        #expect(rig.limiter.counters.granted - before < 2000 + 3000)
    }
}
