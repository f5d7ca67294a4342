public import Bytes

/// A verified token in a cache, with what its holder wants to keep beside it.
public final class CachedToken<Payload> {
    /// Who the token speaks for.
    public let identity: Identity
    /// The holder's own data; free to change, for example when permissions were changed.
    public var payload: Payload
    @usableFromInline let token: ByteWriter
    @usableFromInline let expiresAt: Int64
    /// Set by each use and taken back once by the eviction hand.
    @usableFromInline var isRecent = true
    let hash: UInt64

    init(token: ByteView, hash: UInt64, identity: Identity, payload: Payload) {
        self.token = ByteWriter(capacity: token.count)
        self.token.append(token)
        self.hash = hash
        self.identity = identity
        self.payload = payload
        expiresAt = identity.expiresAt
    }

    var weight: Int { token.count + identity.weight + TokenCacheLimits.entryOverhead }
}

/// How much one loop's token cache may hold.
public struct TokenCacheLimits: Sendable, Hashable {
    /// Most tokens; default 8192, as many users of one loop as are active within a token's life.
    public var entries: Int
    /// Most bytes of tokens and identities with their overhead; default 16 MiB.
    public var bytes: Int

    /// What an entry costs beside its texts: two objects, two buffers and its share of the table.
    static let entryOverhead = 320

    /// Limits of at least one entry.
    public init(entries: Int = 8192, bytes: Int = 16 << 20) {
        self.entries = min(max(1, entries), 1 << 24)
        self.bytes = max(0, bytes)
    }
}

/// The verified tokens of one event loop.
///
/// A lookup is a keyed hash of the whole token and one comparison with the whole token, which is stored: no digest stands
/// in for it. An entry dies when its token expires, which every use checks, and when its key leaves the ring (`adopt`). Full
/// is full: the eviction hand (second chance) goes round the table. Not thread-safe; a lookup allocates nothing.
public final class TokenCache<Payload> {
    private let limits: TokenCacheLimits
    @usableFromInline let hash: KeyedHash
    @usableFromInline let mask: Int
    /// Hash of each slot's token, 0 for a free slot; linear probing.
    @usableFromInline var hashes: [UInt64]
    @usableFromInline var slots: [CachedToken<Payload>?]
    private var hand = 0
    private var ring: KeyRing?

    /// Tokens held now, expired ones that nobody has asked for included.
    public private(set) var count = 0
    /// Bytes held now, by the cache's own accounting.
    public private(set) var bytes = 0

    /// An empty cache; its table is allocated once, at twice the entries or more.
    public init(limits: TokenCacheLimits = TokenCacheLimits(), hash: KeyedHash) {
        self.limits = limits
        self.hash = hash
        var size = 16
        while size < limits.entries * 2 { size *= 2 }
        mask = size - 1
        hashes = Array(repeating: 0, count: size)
        slots = Array(repeating: nil, count: size)
    }

    /// The entry of exactly that token if it is still valid at `now` (seconds since 1970), or nil.
    @inlinable
    public func lookup(_ token: ByteView, now: Int64) -> CachedToken<Payload>? {
        let wanted = hash(token) | 1
        var slot = Int(truncatingIfNeeded: wanted >> 1) & mask
        while hashes[slot] != 0 {
            if hashes[slot] == wanted, let entry = slots[slot], entry.token.view == token {
                guard now < entry.expiresAt else {
                    remove(slot)
                    return nil
                }
                entry.isRecent = true
                return entry
            }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    /// Stores a token that was just verified and answers its entry; `payload` is made only if the token is new.
    ///
    /// A token whose key has meanwhile left the ring, or that is larger than the whole cache, gets an entry that is not kept.
    public func insert(
        _ token: ByteView, _ identity: Identity, now: Int64, payload: (Identity) -> Payload
    ) -> CachedToken<Payload> {
        if let held = lookup(token, now: now) { return held }
        let entry = CachedToken(token: token, hash: hash(token) | 1, identity: identity, payload: payload(identity))
        guard now < entry.expiresAt, entry.weight <= limits.bytes, ring?.contains(identity.key) ?? true else { return entry }
        while count >= limits.entries || bytes + entry.weight > limits.bytes { evictOne(now: now) }
        place(entry)
        count += 1
        bytes += entry.weight
        return entry
    }

    /// Takes over a new ring: entries whose key it does not have are dropped. The same ring again costs nothing.
    public func adopt(_ ring: KeyRing) {
        if let held = self.ring, held === ring { return }
        self.ring = ring
        var lost: [CachedToken<Payload>] = []
        for case let entry? in slots where !ring.contains(entry.identity.key) { lost.append(entry) }
        for entry in lost { remove(entry) }
    }

    /// Drops everything.
    public func removeAll() {
        for slot in slots.indices {
            hashes[slot] = 0
            slots[slot] = nil
        }
        count = 0
        bytes = 0
    }

    /// Calls `body` for every entry held, in no order, for example to change payloads.
    public func forEach(_ body: (CachedToken<Payload>) -> Void) {
        for case let entry? in slots { body(entry) }
    }

    private func place(_ entry: CachedToken<Payload>) {
        var slot = Int(truncatingIfNeeded: entry.hash >> 1) & mask
        while hashes[slot] != 0 { slot = (slot &+ 1) & mask }
        hashes[slot] = entry.hash
        slots[slot] = entry
    }

    /// Moves the hand to the first entry that is expired or was not used since the hand last passed, and drops it.
    private func evictOne(now: Int64) {
        // Twice round at most: the first round takes every mark back.
        for _ in 0..<(2 * slots.count + 1) {
            hand = (hand &+ 1) & mask
            guard let entry = slots[hand] else { continue }
            if !entry.isRecent || entry.expiresAt <= now { return remove(hand) }
            entry.isRecent = false
        }
    }

    private func remove(_ entry: CachedToken<Payload>) {
        var slot = Int(truncatingIfNeeded: entry.hash >> 1) & mask
        while hashes[slot] != 0 {
            if slots[slot] === entry { return remove(slot) }
            slot = (slot &+ 1) & mask
        }
    }

    /// Empties a slot and moves the rest of its run back, so that probing needs no tombstones.
    @usableFromInline
    func remove(_ slot: Int) {
        guard let entry = slots[slot] else { return }
        count -= 1
        bytes -= entry.weight
        var hole = slot
        var next = (slot &+ 1) & mask
        while hashes[next] != 0 {
            let home = Int(truncatingIfNeeded: hashes[next] >> 1) & mask
            if (next &- home) & mask >= (next &- hole) & mask {
                hashes[hole] = hashes[next]
                slots[hole] = slots[next]
                hole = next
            }
            next = (next &+ 1) & mask
        }
        hashes[hole] = 0
        slots[hole] = nil
    }
}
