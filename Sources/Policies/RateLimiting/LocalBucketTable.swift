import Synchronization

/// The token buckets of one process, shared by its event loops without locks.
///
/// A fixed table of 16-byte slots in sets of four; a key's set follows from its hash. A check is a few atomic reads and, if
/// tokens are taken, one exchange; it never waits and never allocates.
///
/// Limits are exact while each set has at most four keys whose buckets are not full. A full bucket is the same as none, so
/// giving its slot away loses nothing. When all four are in use the one nearest to full is given away: its key starts
/// over with a full bucket, so it may take again at most what it had taken of it, that is less than one burst for each time
/// it is evicted. Two loops that meet a new key at the same moment may open two buckets for it; all later checks use one of
/// them, so at most the tokens of that one check come on top. A check that races with the eviction of its slot may charge
/// the slot's new key.
public final class LocalBucketTable: Sendable {
    private struct Slot: ~Copyable {
        /// The key's hash; 0 marks a slot never used.
        let key = Atomic<UInt64>(0)
        /// When the bucket is full, as `GCRA` counts.
        let state = Atomic<UInt64>(0)
    }

    private static let ways = 4
    /// Most slots of a table: 256 MiB.
    public static let mostSlots = 1 << 24

    // Allocated in `init`, freed in `deinit`, and in between read and written only through atomics.
    private nonisolated(unsafe) let slots: UnsafeMutablePointer<Slot>
    private let count: Int
    private let mask: Int

    /// A table of `slots` buckets, rounded up to a power of two; default 65 536, which is 1 MiB.
    public init(slots wanted: Int = 1 << 16) {
        var size = Self.ways
        while size < wanted, size < Self.mostSlots { size *= 2 }
        count = size
        mask = size / Self.ways - 1
        slots = .allocate(capacity: size)
        for index in 0..<size { (slots + index).initialize(to: Slot()) }
    }

    deinit {
        slots.deinitialize(count: count)
        slots.deallocate()
    }

    /// Asks the bucket of `key` for `cost` tokens at `now`, in nanoseconds of one steady clock shared by all callers.
    ///
    /// `key` is a keyed hash of whatever the limit counts (and of the limit itself, when several share the table). A key
    /// must always come with the same rate.
    public func take(_ cost: Int = 1, key: UInt64, rate: BucketRate, now: UInt64) -> GCRA.Decision {
        let key = key == 0 ? 1 : key
        let slot = slot(for: key, rate: rate, now: now)
        var state = slots[slot].state.load(ordering: .relaxed)
        while true {
            let (decision, next) = GCRA.decide(cost, state: state, rate: rate, now: now)
            guard let next else { return decision }
            let (exchanged, original) = slots[slot].state.weakCompareExchange(
                expected: state, desired: next, ordering: .relaxed)
            if exchanged { return decision }
            state = original
        }
    }

    /// Takes tokens out of the key's bucket until `missing` of `whole` of it is missing; one that misses more stays as it is.
    func drain(key: UInt64, rate: BucketRate, missing: UInt64, of whole: UInt64, now: UInt64) {
        let key = key == 0 ? 1 : key
        guard whole > 0, missing <= whole else { return }
        let product = rate.fillTicks.multipliedFullWidth(by: missing)
        let wanted = whole.dividingFullWidth(product).quotient
        let start = GCRA.full(at: now)
        let slot = slot(for: key, rate: rate, now: now)
        var state = slots[slot].state.load(ordering: .relaxed)
        while GCRA.ticksMissing(state, start: start, rate: rate) < wanted {
            let (exchanged, original) = slots[slot].state.weakCompareExchange(
                expected: state, desired: start &+ wanted, ordering: .relaxed)
            if exchanged { return }
            state = original
        }
    }

    /// The slot that holds the key, after giving it one if it had none.
    private func slot(for key: UInt64, rate: BucketRate, now: UInt64) -> Int {
        // The low bits choose the set, so the whole hash must be mixed; a keyed hash is.
        let first = (Int(truncatingIfNeeded: key) & mask) &* Self.ways
        while true {
            for slot in first..<first &+ Self.ways where slots[slot].key.load(ordering: .acquiring) == key { return slot }
            let victim = victim(from: first, now: now)
            let old = slots[victim].key.load(ordering: .relaxed)
            if old == key { return victim }
            guard slots[victim].key.compareExchange(expected: old, desired: key, ordering: .acquiringAndReleasing).exchanged
            else { continue }
            slots[victim].state.store(GCRA.full(at: now), ordering: .relaxed)
            return victim
        }
    }

    /// The slot of the set that has the least to lose: never used, else full, else nearest to full.
    private func victim(from first: Int, now: UInt64) -> Int {
        let start = GCRA.full(at: now)
        var best = first
        var least = Int64.max
        for slot in first..<first &+ Self.ways {
            if slots[slot].key.load(ordering: .relaxed) == 0 { return slot }
            // Behind `start` is negative: full for that long.
            let ahead = Int64(bitPattern: slots[slot].state.load(ordering: .relaxed) &- start)
            if ahead < least { (best, least) = (slot, ahead) }
        }
        return best
    }
}
