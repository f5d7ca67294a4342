import Bytes
import Testing

@testable import TokenVerification

@Suite("Token cache")
struct TokenCacheTests {
    private let identity: Identity
    private let other: Identity

    init() throws {
        identity = try Fixtures.identity(Fixtures.good[0].token)
        let second = try #require(Fixtures.good.first { $0.issuer == 1 })
        other = try Fixtures.identity(second.token)
    }

    private func cache(entries: Int = 8, bytes: Int = 1 << 20, hash: KeyedHash = Fixtures.hash) -> TokenCache<Int> {
        TokenCache(limits: TokenCacheLimits(entries: entries, bytes: bytes), hash: hash)
    }

    private func insert(_ token: String, into cache: TokenCache<Int>, _ identity: Identity? = nil, payload: Int = 0) {
        _ = token.withByteView { cache.insert($0, identity ?? self.identity, now: Fixtures.now) { _ in payload } }
    }

    private func holds(_ token: String, _ cache: TokenCache<Int>, now: Int64 = Fixtures.now) -> Bool {
        token.withByteView { cache.lookup($0, now: now) != nil }
    }

    @Test("answers exactly the token that was stored, with its payload")
    func whole() throws {
        let cache = cache()
        insert("token-a", into: cache, payload: 1)
        insert("token-b", into: cache, payload: 2)
        let hit = try #require("token-b".withByteView { cache.lookup($0, now: Fixtures.now) })
        #expect(hit.payload == 2 && hit.identity === identity)
        for stranger in ["token-", "token-c", "token-bb", "TOKEN-B", ""] { #expect(!holds(stranger, cache)) }
    }

    @Test("no single-bit neighbour of a stored token is found")
    func neighbours() {
        let cache = cache()
        var bytes = Array(Fixtures.good[0].token.utf8)
        _ = bytes.withByteView { cache.insert($0, identity, now: Fixtures.now) { _ in 0 } }
        for index in bytes.indices {
            for bit in 0..<8 {
                bytes[index] ^= 1 << UInt8(bit)
                #expect(bytes.withByteView { cache.lookup($0, now: Fixtures.now) == nil })
                bytes[index] ^= 1 << UInt8(bit)
            }
        }
    }

    @Test("an entry dies in the second the token expires, and is gone then")
    func expiry() {
        let cache = cache()
        insert("t", into: cache)
        #expect(holds("t", cache, now: identity.expiresAt - 1))
        #expect(!holds("t", cache, now: identity.expiresAt))
        #expect(cache.count == 0 && cache.bytes == 0)
        _ = "t".withByteView { cache.insert($0, identity, now: identity.expiresAt) { _ in 0 } }
        #expect(cache.count == 0)
    }

    @Test("a token stored twice is one entry, and its payload is made once")
    func twice() {
        let cache = cache()
        insert("t", into: cache, payload: 1)
        let entry = "t".withByteView { cache.insert($0, other, now: Fixtures.now) { _ in 2 } }
        #expect(entry.payload == 1 && entry.identity === identity && cache.count == 1)
    }

    @Test("a new ring takes away the tokens whose key it lacks, and only those")
    func rings() {
        let cache = cache()
        insert("a", into: cache)
        insert("b", into: cache, other)
        cache.adopt(KeyRing(Fixtures.issuers.map { ($0.rule, $0.keys) }, generation: 2))
        #expect(holds("a", cache) && holds("b", cache))
        cache.adopt(KeyRing([(Fixtures.issuers[1].rule, Fixtures.issuers[1].keys)], generation: 3))
        #expect(!holds("a", cache) && holds("b", cache) && cache.count == 1)
        insert("a", into: cache)
        #expect(!holds("a", cache), "verified against the ring before")
    }

    @Test("never more than its entries; what was used since the hand passed stays")
    func secondChance() {
        let cache = cache(entries: 4)
        for name in ["a", "b", "c", "d"] { insert(name, into: cache) }
        // The first eviction takes every mark back; from then on use decides.
        insert("e", into: cache)
        #expect(cache.count == 4)
        let survivors = ["a", "b", "c", "d"].filter { name in name.withByteView { cache.lookup($0, now: Fixtures.now) } != nil }
        #expect(survivors.count == 3)
        insert("f", into: cache)
        #expect(cache.count == 4)
        #expect(holds("f", cache))
    }

    @Test("a token in constant use outlives a flood of others")
    func flood() {
        let cache = cache(entries: 16)
        insert("busy", into: cache)
        for index in 0..<1000 {
            insert("flood-\(index)", into: cache)
            #expect(holds("busy", cache))
            #expect(cache.count <= 16)
        }
    }

    @Test("never more than its bytes, and a token larger than all of them is served but not kept")
    func bytes() {
        let one = CachedToken(token: ByteView("0000"), hash: 1, identity: identity, payload: 0).weight
        let cache = cache(entries: 100, bytes: one * 3)
        for index in 1000..<1010 { insert("\(index)", into: cache) }
        #expect(cache.count == 3 && cache.bytes == one * 3)
        insert(String(repeating: "x", count: one * 3), into: cache)
        #expect(cache.count == 3)
        let tiny = self.cache(entries: 100, bytes: one - 1)
        insert("0000", into: tiny)
        #expect(tiny.count == 0)
    }

    @Test("agrees with a plain dictionary through a long run of insertions, expiries and rings", arguments: 1...8)
    func model(_ seed: UInt64) throws {
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(truncatingIfNeeded: state >> 33) % bound
        }
        let cache = cache(entries: 64, hash: KeyedHash(seed: seed))
        var model: [String: Int] = [:]
        for step in 0..<4000 {
            let token = "token-\(next(48))"
            switch next(10) {
            case 0..<4:
                insert(token, into: cache, payload: step)
                if model[token] == nil { model[token] = step }
            case 4..<9:
                #expect(token.withByteView { cache.lookup($0, now: Fixtures.now)?.payload } == model[token])
            default:
                _ = token.withByteView { cache.lookup($0, now: identity.expiresAt) }
                model[token] = nil
            }
            #expect(cache.count == model.count)
        }
        cache.removeAll()
        #expect(cache.count == 0 && cache.bytes == 0 && !holds("token-1", cache))
    }
}
