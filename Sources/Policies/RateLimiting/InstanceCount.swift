import Synchronization

/// How many gateway processes share the limits, as one loop saw it last and all loops of the process read it.
public final class InstanceCount: Sendable {
    private let seen: Atomic<Int>

    /// Starts with a guess, at least 1.
    public init(_ count: Int = 1) { seen = Atomic(max(1, count)) }

    /// The count last published; at least 1.
    public var current: Int { seen.load(ordering: .relaxed) }

    /// Publishes a count; less than 1 counts as 1.
    public func publish(_ count: Int) { seen.store(max(1, count), ordering: .relaxed) }
}

/// When a process shows that it lives, and what it makes of the answers.
struct InstanceBeat {
    /// A Valkey that lost its memory counts too few until everybody has shown up again: the largest of the last counts is believed.
    private var last = (0, 0, 0, 0)
    private var next: UInt64 = 0

    mutating func isDue(now: UInt64, milliseconds: Int, random: UInt64) -> Bool {
        guard now >= next else { return false }
        let distance = UInt64(max(5, milliseconds)) * 1_000_000
        next = now + distance * 4 / 5 + random % (distance * 2 / 5)
        return true
    }

    mutating func answered(_ count: Int) -> Int {
        last = (count, last.0, last.1, last.2)
        return max(max(last.0, last.1), max(last.2, last.3))
    }
}
