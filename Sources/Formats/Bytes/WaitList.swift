/// Whoever can be parked: goes on where it stopped, unless it has become something else meanwhile.
public protocol Waiting: AnyObject {
    /// What it waited for is settled. `generation` is what it gave when it was parked: another one means that it is no longer concerned.
    func resume(_ generation: UInt32)
}

/// Those who wait for one thing on one loop. Empty it costs one word and no memory.
public struct WaitList {
    private var waiting: [(owner: any Waiting, generation: UInt32)] = []

    public init() {}

    public var isEmpty: Bool { waiting.isEmpty }
    public var count: Int { waiting.count }

    public mutating func add(_ owner: any Waiting, generation: UInt32) { waiting.append((owner, generation)) }

    /// Moves everybody from `other` to the end of this list.
    public mutating func take(from other: inout WaitList) {
        if waiting.isEmpty { swap(&waiting, &other.waiting) } else { waiting += other.waiting }
        other.waiting.removeAll()
    }

    /// Empties the list, then resumes everybody in the order they came: whoever waits again does so in a fresh list.
    ///
    /// Never called by what decides about a request: those who are resumed run their own stages.
    public mutating func resumeAll() {
        let those = waiting
        waiting = []
        for entry in those { entry.owner.resume(entry.generation) }
    }
}
