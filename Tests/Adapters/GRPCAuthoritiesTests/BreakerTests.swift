import Testing

@testable import GRPCAuthorities

@Suite("Breaker of an authority")
struct BreakerTests {
    /// Half of the pause's spread: it is as long as it says.
    private static let middle = 0.5

    /// A breaker that calls inside `#expect` can change.
    private final class Held {
        private var breaker = AuthorityBreaker()

        var isOpen: Bool { breaker.isOpen }
        func admit(now: Int64) -> AuthorityBreaker.Admission { breaker.admit(now: now) }
        func succeeded() { breaker.succeeded() }
        func failed(_ admission: AuthorityBreaker.Admission, now: Int64, chance: Double) -> Bool {
            breaker.failed(admission, now: now, chance: chance)
        }
    }

    private func opened() -> Held {
        let breaker = Held()
        for _ in 0..<AuthorityBreaker.failures { _ = breaker.failed(breaker.admit(now: 0), now: 0, chance: Self.middle) }
        return breaker
    }

    @Test("opens on the fifth failure in a row, not on the fourth, and a success in between starts anew")
    func opens() {
        var breaker = Held()
        for count in 1...AuthorityBreaker.failures {
            #expect(breaker.admit(now: 0) == .call)
            #expect(breaker.failed(.call, now: 0, chance: Self.middle) == (count == AuthorityBreaker.failures))
            #expect(breaker.isOpen == (count == AuthorityBreaker.failures))
        }
        #expect(breaker.admit(now: 0) == .refused)

        breaker = Held()
        for _ in 1..<AuthorityBreaker.failures { _ = breaker.failed(.call, now: 0, chance: Self.middle) }
        breaker.succeeded()
        for _ in 1..<AuthorityBreaker.failures { #expect(!breaker.failed(.call, now: 0, chance: Self.middle)) }
        #expect(!breaker.isOpen)
    }

    @Test("after the pause one probe passes, and its end decides")
    func probes() {
        let breaker = opened()
        let pause = AuthorityBreaker.firstPause
        #expect(breaker.admit(now: pause - 1) == .refused)
        #expect(breaker.admit(now: pause) == .probe)
        #expect(breaker.admit(now: pause) == .refused)
        breaker.succeeded()
        #expect(!breaker.isOpen && breaker.admit(now: pause) == .call)
    }

    @Test("each probe that fails doubles the pause, up to its longest")
    func backsOff() {
        let breaker = opened()
        var (now, pause) = (Int64(0), AuthorityBreaker.firstPause)
        for _ in 0..<12 {
            #expect(breaker.admit(now: now + pause - 1) == .refused)
            now += pause
            let admission = breaker.admit(now: now)
            #expect(admission == .probe)
            #expect(breaker.failed(admission, now: now, chance: Self.middle))
            pause = min(2 * pause, AuthorityBreaker.longestPause)
        }
        #expect(pause == AuthorityBreaker.longestPause)
    }

    @Test("the pause lies between half of what it says and half more", arguments: [0.0, 0.25, 0.999_999])
    func jitter(chance: Double) {
        let breaker = Held()
        for _ in 0..<AuthorityBreaker.failures { _ = breaker.failed(.call, now: 0, chance: chance) }
        let pause = AuthorityBreaker.firstPause
        let end = pause / 2 + Int64(Double(pause) * chance)
        #expect(breaker.admit(now: end - 1) == .refused)
        #expect(breaker.admit(now: end) == .probe)
    }

    @Test("calls that began before it opened neither prolong the pause nor decide for the probe")
    func late() {
        let breaker = opened()
        let pause = AuthorityBreaker.firstPause
        #expect(!breaker.failed(.call, now: pause - 1, chance: Self.middle))
        #expect(breaker.admit(now: pause) == .probe)
        #expect(!breaker.failed(.call, now: pause, chance: Self.middle))
        #expect(breaker.admit(now: pause) == .refused)
        breaker.succeeded()
        #expect(!breaker.isOpen)
    }
}
