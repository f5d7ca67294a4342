public import Synchronization

/// What the control plane's listener counts, over all loops.
public final class ControlCounters: Sendable {
    /// A count that any loop adds to.
    public struct Counter: ~Copyable, Sendable {
        private let value = Atomic<UInt64>(0)

        func add(_ amount: UInt64 = 1) { value.wrappingAdd(amount, ordering: .relaxed) }

        /// The count since the start.
        public var current: UInt64 { value.load(ordering: .relaxed) }
    }

    /// Connections open now.
    public let connections = Atomic<Int>(0)
    /// Unary calls taken.
    public let calls = Counter()
    /// Rate limit answers by their overall code, and calls that ended without one.
    public let limitsOK = Counter()
    public let limitsOver = Counter()
    public let limitsFailed = Counter()

    init() {}
}
