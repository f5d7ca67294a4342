#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a `RecordTable` holds.
protocol DirectoryRecord: AnyObject {
    /// A keyed hash of all that tells records apart.
    var hash: UInt64 { get }
    /// Whether a table holds it.
    var isLinked: Bool { get set }
    /// Set by each lookup, taken back once by the eviction hand.
    var isRecent: Bool { get set }
}

/// Records by hash: open addressing over memory of the final size, so that no insertion ever moves a million others.
///
/// The memory is zeroed by the system page by page as it is touched: an empty table costs address space only. Full is full: the
/// eviction hand (second chance) goes round.
final class RecordTable<Record: DirectoryRecord> {
    private let slots: UnsafeMutablePointer<Unmanaged<Record>?>
    private let mask: Int
    private let limit: Int
    private var hand = 0
    private(set) var count = 0

    /// A table of at most `limit` records, at most three quarters full.
    init(limit: Int) {
        self.limit = max(1, limit)
        var size = 16
        while size * 3 < self.limit * 4 { size *= 2 }
        mask = size - 1
        guard let memory = calloc(size, MemoryLayout<Unmanaged<Record>?>.stride) else { preconditionFailure("out of memory") }
        slots = memory.bindMemory(to: Unmanaged<Record>?.self, capacity: size)
    }

    deinit {
        removeAll()
        free(slots)
    }

    /// The record with that hash for which `isIt` holds.
    func find(_ hash: UInt64, _ isIt: (Record) -> Bool) -> Record? {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while let entry = slots[slot] {
            let record = entry._withUnsafeGuaranteedRef { $0 }
            if record.hash == hash, isIt(record) {
                record.isRecent = true
                return record
            }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    /// Adds a record that is not there.
    func insert(_ record: Record) {
        if count >= limit { evictOne() }
        var slot = Int(truncatingIfNeeded: record.hash) & mask
        while slots[slot] != nil { slot = (slot &+ 1) & mask }
        slots[slot] = Unmanaged.passRetained(record)
        record.isLinked = true
        count += 1
    }

    func removeAll() {
        guard count > 0 else { return }
        for slot in 0...mask {
            guard let entry = slots[slot] else { continue }
            slots[slot] = nil
            entry.takeRetainedValue().isLinked = false
        }
        count = 0
    }

    /// Every record, for what happens rarely.
    func forEach(_ body: (Record) -> Void) {
        for slot in 0...mask {
            if let entry = slots[slot] { body(entry.takeUnretainedValue()) }
        }
    }

    private func evictOne() {
        while true {
            if let entry = slots[hand] {
                let record = entry.takeUnretainedValue()
                if record.isRecent {
                    record.isRecent = false
                } else {
                    return remove(at: hand)
                }
            }
            hand = (hand &+ 1) & mask
        }
    }

    /// Empties a slot and closes the gap, so that every other record stays reachable from where its hash points.
    private func remove(at freed: Int) {
        slots[freed]?.takeRetainedValue().isLinked = false
        count -= 1
        var gap = freed
        var slot = freed
        while true {
            slot = (slot &+ 1) & mask
            guard let entry = slots[slot] else { break }
            let home = Int(truncatingIfNeeded: entry.takeUnretainedValue().hash) & mask
            // It may move back only as far as its home.
            guard (slot &- home) & mask >= (slot &- gap) & mask else { continue }
            slots[gap] = entry
            gap = slot
        }
        slots[gap] = nil
    }
}
