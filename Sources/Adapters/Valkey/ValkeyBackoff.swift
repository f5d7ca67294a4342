/// Draws delays (xorshift); nothing secret hangs on it.
struct ValkeyBackoff {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    private mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// A number in `0..<bound`; 0 for bounds below two.
    mutating func below(_ bound: Int64) -> Int64 { bound < 2 ? 0 : Int64(next() % UInt64(bound)) }

    /// A delay from nothing to `base` doubled `failures` times, at most `longest`: full jitter, so that the clients of a server that
    /// comes back do not come together.
    mutating func delay(base: Int64, failures: Int, longest: Int64) -> Int64 {
        below(min(longest, base << Int64(min(failures, 20))) + 1)
    }

    /// A delay within a fifth of `delay`.
    mutating func around(_ delay: Int64) -> Int64 { delay - delay / 5 + below(delay * 2 / 5 + 1) }
}
