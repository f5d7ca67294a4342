import Synchronization

/// The tenants of one service that are refused, or were a short while ago.
///
/// A fixed table in sets of four, one cache line a set, that no healthy call writes to. An entry is made when a tenant is isolated and stays
/// after its release until another tenant needs the place, because it tells since when the tenant's window counts.
///
/// When all four entries of a set are refusing, the one whose time is over first makes room: that tenant is released
/// early.
struct IsolatedTenants: ~Copyable, @unchecked Sendable {
    private struct Entry: ~Copyable {
        /// 0 marks a free entry.
        let tenant = Atomic<UInt64>(0)
        let word = Atomic<UInt64>(0)
    }

    private static let ways = 4
    /// Entries of a service: 16 KiB, a hundred times what one expects to fail at once.
    static let capacity = 1024
    static let byteCount = capacity * MemoryLayout<Entry>.stride

    enum Answer {
        /// The epoch of the tenant's entry; 0 when it has none.
        case passes(UInt32)
        case refused(retryAfterMilliseconds: Int64)
    }

    // Allocated in `init`, freed in `deinit`, and in between read and written only through atomics.
    private let entries: UnsafeMutablePointer<Entry>
    /// Whether a tenant was ever isolated: until then there is nothing to look for.
    private let isUsed = Atomic<Bool>(false)
    /// Whether a loop is making an entry: one at a time does, so that a tenant has one. The others do not wait for it.
    private let isMaking = Atomic<Bool>(false)

    init() {
        entries = .allocate(capacity: Self.capacity)
        for index in 0..<Self.capacity { (entries + index).initialize(to: Entry()) }
    }

    deinit {
        entries.deinitialize(count: Self.capacity)
        entries.deallocate()
    }

    /// Asks for a call; when the tenant's time is over, one asker gets the probe.
    @inline(__always) func ask(_ tenant: UInt64, now: Int64, lease: Int64) -> Answer {
        guard let entry = entry(of: tenant) else { return .passes(0) }
        var word = word(at: entry)
        while true {
            if word.isClosed { return .passes(word.epoch) }
            let remaining = word.remaining(at: now)
            guard remaining <= 0 else {
                return .refused(retryAfterMilliseconds: word.isProbing ? ServiceBreaker.retryWhileProbing : remaining)
            }
            let probing = BreakerWord.probing(epoch: word.nextEpoch, until: now &+ lease)
            let (exchanged, original) = exchange(entry, word, probing)
            if exchanged { return .passes(probing.epoch) }
            word = BreakerWord(raw: original)
        }
    }

    /// The state of the tenant's entry; nil when it has none.
    @inline(__always) func word(of tenant: UInt64) -> BreakerWord? {
        entry(of: tenant).map { word(at: $0) }
    }

    /// Replaces a state; false when the entry has another one by now.
    func replace(_ old: BreakerWord, by new: BreakerWord, of tenant: UInt64) -> Bool {
        guard let entry = entry(of: tenant) else { return false }
        return exchange(entry, old, new).exchanged
    }

    /// Refuses the tenant until `time`; false when another loop did so first, or when two loops met and the next report must try again.
    func isolate(_ tenant: UInt64, now: Int64, until time: Int64) -> Bool {
        if let entry = entry(of: tenant) { return refuse(entry, until: time) }
        guard isMaking.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else { return false }
        defer { isMaking.store(false, ordering: .releasing) }
        isUsed.store(true, ordering: .relaxed)
        // The loop that made entries before may have made this one.
        if let entry = entry(of: tenant) { return refuse(entry, until: time) }
        let entry = leastNeeded(in: firstEntry(of: tenant), now: now)
        let word = word(at: entry)
        entries[entry].tenant.store(tenant, ordering: .releasing)
        // From now on it is the tenant's to every loop, and another one may already have refused it.
        return exchange(entry, word, .open(epoch: word.nextEpoch, until: time)).exchanged
    }

    private func refuse(_ entry: Int, until time: Int64) -> Bool {
        let word = word(at: entry)
        return word.isClosed && exchange(entry, word, .open(epoch: word.nextEpoch, until: time)).exchanged
    }

    /// Calls `body` with each tenant that is refused at `now` and the milliseconds it still will be.
    func forEachRefused(at now: Int64, _ body: (_ tenant: UInt64, _ remaining: Int64) -> Void) {
        for entry in 0..<Self.capacity {
            let tenant = entries[entry].tenant.load(ordering: .relaxed)
            let word = BreakerWord(raw: entries[entry].word.load(ordering: .relaxed))
            let remaining = word.remaining(at: now)
            if tenant != 0, !word.isClosed, remaining > 0 { body(tenant, remaining) }
        }
    }

    private func firstEntry(of tenant: UInt64) -> Int {
        // The low bits choose the set, so the whole hash must be mixed; a keyed hash is.
        Int(truncatingIfNeeded: tenant) & (Self.capacity / Self.ways - 1) &* Self.ways
    }

    @inline(__always) private func entry(of tenant: UInt64) -> Int? {
        guard isUsed.load(ordering: .relaxed) else { return nil }
        let first = firstEntry(of: tenant)
        var entry = first
        while entry < first &+ Self.ways {
            if entries[entry].tenant.load(ordering: .acquiring) == tenant { return entry }
            entry &+= 1
        }
        return nil
    }

    @inline(__always) private func word(at entry: Int) -> BreakerWord {
        BreakerWord(raw: entries[entry].word.load(ordering: .acquiring))
    }

    private func exchange(_ entry: Int, _ old: BreakerWord, _ new: BreakerWord) -> (exchanged: Bool, original: UInt64) {
        entries[entry].word.compareExchange(expected: old.raw, desired: new.raw, ordering: .acquiringAndReleasing)
    }

    /// Free, else released longest ago, else nearest to its end.
    private func leastNeeded(in first: Int, now: Int64) -> Int {
        var best = first
        var least = Int64.max
        for entry in first..<first &+ Self.ways {
            if entries[entry].tenant.load(ordering: .relaxed) == 0 { return entry }
            let word = BreakerWord(raw: entries[entry].word.load(ordering: .relaxed))
            let need = word.remaining(at: now) &- (word.isClosed ? 1 << 40 : 0)
            if need < least { (best, least) = (entry, need) }
        }
        return best
    }
}
