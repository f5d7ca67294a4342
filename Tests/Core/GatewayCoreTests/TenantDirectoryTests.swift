import Bytes
import Permissions
import Testing
import TokenVerification

@testable import GatewayCore

/// A source that answers when the test says so.
private final class HeldSource: FactSource {
    var reads: [FactRead] = []
    func read(_ read: FactRead) { reads.append(read) }
}

private final class Waiter: Waiting {
    var resumed: [UInt32] = []
    func resume(_ generation: UInt32) { resumed.append(generation) }
}

/// A directory with a source and a clock of its own.
private struct Rig {
    let hash = KeyedHash(seed: 3)
    let source = HeldSource()
    let directory: TenantDirectory
    private var now: Int64 = 1000

    init(isTracked: Bool = true, records: Int = 64, stale: StaleTimes = StaleTimes()) {
        directory = TenantDirectory(hash: hash, records: records, stale: stale, isTracked: isTracked)
        directory.source = source
        directory.advance(nowMilliseconds: now)
    }

    mutating func pass(_ milliseconds: Int64) {
        now += milliseconds
        directory.advance(nowMilliseconds: now)
    }

    func tenant(_ name: String = "acme") throws -> TenantRecord {
        try #require(name.withByteView { directory.tenant($0, hash: hash($0)) })
    }

    func user(_ name: String = "ada", of tenant: TenantRecord) -> UserRecord {
        name.withByteView { user in
            directory.user(user, of: tenant, hash: Identity.userHash(tenant: tenant.name, subject: user, hash))
        }
    }

    func invalidate(_ kind: FactKind, _ tenant: String = "acme", user: String? = nil) {
        tenant.withByteView { tenant in
            if let user {
                user.withByteView { directory.invalidate(kind, tenant: tenant, user: $0) }
            } else {
                directory.invalidate(kind, tenant: tenant)
            }
        }
    }

    func answer(_ modules: String...) {
        let read = source.reads.removeFirst()
        directory.settle(read, .modules(ModuleSet(modules.map { Array($0.utf8) })))
    }

    func fail() { directory.settle(source.reads.removeFirst(), .unavailable) }

    /// The modules in a word: names, `reading` or `unavailable`.
    func modules(of tenant: TenantRecord) -> String {
        switch directory.modules(of: tenant) {
        case .known(let set): (set?.names ?? []).map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
        case .reading: "reading"
        case .unavailable: "unavailable"
        }
    }
}

@Suite("What is known of tenants")
struct TenantDirectoryTests {
    @Test("a fact is read once, then believed without asking again")
    func believed() throws {
        var rig = Rig()
        let acme = try rig.tenant()
        #expect(rig.modules(of: acme) == "reading")
        #expect(rig.modules(of: acme) == "reading")
        #expect(rig.source.reads.count == 1)
        rig.answer("crm")
        rig.pass(3_600_000)
        #expect(rig.modules(of: acme) == "crm")
        #expect(rig.source.reads.isEmpty)
    }

    @Test("everybody who waits goes on when the answer comes, once")
    func waiting() throws {
        let rig = Rig()
        let acme = try rig.tenant()
        let waiter = Waiter()
        guard case .reading(let read) = rig.directory.modules(of: acme) else { return #expect(Bool(false)) }
        read.waiting.add(waiter, generation: 1)
        guard case .reading(let same) = rig.directory.modules(of: acme) else { return #expect(Bool(false)) }
        same.waiting.add(waiter, generation: 2)
        rig.answer("crm")
        #expect(waiter.resumed == [1, 2])
        rig.directory.settle(read, .unavailable)
        #expect(waiter.resumed == [1, 2])
        #expect(rig.modules(of: acme) == "crm")
    }

    @Test("a change is seen: the fact is read again before it is used")
    func invalidated() throws {
        let rig = Rig()
        let acme = try rig.tenant()
        _ = rig.modules(of: acme)
        rig.answer("crm")
        rig.invalidate(.modules, "globex")
        rig.invalidate(.rate)
        #expect(rig.modules(of: acme) == "crm")
        rig.invalidate(.modules)
        #expect(rig.modules(of: acme) == "reading")
        rig.answer("crm", "notes")
        #expect(rig.modules(of: acme) == "crm,notes")
    }

    @Test("an answer that a change overtook is asked for again; one that changes for ever is believed for half a second")
    func outrun() throws {
        var rig = Rig()
        let acme = try rig.tenant()
        _ = rig.modules(of: acme)
        rig.invalidate(.modules)
        rig.answer("old")
        #expect(rig.modules(of: acme) == "reading")
        #expect(rig.source.reads.count == 1)
        for _ in 0..<2 {
            rig.invalidate(.modules)
            rig.answer("old")
        }
        rig.invalidate(.modules)
        rig.answer("restless")
        #expect(rig.modules(of: acme) == "restless")
        rig.pass(450)
        #expect(rig.modules(of: acme) == "restless")
        rig.pass(50)
        #expect(rig.modules(of: acme) == "reading")
    }

    @Test("after a loss everything is read again; what is read meanwhile is believed for half a second")
    func lost() throws {
        var rig = Rig()
        let acme = try rig.tenant()
        _ = rig.modules(of: acme)
        rig.answer("crm")
        rig.directory.lost()
        rig.directory.lost()
        #expect(rig.modules(of: acme) == "reading")
        rig.answer("crm")
        rig.pass(450)
        #expect(rig.modules(of: acme) == "crm")
        rig.pass(50)
        #expect(rig.modules(of: acme) == "reading")
        rig.directory.restored()
        // Asked before the restoration: the change may have come in between.
        rig.answer("crm")
        rig.pass(500)
        #expect(rig.modules(of: acme) == "reading")
        rig.answer("crm")
        rig.pass(3_600_000)
        #expect(rig.modules(of: acme) == "crm")
    }

    @Test("what is doubted stands in for what cannot be read, but not for ever, and not when it is known to have changed")
    func stale() throws {
        var rig = Rig()
        let acme = try rig.tenant()
        _ = rig.modules(of: acme)
        rig.answer("crm")
        rig.directory.lost()
        #expect(rig.modules(of: acme) == "reading")
        rig.fail()
        #expect(rig.modules(of: acme) == "crm")
        #expect(rig.directory.counters.staleUses == 1)
        rig.pass(299_950)
        _ = rig.modules(of: acme)
        rig.fail()
        #expect(rig.modules(of: acme) == "crm")
        rig.pass(50)
        #expect(rig.modules(of: acme) == "unavailable")
        rig.pass(500)
        #expect(rig.modules(of: acme) == "reading")
        rig.answer("crm")
        rig.invalidate(.modules)
        _ = rig.modules(of: acme)
        rig.fail()
        #expect(rig.modules(of: acme) == "unavailable")
    }

    @Test("permissions that are doubted grant nothing unless the configuration says for how long")
    func stalePermissions() throws {
        var lenient = StaleTimes()
        lenient.permissions = .seconds(10)
        for (stale, expected) in [(StaleTimes(), false), (lenient, true)] {
            let rig = Rig(stale: stale)
            let ada = rig.user(of: try rig.tenant())
            guard case .reading(let first) = rig.directory.permissions(of: ada) else { return #expect(Bool(false)) }
            rig.directory.settle(first, .permissions(HeldPermissions(["crm.*"])))
            rig.source.reads = []
            rig.directory.lost()
            guard case .reading(let second) = rig.directory.permissions(of: ada) else { return #expect(Bool(false)) }
            rig.directory.settle(second, .unavailable)
            guard case .known = rig.directory.permissions(of: ada) else {
                #expect(!expected)
                continue
            }
            #expect(expected)
        }
    }

    @Test("a source that failed is left alone, then asked by one at a time until it answers")
    func outage() throws {
        var rig = Rig()
        let (acme, globex) = (try rig.tenant(), try rig.tenant("globex"))
        _ = rig.modules(of: acme)
        rig.fail()
        #expect(rig.modules(of: acme) == "unavailable")
        #expect(rig.modules(of: globex) == "unavailable")
        rig.pass(50)
        #expect(rig.modules(of: globex) == "unavailable")
        rig.pass(200)
        #expect(rig.modules(of: globex) == "reading")
        #expect(rig.modules(of: acme) == "unavailable")
        #expect(rig.source.reads.count == 1)
        rig.answer("crm")
        #expect(rig.modules(of: acme) == "reading")
        // Another kind of fact was never in doubt.
        guard case .reading = rig.directory.rate(of: globex) else { return #expect(Bool(false)) }
    }

    @Test("a fact that cannot be had is left alone for half a second, and no other fact suffers")
    func unanswered() throws {
        var rig = Rig()
        let (acme, globex) = (try rig.tenant(), try rig.tenant("globex"))
        _ = rig.modules(of: acme)
        rig.directory.settle(rig.source.reads.removeFirst(), .unanswered)
        #expect(rig.modules(of: acme) == "unavailable")
        #expect(rig.modules(of: globex) == "reading")
        rig.answer("crm")
        rig.pass(450)
        #expect(rig.modules(of: acme) == "unavailable" && rig.source.reads.isEmpty)
        rig.pass(50)
        #expect(rig.modules(of: acme) == "reading")
        rig.answer("crm")
        #expect(rig.modules(of: acme) == "crm")
    }

    @Test("an authority's word is believed for as long as it says")
    func authority() throws {
        var rig = Rig()
        let ada = rig.user(of: try rig.tenant())
        guard case .reading(let read) = rig.directory.permissions(of: ada) else { return #expect(Bool(false)) }
        rig.directory.settle(read, .known(["crm.contacts.read"], lifeMilliseconds: 1000)) { .permissions(HeldPermissions($0)) }
        rig.pass(950)
        guard case .known(let held) = rig.directory.permissions(of: ada) else { return #expect(Bool(false)) }
        #expect(held?.count == 1)
        rig.pass(50)
        guard case .reading = rig.directory.permissions(of: ada) else { return #expect(Bool(false)) }
    }

    @Test("changes of a user concern that user alone")
    func users() throws {
        let rig = Rig()
        let (acme, globex) = (try rig.tenant(), try rig.tenant("globex"))
        let users = [rig.user(of: acme), rig.user("bob", of: acme), rig.user(of: globex)]
        for user in users {
            guard case .reading(let read) = rig.directory.permissions(of: user) else { return #expect(Bool(false)) }
            rig.directory.settle(read, .permissions(HeldPermissions(["*"])))
        }
        rig.invalidate(.permissions, "acme", user: "ada")
        let known = users.map { user in
            if case .known = rig.directory.permissions(of: user) { true } else { false }
        }
        #expect(known == [false, true, true])
    }

    @Test(
        "a tenant's name cannot be read as more than a name",
        arguments: [
            ("acme", true), ("a", true), ("A-b_c.d~9", true), (String(repeating: "x", count: 128), true), ("", false),
            (String(repeating: "x", count: 129), false), ("a:b", false), ("{a}", false), ("a b", false), ("a/b", false),
            ("ä", false),
            ("a*", false), ("a\u{0}", false),
        ])
    func names(name: String, isValid: Bool) {
        let rig = Rig()
        let record = name.withByteView { rig.directory.tenant($0, hash: rig.hash($0)) }
        #expect((record != nil) == isValid)
        #expect(record.map { String($0.name) } ?? name == name)
    }

    @Test("memory is bounded: the tenant that was not asked for longest goes, and whoever holds its record can tell")
    func evicted() throws {
        let rig = Rig(records: 100)
        let records = try (0..<100).map { try rig.tenant("t\($0)") }
        _ = try rig.tenant("t100")
        #expect(rig.directory.counts.tenants == 100)
        #expect(records.filter(\.isLinked).count == 99)
        for number in 101..<10_000 { _ = try rig.tenant("t\(number)") }
        #expect(rig.directory.counts.tenants == 100)
        #expect(records.filter(\.isLinked).isEmpty)
        // Whoever is found again is the one who stayed.
        for number in 9_990..<10_000 {
            let record = try rig.tenant("t\(number)")
            #expect(record.isLinked)
        }
    }

    @Test("a table finds what it holds and nothing else, whatever was evicted, against a dictionary")
    func table() throws {
        var random = SplitMix(state: 11)
        let rig = Rig(records: 48)
        var known: [String: TenantRecord] = [:]
        for _ in 0..<20_000 {
            let name = "t\(random.next() % 200)"
            let record = try rig.tenant(name)
            if let old = known[name], old.isLinked { #expect(old === record) }
            #expect(String(record.name) == name)
            known[name] = record
        }
        #expect(known.values.filter(\.isLinked).count == 48)
    }

    @Test("a flood of names costs a bounded number of reads at a time")
    func bounded() throws {
        let rig = Rig(records: 4096)
        for number in 0..<2000 { _ = rig.modules(of: try rig.tenant("t\(number)")) }
        #expect(rig.source.reads.count == 1024)
        #expect(rig.directory.counters.refused == 976)
    }

    @Test("equal answers share one object, and objects nobody holds are dropped")
    func pool() {
        let pool = FactPool<ModuleSet>()
        let first = pool.value([Array("b".utf8), Array("a".utf8)])
        #expect(pool.value([Array("a".utf8), Array("b".utf8), Array("a".utf8)]) === first)
        #expect(pool.value([Array("ab".utf8)]) !== first)
        for number in 0..<5000 { _ = pool.value([Array("m\(number)".utf8)]) }
        #expect(pool.count < 2048)
        #expect(pool.value([Array("a".utf8), Array("b".utf8)]) === first)
    }

    @Test("a set of modules contains its names and no other")
    func modules() {
        let names = (0..<300).map { Array("module-\($0)".utf8) }
        let set = ModuleSet(names + [Array(String(repeating: "x", count: 65).utf8), []])
        #expect(set.names.count == 300)
        let missing = names.filter { name in !name.withByteView { set.contains($0) } }
        #expect(missing.isEmpty)
        let strangers = ["module-300", "module-", "", "MODULE-1"].filter { name in name.withByteView { set.contains($0) } }
        #expect(strangers.isEmpty)
        let isInNone = "crm".withByteView { ModuleSet.none.contains($0) }
        #expect(!isInNone)
    }
}

/// A repeatable sequence.
private struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
