import Bytes
import Testing

@testable import RateLimiting

@Suite struct SharedLimiterTests {
    let user = Limit(rate: rate(10, 1, burst: 3), scope: "u")
    let tenant = Limit(rate: rate(100, 1, burst: 100), scope: "t")

    @Test("asks for exactly one token a request of a cold key, and says what is left")
    func cold() {
        let rig = LimiterRig()
        for left in [2, 1, 0] {
            let request = rig.decide(Counted(limit: user, tag: "a", name: "x"))
            #expect(request.outcome == .allowed)
            #expect(request.waits == 1)
            #expect(request.decisions[0].remaining == left)
        }
        #expect(rig.source.sent == 3)
        #expect(rig.limiter.counters.granted == 3)
        let refused = rig.decide(Counted(limit: user, tag: "a", name: "x"))
        #expect(refused.outcome == .refused(0))
        #expect(refused.decisions[0].retryAfterNanoseconds == second / 10)
        #expect(refused.decisions[0].resetNanoseconds == 3 * second / 10)
    }

    @Test("remembers a refusal exactly until the next token can be there")
    func denial() {
        let rig = LimiterRig()
        for _ in 0..<3 { rig.decide(Counted(limit: user, tag: "a", name: "x")) }
        let asked = rig.source.sent
        rig.now += second / 10 - 1000
        #expect(rig.decide(Counted(limit: user, tag: "a", name: "x")).outcome == .refused(0))
        #expect(rig.source.sent == asked)
        rig.now += 1000
        #expect(rig.decide(Counted(limit: user, tag: "a", name: "x")).outcome == .allowed)
        #expect(rig.source.sent == asked + 1)
    }

    @Test("asks once for all requests of a turn, and once more for those that came too late")
    func singleFlight() {
        let rig = LimiterRig()
        let early = (0..<5).map { _ in rig.begin(Counted(limit: tenant, tag: "a")) }
        #expect(rig.source.wakes == 1)
        rig.limiter.flush()
        let late = (0..<3).map { _ in rig.begin(Counted(limit: tenant, tag: "a")) }
        #expect(rig.source.sent == 1)
        #expect(rig.source.held[0].requests == 5)
        rig.settle()
        #expect(rig.source.sent == 2)
        #expect((early + late).allSatisfy { $0.outcome == .allowed })
        #expect(rig.limiter.counters.granted == 8)
        #expect(rig.limiter.waiting == 0)
    }

    @Test("takes a token of every limit or of none")
    func allOrNone() {
        let rig = LimiterRig()
        let limits = (Counted(limit: user, tag: "a", name: "x"), Counted(limit: tenant, tag: "a"))
        let requests = (0..<5).map { _ in rig.begin(limits.0, limits.1) }
        rig.settle()
        #expect(requests.map { $0.outcome == .allowed } == [true, true, true, false, false])
        #expect(requests[4].outcome == .refused(0))
        // Two that were refused took nothing from the tenant.
        let other = rig.decide(Counted(limit: user, tag: "a", name: "y"), limits.1)
        #expect(other.decisions[1].remaining == 96)
    }

    @Test("the limit added first refuses first")
    func order() {
        let rig = LimiterRig()
        let one = Limit(rate: rate(1, 1), scope: "one")
        let two = Limit(rate: rate(1, 1), scope: "two")
        let limits = (Counted(limit: one, tag: "a"), Counted(limit: two, tag: "a"))
        #expect(rig.decide(limits.0, limits.1).outcome == .allowed)
        #expect(rig.decide(limits.0, limits.1).outcome == .refused(0))
        #expect(rig.decide(limits.1, limits.0).outcome == .refused(0))
        #expect(rig.decide(Counted(limit: user, tag: "a", name: "z"), limits.1).outcome == .refused(1))
    }

    @Test("charges a limit of the process once, however often the request is resumed")
    func process() {
        let rig = LimiterRig()
        let hot = Limit(rate: rate(10, 1, burst: 2), scope: "hot", reach: .process)
        for _ in 0..<2 {
            let request = rig.decide(Counted(limit: hot, tag: "a"), Counted(limit: user, tag: "a", name: "x"))
            #expect(request.outcome == .allowed)
            #expect(request.waits == 1)
        }
        let refused = rig.decide(Counted(limit: hot, tag: "a"), Counted(limit: user, tag: "a", name: "x"))
        #expect(refused.outcome == .refused(0))
        #expect(rig.source.sent == 2)
    }

    @Test("is a local bucket at the full rate where there is no Valkey")
    func alone() {
        let limiter = SharedLimiter(source: nil, local: LocalBucketTable(slots: 64), instances: InstanceCount(5), seed: 1)
        func decide(_ now: UInt64, _ limits: Limit...) -> LimitOutcome {
            limiter.begin()
            for limit in limits { limiter.add(limit, key: 5) }
            var progress = LimitProgress()
            return limiter.decide(now: now, progress: &progress)
        }
        let closed = Limit(rate: rate(10, 1, burst: 3), scope: "c", fallback: .closed)
        for left in [2, 1, 0] {
            #expect(decide(second, closed, tenant) == .allowed)
            #expect(limiter.decision(0).remaining == left)
            #expect(limiter.decision(1).remaining == 97 + left)
        }
        #expect(decide(second, tenant, closed) == .refused(1))
        #expect(limiter.decision(1).retryAfterNanoseconds == second / 10)
        #expect(decide(second, tenant) == .allowed)
        // The one refused took nothing.
        #expect(limiter.decision(0).remaining == 96)
    }

    @Test("holds no more requests than it may, and those no longer than for four questions")
    func bounds() {
        var settings = LeaseSettings()
        settings.waiting = 3
        let rig = LimiterRig(settings)
        let waiting = (0..<3).map { _ in rig.begin(Counted(limit: tenant, tag: "a")) }
        let fourth = rig.begin(Counted(limit: tenant, tag: "a"))
        #expect(waiting.allSatisfy { $0.outcome == nil })
        #expect(fourth.outcome == .allowed)
        #expect(rig.limiter.counters.fallbacks == 1)
        rig.settle()
        // Granted nothing though there should be something: it asks again, but not for ever.
        let request = rig.begin(Counted(limit: user, tag: "b", name: "x"))
        for _ in 0..<4 {
            rig.limiter.flush()
            for ask in rig.takeHeld() {
                #expect(ask.reply(0, granted: 0, level: ask[0].rate.capacity))
                rig.limiter.answered(ask, now: rig.now)
            }
        }
        #expect(request.waits == 4)
        #expect(request.outcome == .allowed)
        #expect(rig.limiter.counters.fallbacks == 2)
        #expect(rig.limiter.waiting == 0)
    }

    @Test("has no more questions on their way than it may")
    func asks() {
        var settings = LeaseSettings()
        settings.asks = 2
        let rig = LimiterRig(settings)
        let requests = ["x", "y", "z"].map { rig.begin(Counted(limit: user, tag: "a", name: $0)) }
        #expect(requests.map { $0.outcome == nil } == [true, true, false])
        rig.settle()
        #expect(requests.allSatisfy { $0.outcome == .allowed })
    }

    @Test("names keys so that their tag cannot be steered")
    func names() {
        let rig = LimiterRig()
        func keys(_ tag: String, _ name: String) -> String {
            let request = rig.begin(Counted(limit: user, tag: tag, name: name))
            rig.limiter.flush()
            defer { rig.settle() }
            _ = request
            return String(rig.source.held[0].key(0))
        }
        #expect(keys("acme", "u1") == "limit:{acme}:u:u1")
        #expect(keys("a}b{c%", "{x}%") == "limit:{a%7Db%7Bc%25}:u:{x}%25")
        #expect(keys("", "x") == "limit:{%}:u:x")
        let long = keys("a", String(repeating: "x", count: 257))
        #expect(long.count == "limit:{a}:u:%#".count + 32)
        #expect(keys("a", String(repeating: "y", count: 256)).count == "limit:{a}:u:".count + 256)
        rig.decide(Counted(limit: tenant, tag: "acme"))
        #expect(rig.model.buckets.keys.contains("limit:{acme}:t"))
    }

    @Test(
        "takes no answer that cannot be true",
        arguments: [(-1, 0), (2, 0), (0, -1), (0, Int64.max), (1, 3_000_001), (Int64.min, 0)] as [(Int64, Int64)])
    func impossible(granted: Int64, level: Int64) {
        let rig = LimiterRig()
        let request = rig.begin(Counted(limit: user, tag: "a", name: "x"))
        rig.limiter.flush()
        #expect(!rig.source.held[0].reply(0, granted: granted, level: level))
        #expect(!rig.source.held[0].reply(1, granted: 1, level: 0))
        #expect(request.outcome == nil)
    }

    @Test("knows a question by its tag until it is answered")
    func tags() {
        let rig = LimiterRig()
        let request = rig.begin(Counted(limit: user, tag: "a", name: "x"))
        rig.limiter.flush()
        let tag = rig.source.held[0].tag
        #expect(rig.limiter.ask(tag) === rig.source.held[0])
        #expect(rig.limiter.ask(tag + 1) == nil)
        #expect(rig.limiter.ask(-1) == nil)
        rig.settle()
        #expect(rig.limiter.ask(tag) == nil)
        #expect(request.outcome == .allowed)
    }

    @Test("tells a bucket that forgot what it held, and one whose rate has changed that nothing is known")
    func hints() {
        let rig = LimiterRig()
        let minute = Limit(rate: rate(600, 60, burst: 600), scope: "u")
        for _ in 0..<3 { rig.begin(Counted(limit: minute, tag: "a")).ask() }
        rig.settle()
        let known = rig.model.buckets["limit:{a}:u"]?.level ?? 0
        rig.model.buckets = [:]
        rig.now += 2 * second
        let request = rig.begin(Counted(limit: minute, tag: "a"))
        rig.limiter.flush()
        let unit = rig.source.held[0][0].rate.unit
        // Two seconds went by, and one is granted for questions that overtake each other.
        #expect(rig.source.held[0][0].most == min(600 * unit, known + 3 * 10 * unit))
        rig.settle()
        #expect(request.outcome == .allowed)
        let faster = Limit(rate: rate(1200, 60, burst: 900), scope: "u")
        let other = rig.begin(Counted(limit: faster, tag: "a"))
        rig.limiter.flush()
        #expect(rig.source.held[0][0].most == rig.source.held[0][0].rate.capacity)
        rig.settle()
        #expect(other.outcome == .allowed)
    }

    @Test("shows that it lives about every three seconds and believes the largest of the last four counts")
    func heartbeat() {
        let rig = LimiterRig(beats: true)
        for _ in 0..<600 {
            rig.now += 100 * millisecond
            rig.limiter.tick(now: rig.now)
        }
        #expect((16...26).contains(rig.source.beats))
        for (count, believed) in [(3, 3), (1, 3), (1, 3), (1, 3), (1, 1), (0, 1), (7, 7)] {
            rig.limiter.counted(count)
            #expect(rig.instances.current == believed)
        }
        let silent = LimiterRig()
        silent.limiter.tick(now: silent.now)
        #expect(silent.source.beats == 0)
    }
}
