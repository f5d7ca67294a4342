/// What one loop knows of one bucket: what Valkey last said of it, tokens leased from it, and how much it is asked for.
struct LeaseEntry {
    /// Units in the bucket when it was last heard of, if `rate` is not 0.
    var level: Int64 = 0
    /// When that was, at the earliest: nanoseconds at which it was asked for.
    var known: UInt64 = 0
    /// Tokens in hand, and when they expire in milliseconds; `spare` were granted while others were left.
    var leased: UInt32 = 0
    var spare: UInt32 = 0
    var expiry: UInt32 = 0
    var spareExpiry: UInt32 = 0
    /// Milliseconds before which a hot key out of tokens is not asked for again; says something for `hold` after `known` only.
    var hold: UInt32 = 0
    /// When the count of requests began, in milliseconds.
    var window: UInt32 = 0
    /// Tokens of one lease; 0 of a key that is not hot.
    var lease: UInt32 = 0
    /// Requests a second, smoothed, in 256ths.
    var demand: UInt32 = 0
    /// Fingerprint of the rate in whose units `level` is; 0 when nothing is known.
    var rate: UInt32 = 0
    /// The table's count of turns when it was last needed.
    var stamp: UInt32 = 0
    /// Tokens asked for since `window`.
    var count: UInt16 = 0
    /// The question on its way that was last asked for it, or -1.
    var ask: Int16 = -1
    /// Whether its local bucket has been set to what was known when Valkey went away.
    var isLocal = false

    /// The bucket's units at `now` as far as this loop can know: others may have taken some, nobody can have added any.
    func level(_ rate: SharedRate, now: UInt64) -> Int64 {
        guard self.rate == rate.fingerprint else { return rate.capacity }
        let nanoseconds = Int64(bitPattern: now &- known)
        return rate.level(level, after: nanoseconds <= 0 ? 0 : (nanoseconds &+ 999) / 1000)
    }

    /// Throws expired tokens away, then moves spare ones up; answers how many expired.
    mutating func expire(now: UInt64, milliseconds: UInt32, life: UInt64) -> UInt32 {
        var lost: UInt32 = 0
        // Times in milliseconds wrap around after 49 days; nothing in hand is older than what is known.
        if Int64(bitPattern: now &- known) >= Int64(bitPattern: life) {
            lost = leased &+ spare
            (leased, spare) = (0, 0)
            return lost
        }
        if leased > 0, Int32(bitPattern: milliseconds &- expiry) >= 0 {
            lost = leased
            leased = 0
        }
        if leased == 0, spare > 0 {
            (leased, expiry, spare) = (spare, spareExpiry, 0)
            if Int32(bitPattern: milliseconds &- expiry) >= 0 {
                lost = lost &+ leased
                leased = 0
            }
        }
        return lost
    }

    /// Takes tokens in hand; none lives longer than it was granted for.
    mutating func grant(_ tokens: UInt32, until: UInt32) {
        if leased == 0 {
            (leased, expiry) = (tokens, until)
        } else if spare == 0 {
            (spare, spareExpiry) = (tokens, until)
        } else {
            spare = spare &+ tokens
            if Int32(bitPattern: until &- spareExpiry) < 0 { spareExpiry = until }
        }
    }

    /// Counts a request for so many tokens; what many ask for is as hot as what is asked for often.
    @inline(__always)
    mutating func touch(_ tokens: UInt32, milliseconds: UInt32, settings: LeaseSettings) {
        count &+= UInt16(truncatingIfNeeded: min(tokens, Self.mostCounted))
        if count >= Self.requestsOfWindow || milliseconds &- window >= Self.windowMilliseconds { roll(milliseconds, settings) }
    }

    private static let windowMilliseconds: UInt32 = 250
    /// A key that becomes hot at once is known to be after this many requests.
    private static let requestsOfWindow: UInt16 = 64
    /// What one request adds to the count at most, which then rolls: never more than 16 bits hold.
    private static let mostCounted: UInt32 = 60_000

    /// Ends a window: the demand moves towards the window's by its share of a second.
    @inline(never)
    mutating func roll(_ milliseconds: UInt32, _ settings: LeaseSettings) {
        // A minute of silence leaves nothing of a demand.
        let elapsed = min(60_000, UInt64(milliseconds &- window))
        let smoothed = (UInt64(demand) + UInt64(count) * 256) * 1000 / (1000 + elapsed)
        demand = UInt32(truncatingIfNeeded: min(smoothed, UInt64(UInt32.max)))
        count = 0
        window = milliseconds
        lease = 0
        guard demand >= UInt64(settings.hotPerSecond) * 256 else { return }
        let usual = UInt64(demand) * UInt64(settings.leaseMilliseconds) / 256_000
        let longest = UInt64(demand) * UInt64(settings.longestLeaseMilliseconds) / 256_000
        lease = UInt32(max(1, usual, min(longest, UInt64(settings.leaseTokens))))
    }

    /// The time one lease lasts at the present demand, in milliseconds.
    var leaseMilliseconds: UInt64 { demand == 0 ? 0 : UInt64(lease) * 256_000 / UInt64(demand) }
}

/// The entries of one loop, in sets of eight; the one not needed for longest gives way to a new key.
///
/// A key is its 64-bit keyed hash: two keys with the same hash share an entry, and what was granted to one may be used by the other; of a million
/// keys in use that happens to any two with a chance of 1 in 37 million. Losing an entry costs nothing but its leased tokens, and a question to Valkey.
final class LeaseTable {
    private static let ways = 8
    private let keys: UnsafeMutablePointer<UInt64>
    private let entries: UnsafeMutablePointer<LeaseEntry>
    private let mask: Int
    let count: Int
    /// Counts turns: entries of the present one do not give way.
    private(set) var stamp: UInt32 = 1

    /// A table of this many entries, rounded up to a power of two.
    init(entries wanted: Int) {
        var size = Self.ways
        while size < min(wanted, 1 << 24) { size *= 2 }
        count = size
        mask = size / Self.ways - 1
        keys = .allocate(capacity: size)
        keys.initialize(repeating: 0, count: size)
        entries = .allocate(capacity: size)
        entries.initialize(repeating: LeaseEntry(), count: size)
    }

    deinit {
        keys.deallocate()
        entries.deallocate()
    }

    /// Begins a turn, in which at most four entries are asked for.
    @inline(__always)
    func beginTurn() { stamp &+= 1 }

    @inline(__always)
    private func first(_ key: UInt64) -> Int { (Int(truncatingIfNeeded: key >> 16) & mask) &* Self.ways }

    /// The entry of a key, if it has one.
    @inline(__always)
    func find(_ key: UInt64) -> UnsafeMutablePointer<LeaseEntry>? {
        let first = first(key)
        for index in first..<first &+ Self.ways where keys[index] == key { return entries + index }
        return nil
    }

    /// The entry of a key other than 0, an empty one if it had none; valid for this turn.
    @inline(__always)
    func entry(_ key: UInt64, now: UInt64, life: UInt64) -> UnsafeMutablePointer<LeaseEntry> {
        let entry = find(key) ?? insert(key, now: now, life: life)
        entry.pointee.stamp = stamp
        return entry
    }

    @inline(never)
    private func insert(_ key: UInt64, now: UInt64, life: UInt64) -> UnsafeMutablePointer<LeaseEntry> {
        let first = first(key)
        var victim = first
        var most: UInt64 = 0
        for index in first..<first &+ Self.ways {
            if keys[index] == 0 {
                victim = index
                break
            }
            let entry = entries + index
            let age = stamp &- entry.pointee.stamp
            let isFresh = Int64(bitPattern: now &- entry.pointee.known) < Int64(bitPattern: life)
            let isLeasing = isFresh && entry.pointee.leased | entry.pointee.spare != 0
            // Whoever holds tokens goes only when all do. Age 0 is this turn's.
            let rank = age == 0 ? 0 : isLeasing ? UInt64(age) : UInt64(age) | 1 << 32
            if rank > most { (victim, most) = (index, rank) }
        }
        keys[victim] = key
        entries[victim] = LeaseEntry()
        return entries + victim
    }
}
