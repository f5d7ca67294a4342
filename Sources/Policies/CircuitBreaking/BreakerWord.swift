/// A breaker's whole state in one atomic word, so that every transition is one exchange.
///
/// Two bits of phase, 22 bits of epoch, 40 bits that depend on the phase: a time, or (service breaker, closed) the run of failures.
/// The epoch changes with every transition. A call carries the epoch of its admission, so its report counts only in the
/// phase that admitted it, and in the half-open phase only the probe's own report fits.
///
/// Times are the low 40 bits of milliseconds, compared by their signed difference: right up to 17 years apart.
struct BreakerWord: Equatable {
    let raw: UInt64

    private static let lowBits: UInt64 = 40
    private static let lowMask: UInt64 = 1 << 40 - 1
    private static let epochMask: UInt32 = 1 << 22 - 1

    init(raw: UInt64) { self.raw = raw }

    private init(phase: UInt64, epoch: UInt32, low: UInt64) {
        raw = phase << 62 | UInt64(epoch) << Self.lowBits | low & Self.lowMask
    }

    /// Closed without a failure.
    static func closed(epoch: UInt32) -> Self { Self(phase: 0, epoch: epoch, low: 0) }
    /// Closed, since `time`.
    static func closed(epoch: UInt32, since time: Int64) -> Self { Self(phase: 0, epoch: epoch, low: low(time)) }
    /// Open, refusing until `time`.
    static func open(epoch: UInt32, until time: Int64) -> Self { Self(phase: 1, epoch: epoch, low: low(time)) }
    /// A probe is under way, which has until `time`.
    static func probing(epoch: UInt32, until time: Int64) -> Self { Self(phase: 2, epoch: epoch, low: low(time)) }

    private static func low(_ time: Int64) -> UInt64 { UInt64(bitPattern: time) }

    var isClosed: Bool { raw >> 62 == 0 }
    var isProbing: Bool { raw >> 62 == 2 }
    var epoch: UInt32 { UInt32(truncatingIfNeeded: raw >> Self.lowBits) & Self.epochMask }
    /// The epoch after this one; never 0, which stands for "no state at all".
    var nextEpoch: UInt32 { epoch == Self.epochMask ? 1 : epoch &+ 1 }

    /// Milliseconds from `now` to the word's time; not positive when it has come.
    func remaining(at now: Int64) -> Int64 {
        let difference = (raw &- Self.low(now)) << (64 - Self.lowBits)
        return Int64(bitPattern: difference) >> Int64(64 - Self.lowBits)
    }

    /// The phase as one sees it from outside: a breaker whose time of refusal is over is half-open before anyone asks it.
    func phase(at now: Int64) -> BreakerPhase {
        if isClosed { return .closed }
        return isProbing || remaining(at: now) <= 0 ? .halfOpen : .open
    }
}

/// The run of failures of a closed service breaker.
extension BreakerWord {
    /// Failures since the last success, counted up to what opens the breaker.
    var run: Int { Int(truncatingIfNeeded: raw >> 32 & 0xff) }
    var isClosedWithoutRun: Bool { raw & (3 << 62 | 0xff << 32) == 0 }
    /// The number of the next failure since the breaker closed; wraps.
    var position: UInt32 { UInt32(truncatingIfNeeded: raw) }

    func addingFailure(upTo most: Int) -> Self {
        let run = UInt64(min(self.run &+ 1, most))
        return Self(phase: 0, epoch: epoch, low: run << 32 | UInt64(position &+ 1))
    }

    var withoutRun: Self { Self(phase: 0, epoch: epoch, low: UInt64(position)) }
}
