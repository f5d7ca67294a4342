/// A fast source of identifiers for one event loop: xoshiro256** (Blackman and Vigna 2018).
///
/// Good enough for trace, span and request ids; never for keys, tokens or anything that must not be guessed.
public struct LoopRandom: RandomNumberGenerator, Sendable {
    private var first: UInt64
    private var second: UInt64
    private var third: UInt64
    private var fourth: UInt64

    /// A generator seeded by the system.
    public init() {
        var system = SystemRandomNumberGenerator()
        self.init(using: &system)
    }

    /// A generator seeded by another one.
    public init(using source: inout some RandomNumberGenerator) {
        first = source.next()
        second = source.next()
        third = source.next()
        // A state of zeros would stay zero.
        fourth = source.next() | 1
    }

    /// A repeatable generator for tests; seeds spread as SplitMix64 does.
    public init(seed: UInt64) {
        var state = SplitMix(state: seed)
        self.init(using: &state)
    }

    public mutating func next() -> UInt64 {
        let product = second &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = second << 17
        third ^= first
        fourth ^= second
        second ^= third
        first ^= fourth
        third ^= shifted
        fourth = fourth << 45 | fourth >> 19
        return result
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
