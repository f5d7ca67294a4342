import Bytes
import CircuitBreaking
import Testing

@Suite struct RetryPolicyTests {
    let policy = RetryPolicy()

    @Test("repeats a failed GET or HEAD once after 100 ms, and nothing else")
    func once() {
        for failure in CallFailureClass.allCases {
            let isRepeated = [.connection, .deadline, .unavailable, .fault].contains(failure)
            #expect(
                policy.decide(isRead: true, attempt: 1, failure: failure, remaining: 5_000)
                    == (isRepeated ? .after(milliseconds: 100) : .no))
            #expect(policy.decide(isRead: true, attempt: 2, failure: failure, remaining: 5_000) == .no)
            #expect(policy.decide(isRead: false, attempt: 1, failure: failure, remaining: 5_000) == .no)
        }
    }

    @Test(
        "only when the deadline leaves the delay and 50 ms",
        arguments: [(150, true), (149, false), (0, false), (-1, false), (.min + 50, false), (.max, true)] as [(Int64, Bool)])
    func deadline(remaining: Int64, repeated: Bool) {
        #expect((policy.decide(isRead: true, attempt: 1, failure: .unavailable, remaining: remaining) != .no) == repeated)
    }

    @Test(
        "the service's pushback replaces the delay, or forbids",
        arguments: [
            ("0", .after(milliseconds: 0)), ("250", .after(milliseconds: 250)), ("4950", .after(milliseconds: 4_950)),
            ("4951", .no), ("999999999", .no),
            ("-1", .no), ("", .no), ("x", .no), ("1.5", .no), ("1000000000", .no), (nil, .after(milliseconds: 100)),
        ] as [(String?, RetryPolicy.Decision)])
    func pushback(text: String?, decision: RetryPolicy.Decision) {
        let pushback = text.map { $0.withByteView { RetryPushback($0) } } ?? RetryPushback(nil)
        #expect(policy.decide(isRead: true, attempt: 1, failure: .unavailable, remaining: 5_000, pushback: pushback) == decision)
    }

    @Test("jitter only lengthens the delay, by its share at most")
    func jitter() {
        var policy = RetryPolicy()
        policy.jitterPercent = 50
        let delays = (0..<1_000).map { policy.decide(isRead: true, attempt: 1, failure: .fault, remaining: 5_000, random: $0) }
        #expect(Set(delays) == Set((100...150).map { .after(milliseconds: $0) }))
        // Numbers no one should configure do not trap.
        for (delay, percent) in [(Int64.max, Int64.max), (-5, 5), (5, -5), (.min, .min), (.max, 1)] {
            (policy.delayMilliseconds, policy.jitterPercent) = (delay, percent)
            _ = policy.decide(isRead: true, attempt: 1, failure: .fault, remaining: 5_000, random: .max)
        }
    }

    @Test("can be turned off, and set to more than one")
    func retries() {
        var policy = RetryPolicy()
        policy.retries = 0
        #expect(policy.decide(isRead: true, attempt: 1, failure: .fault, remaining: 5_000) == .no)
        policy.retries = 2
        #expect(policy.decide(isRead: true, attempt: 2, failure: .fault, remaining: 5_000) == .after(milliseconds: 100))
        #expect(policy.decide(isRead: true, attempt: 3, failure: .fault, remaining: 5_000) == .no)
    }
}

@Suite struct RetryBudgetTests {
    private func retries(of budget: inout RetryBudget, at now: Int64) -> Int {
        (0..<10_000).count { _ in budget.takeRetry(now: now) }
    }

    @Test(
        "three a second without traffic, shared by the loops, one at least",
        arguments: [(1, 30), (2, 15), (4, 7), (30, 1), (64, 1), (0, 30)])
    func floor(loops: Int, retries count: Int) {
        var budget = RetryBudget(loops: loops)
        #expect(retries(of: &budget, at: 5) == count)
    }

    @Test("one for five requests besides")
    func share() {
        var budget = RetryBudget()
        for _ in 0..<1_000 { budget.countRequest(now: 500) }
        #expect(retries(of: &budget, at: 900) == 230)
    }

    @Test("both are forgotten after ten seconds", arguments: [(9_999, 0), (10_000, 30), (1 << 60, 30)] as [(Int64, Int)])
    func window(later: Int64, retries count: Int) {
        var budget = RetryBudget()
        for _ in 0..<1_000 { budget.countRequest(now: 0) }
        #expect(retries(of: &budget, at: 0) == 230)
        #expect(retries(of: &budget, at: later) == count)
    }

    @Test("agrees with a list of everything that happened", arguments: 0..<30)
    func model(seed: UInt64) {
        var random = SeededRandom(state: seed)
        var budget = RetryBudget(loops: 6)
        var requests: [Int64] = []
        var retries: [Int64] = []
        var now = Int64.random(in: 0...1 << 50, using: &random)
        for _ in 0..<3_000 {
            now +=
                random.next() % 50 == 0 ? Int64.random(in: 0...15_000, using: &random) : Int64.random(in: 0...60, using: &random)
            if random.next() % 2 == 0 {
                budget.countRequest(now: now)
                requests.append(now)
            } else {
                let inWindow = { (times: [Int64]) in times.count { now / 1_000 - $0 / 1_000 < 10 } }
                let isAllowed = inWindow(retries) < 5 + inWindow(requests) / 5
                guard budget.takeRetry(now: now) == isAllowed else { Issue.record("differs at \(now)"); return }
                if isAllowed { retries.append(now) }
            }
        }
    }
}
