import RateLimiting
import Synchronization
import Testing

@Suite struct LocalBucketTableTests {
    func rate() throws -> BucketRate { try #require(BucketRate(quota: 10, windowSeconds: 1, burst: 10)) }

    @Test("keeps keys apart and refills them", arguments: [0, 1, UInt64.max])
    func keys(key: UInt64) throws {
        let table = LocalBucketTable(slots: 64)
        let rate = try rate()
        for left in (0..<10).reversed() { #expect(table.take(key: key, rate: rate, now: 5).remaining == left) }
        #expect(!table.take(key: key, rate: rate, now: 5).isAllowed)
        #expect(table.take(key: key &+ 7, rate: rate, now: 5).isAllowed)
        #expect(!table.take(key: key, rate: rate, now: 5 + second / 10 - 1).isAllowed)
        #expect(table.take(key: key, rate: rate, now: 5 + second / 10).isAllowed)
    }

    @Test("is exact for four live keys of one set")
    func fourWays() throws {
        let table = LocalBucketTable(slots: 4)
        let rate = try rate()
        for _ in 0..<10 {
            for key in UInt64(1)...4 { #expect(table.take(key: key, rate: rate, now: 0).isAllowed) }
        }
        for key in UInt64(1)...4 { #expect(!table.take(key: key, rate: rate, now: 0).isAllowed) }
    }

    @Test("gives a full bucket's slot away before a live one")
    func evictsIdle() throws {
        let table = LocalBucketTable(slots: 4)
        let rate = try rate()
        for key in UInt64(1)...3 { #expect(table.take(10, key: key, rate: rate, now: 0).isAllowed) }
        #expect(table.take(1, key: 4, rate: rate, now: 0).isAllowed)
        // Key 4 is full again after 100 ms, the others are not.
        let later = second / 10
        #expect(table.take(10, key: 5, rate: rate, now: later).isAllowed)
        for key in UInt64(1)...3 { #expect(table.take(1, key: key, rate: rate, now: later).remaining == 0) }
        for key in UInt64(1)...3 { #expect(!table.take(1, key: key, rate: rate, now: later).isAllowed) }
    }

    @Test("an evicted key gains at most one burst")
    func evictsLive() throws {
        let table = LocalBucketTable(slots: 4)
        let rate = try rate()
        for key in UInt64(1)...4 { #expect(table.take(Int(key) + 5, key: key, rate: rate, now: 0).isAllowed) }
        // All four are live; key 1 has lost least and makes room.
        #expect(table.take(10, key: 5, rate: rate, now: 0).isAllowed)
        #expect(!table.take(10, key: 2, rate: rate, now: 0).isAllowed)
        #expect(table.take(10, key: 1, rate: rate, now: 0).isAllowed)
        #expect(!table.take(1, key: 1, rate: rate, now: 0).isAllowed)
    }

    @Test("grants no token twice when many threads ask at once")
    func concurrent() async throws {
        let table = LocalBucketTable(slots: 1024)
        let rate = try #require(BucketRate(quota: 1000, windowSeconds: 1, burst: 1000))
        // The bucket exists before the race, so that there is only one.
        #expect(table.take(key: 9, rate: rate, now: 0).isAllowed)
        let granted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<500).count { _ in table.take(key: 9, rate: rate, now: 0).isAllowed } }
            }
            return await group.reduce(0, +)
        }
        #expect(granted == 999)
    }

    @Test("is exact again after many threads fought for one set")
    func contention() async throws {
        let table = LocalBucketTable(slots: 4)
        let rate = try rate()
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for step in 0..<2000 {
                        _ = table.take(key: UInt64(worker * 7 + step % 16 + 1), rate: rate, now: UInt64(step))
                    }
                }
            }
        }
        let later = 10 * second
        for key in UInt64(101)...104 {
            for left in (0..<10).reversed() { #expect(table.take(key: key, rate: rate, now: later).remaining == left) }
        }
        for key in UInt64(101)...104 { #expect(!table.take(key: key, rate: rate, now: later).isAllowed) }
    }
}
