import Synchronization

/// The recent calls of tenants, of all services, by loop: a fixed table that is the same size whoever calls.
///
/// Each loop counts in its own part, so counting is a few plain stores to memory no other core writes. A tenant's calls are added up over
/// the loops only when it is judged.
///
/// A part is a table in sets of four. A tenant that has no place takes that of the one used longest ago among those that
/// have not failed within the window; when all four have, a success is not counted, and a failure takes the place of the one whose
/// last failure is the oldest. A tenant that lost its place starts over with an empty window on that loop.
public final class TenantWindows: Sendable {
    private static let ways = 4
    /// Most places of a loop: 34 MiB.
    public static let mostSlots = 1 << 16

    /// Bytes the table takes, whatever happens.
    public let byteCount: Int

    let loops: Int
    private let slots: Int
    private let mask: Int
    // Allocated in `init`, freed in `deinit`, and in between read and written only through atomics.
    private nonisolated(unsafe) let keys: UnsafeMutablePointer<Atomic<UInt64>>
    private nonisolated(unsafe) let rings: UnsafeMutablePointer<Atomic<UInt64>>

    /// Places for `slots` pairs of service and tenant a loop, rounded up to a power of two, 528 bytes each; default 2 048,
    /// which is 1 MiB a loop.
    public init(loops: Int, slots wanted: Int = 1 << 11) {
        var size = Self.ways
        while size < wanted, size < Self.mostSlots { size *= 2 }
        slots = size
        self.loops = max(1, loops)
        mask = size / Self.ways - 1
        let count = self.loops * size
        keys = .allocate(capacity: count)
        rings = .allocate(capacity: count * WindowRing.words)
        for index in 0..<count { (keys + index).initialize(to: Atomic(0)) }
        for index in 0..<count * WindowRing.words { (rings + index).initialize(to: Atomic(0)) }
        byteCount = count * (WindowRing.words + 1) * MemoryLayout<UInt64>.stride
    }

    deinit {
        keys.deinitialize(count: loops * slots)
        keys.deallocate()
        rings.deinitialize(count: loops * slots * WindowRing.words)
        rings.deallocate()
    }

    /// Counts a call that ended now, and tells the tenant's calls on this loop.
    ///
    /// `start` is the earliest time that counts: a window ago, or when the tenant was released. Called by `loop` alone.
    @inline(__always) func count(failed: Bool, key: UInt64, loop: Int, now: Int64, start: Int64, span: WindowSpan) -> WindowCount
    {
        let key = key == 0 ? 1 : key
        guard
            let slot = slot(of: key, loop: loop) ?? claim(key, loop: loop, failed: failed, windowStart: now &- span.milliseconds)
        else { return WindowCount(0) }
        let ring = ring(slot)
        ring.count(failed: failed, now: now, start: start, span: span)
        return ring.counted
    }

    /// The calls of a tenant since `start` over all loops, and how many failed.
    func total(key: UInt64, now: Int64, start: Int64, span: WindowSpan) -> WindowCount {
        let key = key == 0 ? 1 : key
        var calls = 0
        var failures = 0
        for loop in 0..<loops {
            guard let slot = slot(of: key, loop: loop) else { continue }
            let part = ring(slot).total(now: now, start: start, span: span)
            calls &+= part.calls
            failures &+= part.failures
        }
        return WindowCount(calls: calls, failures: failures)
    }

    @inline(__always) private func ring(_ slot: Int) -> WindowRing { WindowRing(rings + slot &* WindowRing.words) }

    private func firstSlot(of key: UInt64, loop: Int) -> Int {
        // The low bits choose the set, so the whole hash must be mixed; a keyed hash is.
        loop &* slots &+ (Int(truncatingIfNeeded: key) & mask) &* Self.ways
    }

    @inline(__always) private func slot(of key: UInt64, loop: Int) -> Int? {
        let first = firstSlot(of: key, loop: loop)
        var slot = first
        while slot < first &+ Self.ways {
            if keys[slot].load(ordering: .acquiring) == key { return slot }
            slot &+= 1
        }
        return nil
    }

    /// A place for a new tenant, empty; nil when all are of tenants that need theirs more.
    private func claim(_ key: UInt64, loop: Int, failed: Bool, windowStart: Int64) -> Int? {
        let first = firstSlot(of: key, loop: loop)
        var healthy: (slot: Int, use: Int64)?
        var failing: (slot: Int, failure: Int64)?
        for slot in first..<first &+ Self.ways {
            if keys[slot].load(ordering: .relaxed) == 0 { return take(slot, key) }
            let ring = ring(slot)
            if ring.lastFailure < windowStart {
                if healthy.map({ ring.lastUse < $0.use }) ?? true { healthy = (slot, ring.lastUse) }
            } else if failing.map({ ring.lastFailure < $0.failure }) ?? true {
                failing = (slot, ring.lastFailure)
            }
        }
        if let healthy { return take(healthy.slot, key) }
        return failed ? failing.map { take($0.slot, key) } : nil
    }

    private func take(_ slot: Int, _ key: UInt64) -> Int {
        // Without a key while the old calls are wiped, so that no other loop takes them for the new tenant's.
        keys[slot].store(0, ordering: .relaxed)
        ring(slot).clear()
        keys[slot].store(key, ordering: .releasing)
        return slot
    }
}
