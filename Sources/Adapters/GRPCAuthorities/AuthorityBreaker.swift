/// Leaves an authority alone that failed repeatedly, and finds out with one call at a time whether it is back.
struct AuthorityBreaker {
    /// Failures in a row that open it.
    static let failures = 5
    /// Milliseconds it stays open the first time; twice as long with every probe that fails, up to `longestPause`.
    static let firstPause: Int64 = 500
    static let longestPause: Int64 = 10_000

    /// What a call may do, and how its end is told apart from those of calls before it.
    enum Admission: Equatable {
        case refused
        case call
        /// The one that decides whether it closes.
        case probe
    }

    private enum Phase {
        case closed(failures: Int)
        case open(until: Int64, pause: Int64)
        case probing(pause: Int64)
    }

    private var phase = Phase.closed(failures: 0)

    /// Whether calls are refused, but for probes.
    var isOpen: Bool { if case .closed = phase { false } else { true } }

    /// Asks whether a call may be made. `now` is in milliseconds.
    mutating func admit(now: Int64) -> Admission {
        switch phase {
        case .closed: return .call
        case .open(let until, let pause) where now >= until:
            phase = .probing(pause: pause)
            return .probe
        case .open, .probing: return .refused
        }
    }

    /// A call got through: whoever answers is there.
    mutating func succeeded() { phase = .closed(failures: 0) }

    /// A call failed; true when this opened the breaker. `chance` in 0..<1 spreads the gateways that lost the same authority.
    mutating func failed(_ admission: Admission, now: Int64, chance: Double) -> Bool {
        switch phase {
        case .closed(let failures):
            guard failures + 1 >= Self.failures else {
                phase = .closed(failures: failures + 1)
                return false
            }
            open(Self.firstPause, now, chance)
        case .probing(let pause) where admission == .probe: open(min(2 * pause, Self.longestPause), now, chance)
        // The call began before it opened and says nothing new.
        case .open, .probing: return false
        }
        return true
    }

    private mutating func open(_ pause: Int64, _ now: Int64, _ chance: Double) {
        phase = .open(until: now + pause / 2 + Int64(Double(pause) * chance), pause: pause)
    }
}
