public import AuditRecords
public import Synchronization

/// Where the loops leave their records, and what happens when there is no room.
public struct AuditTrail: Sendable {
    /// What becomes of a request whose record has no room in the loop's ring.
    public enum WhenFull: String, Sendable, CaseIterable {
        /// It waits while the ring is emptied into the spool; once the spool is at its limit too, its record is dropped.
        case spill
        /// Its record is dropped.
        case dropNewest = "drop-newest"
        /// It waits while the ring is emptied into the spool, and is refused with 503 when that takes too long: nothing is served
        /// without a record.
        case block
    }

    /// By loop.
    public let rings: [AuditRing]
    public let whenFull: WhenFull
    /// Longest wait of a request for room.
    public let patience: Duration
    public let state: State

    public init(rings: [AuditRing], whenFull: WhenFull, patience: Duration, state: State) {
        self.rings = rings
        self.whenFull = whenFull
        self.patience = patience
        self.state = state
    }

    /// What loops and the writer tell each other.
    public final class State: Sendable {
        /// Whether the spool holds as much as it may.
        public let isSpoolFull = Atomic<Bool>(false)
        /// Records that were written to rings.
        public let written = Atomic<UInt64>(0)
        /// Records for which there was no room.
        public let dropped = Atomic<UInt64>(0)
        /// Requests that waited for room.
        public let delayed = Atomic<UInt64>(0)
        /// Requests that were refused for want of room.
        public let refused = Atomic<UInt64>(0)

        public init() {}
    }
}
