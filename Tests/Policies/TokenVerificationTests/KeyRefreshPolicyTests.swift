import Testing

@testable import TokenVerification

@Suite("Key refresh policy")
struct KeyRefreshPolicyTests {
    private func policy(_ names: [String] = ["a"], loaded: Bool = true) -> KeyRefreshPolicy {
        var policy = KeyRefreshPolicy()
        policy.setIssuers(Dictionary(uniqueKeysWithValues: names.map { ($0, KeyRefreshPolicy.Times()) }), now: 0)
        guard loaded else { return policy }
        for name in policy.due(now: 0) { finish(&policy, name, now: 0) }
        return policy
    }

    private func finish(
        _ policy: inout KeyRefreshPolicy, _ name: String = "a", ok: Bool = true, now: Int64, chance: Double = 0.5,
        known: Set<UInt64> = []
    ) {
        policy.finished(issuer: name, succeeded: ok, now: now, chance: chance) { known.contains($0) }
    }

    @Test("every issuer is due at once, and each only once while it is being fetched")
    func first() {
        var policy = policy(["b", "a"], loaded: false)
        #expect(!policy.hasLoadedAll && policy.neverLoaded == ["a", "b"])
        #expect(policy.due(now: 0) == ["a", "b"])
        #expect(policy.due(now: 1_000_000).isEmpty)
        #expect(policy.nextDue == nil)
        finish(&policy, "a", now: 5)
        #expect(policy.neverLoaded == ["b"])
        finish(&policy, "b", now: 5)
        #expect(policy.hasLoadedAll)
    }

    @Test("refreshes every five minutes, a tenth earlier or later", arguments: [(0.0, 270_000), (0.5, 300_000), (1.0, 330_000)])
    func refresh(_ chance: Double, _ next: Int64) {
        var policy = policy(loaded: false)
        _ = policy.due(now: 0)
        finish(&policy, now: 0, chance: chance)
        #expect(policy.nextDue == next)
        #expect(policy.due(now: next - 1).isEmpty)
        #expect(policy.due(now: next) == ["a"])
    }

    @Test("failures double the wait from one second to one minute, and a success ends them")
    func backoff() {
        var policy = policy(loaded: false)
        var now: Int64 = 0
        for wait: Int64 in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            #expect(policy.due(now: now) == ["a"])
            finish(&policy, ok: false, now: now)
            #expect(policy.nextDue == now + wait * 1000)
            now += wait * 1000
        }
        #expect(!policy.hasLoadedAll)
        _ = policy.due(now: now)
        finish(&policy, now: now)
        #expect(policy.nextDue == now + 300_000)
        _ = policy.due(now: now + 300_000)
        finish(&policy, ok: false, now: now + 300_000)
        #expect(policy.nextDue == now + 301_000)
        #expect(policy.hasLoadedAll, "losing an issuer later does not make it unloaded")
    }

    @Test("an unknown key causes one fetch, and everybody who asks meanwhile waits for it")
    func singleFlight() {
        var policy = policy()
        #expect(policy.unknownKey(issuer: "a", key: 1, now: 20_000) == .fetch)
        #expect(policy.unknownKey(issuer: "a", key: 1, now: 20_001) == .wait)
        #expect(policy.unknownKey(issuer: "a", key: 2, now: 20_002) == .wait)
        #expect(policy.due(now: 1_000_000).isEmpty, "the background does not fetch a second time")
    }

    @Test("a background fetch under way serves unknown keys too")
    func joinsBackground() {
        var policy = policy()
        _ = policy.due(now: 300_000)
        #expect(policy.unknownKey(issuer: "a", key: 1, now: 300_001) == .wait)
    }

    @Test("unknown keys cause a fetch at most every ten seconds, whichever keys they are")
    func rate() {
        var policy = policy()
        #expect(policy.unknownKey(issuer: "a", key: 1, now: 9_999) == .answerUnknown)
        #expect(policy.unknownKey(issuer: "a", key: 1, now: 10_000) == .fetch)
        finish(&policy, now: 10_100)
        #expect(policy.unknownKey(issuer: "a", key: 2, now: 20_099) == .answerUnknown)
        #expect(policy.unknownKey(issuer: "a", key: 2, now: 20_100) == .fetch)
    }

    @Test("a key the issuer does not have is not asked for again for half a minute; others are")
    func negative() {
        var policy = policy()
        _ = policy.unknownKey(issuer: "a", key: 1, now: 20_000)
        _ = policy.unknownKey(issuer: "a", key: 2, now: 20_000)
        finish(&policy, now: 20_000, known: [2])
        #expect(policy.unknownKey(issuer: "a", key: 1, now: 49_999) == .answerUnknown)
        #expect(policy.unknownKey(issuer: "a", key: 2, now: 40_000) == .fetch, "it came with the answer and may leave again")
        finish(&policy, ok: false, now: 40_000)
        #expect(policy.unknownKey(issuer: "a", key: 1, now: 50_000) == .fetch)
    }

    @Test("a failed fetch proves nothing about a key")
    func failureIsNoProof() {
        var policy = policy()
        _ = policy.unknownKey(issuer: "a", key: 1, now: 20_000)
        finish(&policy, ok: false, now: 20_000)
        #expect(policy.unknownKey(issuer: "a", key: 1, now: 29_999) == .answerUnknown)
        #expect(policy.unknownKey(issuer: "a", key: 1, now: 30_000) == .fetch)
    }

    @Test("issuers do not share limits or unknown keys")
    func apart() {
        var policy = policy(["a", "b"])
        #expect(policy.unknownKey(issuer: "a", key: 1, now: 20_000) == .fetch)
        finish(&policy, "a", now: 20_000)
        #expect(policy.unknownKey(issuer: "b", key: 1, now: 20_000) == .fetch)
        #expect(policy.unknownKey(issuer: "c", key: 1, now: 20_000) == .answerUnknown)
    }

    @Test("new configuration keeps the state of issuers that stay and forgets the others")
    func reconfigured() {
        var policy = policy(["a", "b"])
        policy.setIssuers(["a": KeyRefreshPolicy.Times(), "c": KeyRefreshPolicy.Times()], now: 1000)
        #expect(policy.neverLoaded == ["c"])
        #expect(policy.due(now: 1000) == ["c"])
        policy.setIssuers(["a": KeyRefreshPolicy.Times(refresh: 500)], now: 2000)
        #expect(policy.nextDue == 2500, "a shorter period takes effect now")
        finish(&policy, "c", now: 2000)
        #expect(policy.hasLoadedAll)
    }

    @Test("many keys wanted at once are bounded in memory: the rest is not remembered")
    func bounded() {
        var policy = policy()
        for key in 0..<100 { _ = policy.unknownKey(issuer: "a", key: UInt64(key), now: 20_000) }
        finish(&policy, now: 20_000)
        let forgotten = (0..<100).filter { policy.copyAnswers(UInt64($0), now: 35_000) == .fetch }.count
        #expect(forgotten >= 36)
        #expect(forgotten < 100)
    }
}

extension KeyRefreshPolicy {
    /// What the policy would answer, without changing it.
    fileprivate func copyAnswers(_ key: UInt64, now: Int64) -> Answer {
        var copy = self
        return copy.unknownKey(issuer: "a", key: key, now: now)
    }
}
