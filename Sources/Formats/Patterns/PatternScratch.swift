/// The memory of one event loop that matching uses; grows to the largest pattern it has met and then allocates nothing.
///
/// Not thread-safe: patterns are shared, the scratch is not.
public final class PatternScratch {
    /// Places in the text, by slot.
    var slots = Pool<Int32>()
    /// What a backtracking match goes back to.
    var trail = Pool<Backtracker.Entry>()
    /// States of the automaton at this code point and the next one, those still to be followed, and when each was last seen.
    var current = Pool<Int32>()
    var following = Pool<Int32>()
    var pending = Pool<Int32>()
    var seen = Pool<UInt32>()
    /// Counts code points over all matches, so that `seen` need not be emptied for each.
    var generation: UInt32 = 0
    /// Steps of the last match that took more than a look at each code point; a caller that makes many adds them up.
    public var steps = 0

    public init() {}

    /// Memory for `capacity` values that stays until more are asked for.
    final class Pool<Element: BitwiseCopyable> {
        private(set) var base: UnsafeMutablePointer<Element>
        private(set) var capacity = 0

        init() { base = .allocate(capacity: 0) }

        deinit { base.deallocate() }

        /// Makes room for `count` values; keeps what is there and fills the rest.
        func reserve(_ count: Int, filling value: Element) {
            guard count > capacity else { return }
            let larger = max(count, capacity * 2, 64)
            let fresh = UnsafeMutablePointer<Element>.allocate(capacity: larger)
            fresh.update(from: base, count: capacity)
            (fresh + capacity).initialize(repeating: value, count: larger - capacity)
            base.deallocate()
            base = fresh
            capacity = larger
        }
    }
}
