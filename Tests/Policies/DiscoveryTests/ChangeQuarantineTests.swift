import Discovery
import Testing

@Suite struct ChangeQuarantineTests {
    /// Envoys that refuse whatever holds a bad part, and a quarantine that tells them.
    struct Fleet {
        var quarantine = ChangeQuarantine<String>()
        var generation: UInt64 = 0
        /// What each client took last: generation and parts.
        var taken: [UInt64: (generation: UInt64, parts: [String: String])] = [:]
        var rounds = 0
        var told: [String: String] = [:]

        /// Says the newest parts, and lets the clients judge until nothing changes any more.
        mutating func update(_ parts: [String: String], judges: [UInt64] = [1], hint: Set<String> = []) {
            quarantine.update(parts)
            settle(judges, hint)
        }

        mutating func settle(_ judges: [UInt64], _ hint: Set<String> = []) {
            var isChanged = true
            while isChanged, rounds < 1000 {
                rounds += 1
                generation += 1
                told = quarantine.compose(generation)
                isChanged = false
                for judge in judges {
                    let isBad = told.values.contains { $0.hasPrefix("bad") }
                    if isBad {
                        let refusal = DiscoveryRefusal.made(generation: generation, accepted: taken[judge]?.generation)
                        if quarantine.refused(refusal, by: judge, node: "n\(judge)", owners: Set(told.keys), hint: hint) {
                            isChanged = true
                        }
                    } else {
                        taken[judge] = (generation, told)
                        if quarantine.synchronized(judge, with: generation) { isChanged = true }
                    }
                }
            }
        }
    }

    @Test("the only change is the culprit: its former part stays, all else goes on")
    func one() {
        var fleet = Fleet()
        fleet.update(["a": "1", "b": "1"])
        fleet.update(["a": "1", "b": "bad"])
        #expect(fleet.told == ["a": "1", "b": "1"])
        #expect(fleet.quarantine.culprits["b"]?.part == "bad")
        #expect(fleet.quarantine.culprits["b"]?.instead == "1")
        #expect(fleet.quarantine.culprits["b"]?.message == "no")
        #expect(fleet.quarantine.culprits["b"]?.node == "n1")
        fleet.update(["a": "2", "b": "bad", "c": "1"])
        #expect(fleet.told == ["a": "2", "b": "1", "c": "1"])
    }

    @Test("a new owner that is refused says nothing; mended it is heard at once")
    func mended() {
        var fleet = Fleet()
        fleet.update(["a": "1"])
        fleet.update(["a": "1", "b": "bad"])
        #expect(fleet.told == ["a": "1"])
        fleet.update(["a": "1", "b": "bad too"])
        #expect(fleet.told == ["a": "1"])
        #expect(fleet.quarantine.culprits["b"]?.part == "bad too")
        fleet.update(["a": "1", "b": "2"])
        #expect(fleet.told == ["a": "1", "b": "2"])
        #expect(fleet.quarantine.culprits.isEmpty)
        fleet.update(["a": "1", "b": "bad"])
        fleet.update(["a": "1"])
        #expect(fleet.quarantine.culprits.isEmpty)
    }

    @Test("among many changes each culprit is found in a number of rounds that grows with the logarithm", arguments: [1, 2, 5])
    func many(_ culprits: Int) {
        var fleet = Fleet()
        var parts = Dictionary(uniqueKeysWithValues: (0..<200).map { ("m\($0)", "1") })
        fleet.update(parts)
        for index in 0..<200 { parts["m\(index)"] = "2" }
        let guilty = (0..<culprits).map { "m\($0 * 39 + 3)" }
        for owner in guilty { parts[owner] = "bad" }
        fleet.rounds = 0
        fleet.update(parts)
        #expect(Set(fleet.quarantine.culprits.keys) == Set(guilty))
        #expect(!fleet.quarantine.isSearching)
        for (owner, part) in parts { #expect(fleet.told[owner] == (guilty.contains(owner) ? "1" : part)) }
        #expect(fleet.rounds <= 20 * culprits)
    }

    @Test("whom the client's words point at is suspected first")
    func hinted() {
        var fleet = Fleet()
        fleet.update(["a": "1", "b": "1", "c": "1"])
        fleet.rounds = 0
        fleet.update(["a": "2", "b": "bad", "c": "2"], hint: ["b"])
        #expect(Set(fleet.quarantine.culprits.keys) == ["b"])
        #expect(fleet.rounds == 2)
    }

    @Test("several clients that refuse the same find the same culprit once")
    func several() {
        var fleet = Fleet()
        fleet.update(["a": "1", "b": "1", "c": "1"], judges: [1, 2, 3])
        fleet.update(["a": "2", "b": "bad", "c": "2"], judges: [1, 2, 3])
        #expect(Set(fleet.quarantine.culprits.keys) == ["b"])
        #expect(fleet.told == ["a": "2", "b": "1", "c": "2"])
    }

    @Test("a client that refuses what it had taken convicts nobody")
    func nobody() {
        var quarantine = ChangeQuarantine<String>()
        quarantine.update(["a": "1"])
        _ = quarantine.compose(1)
        _ = quarantine.synchronized(1, with: 1)
        let refusal = DiscoveryRefusal.made(generation: 1, accepted: nil)
        let isChanged1 = quarantine.refused(refusal, by: 2, node: "odd", owners: ["a"], hint: [])
        #expect(!isChanged1)
        #expect(quarantine.culprits.isEmpty)
    }

    @Test("a refusal of a composition that is forgotten, or of owners that had no part in it, changes nothing")
    func unknown() {
        var quarantine = ChangeQuarantine<String>()
        for generation in 1...100 as ClosedRange<UInt64> {
            quarantine.update(["a": "\(generation)"])
            _ = quarantine.compose(generation)
        }
        let isChanged2 = quarantine.refused(.made(generation: 2, accepted: 1), by: 1, node: "", owners: ["a"], hint: [])
        #expect(!isChanged2)
        let isChanged3 = quarantine.refused(.made(generation: 100, accepted: 99), by: 1, node: "", owners: ["b"], hint: [])
        #expect(!isChanged3)
        let isChanged4 = quarantine.refused(.made(generation: 100, accepted: 99), by: 1, node: "", owners: ["a"], hint: [])
        #expect(isChanged4)
    }

    @Test("a part that changed since it was refused is not convicted for it")
    func changedSince() {
        var quarantine = ChangeQuarantine<String>()
        quarantine.update(["a": "1"])
        _ = quarantine.compose(1)
        _ = quarantine.synchronized(1, with: 1)
        quarantine.update(["a": "bad"])
        _ = quarantine.compose(2)
        quarantine.update(["a": "2"])
        _ = quarantine.compose(3)
        let isChanged5 = quarantine.refused(.made(generation: 2, accepted: 1), by: 1, node: "", owners: ["a"], hint: [])
        #expect(!isChanged5)
    }

    @Test("an answer that was on its way with a culprit convicts nobody else")
    func onItsWay() {
        var quarantine = ChangeQuarantine<String>()
        quarantine.update(["a": "1"])
        _ = quarantine.compose(1)
        _ = quarantine.synchronized(1, with: 1)
        quarantine.update(["a": "1", "b": "bad"])
        _ = quarantine.compose(2)
        quarantine.update(["a": "1", "b": "bad", "c": "1"])
        _ = quarantine.compose(3)
        let isChanged1 = quarantine.refused(.made(generation: 2, accepted: 1), by: 1, node: "", owners: ["a", "b"], hint: [])
        #expect(isChanged1)
        let told2 = quarantine.compose(4)
        #expect(told2 == ["a": "1", "c": "1"])
        let isChanged3 = quarantine.refused(
            .made(generation: 3, accepted: 1), by: 1, node: "", owners: ["a", "b", "c"], hint: [])
        #expect(!isChanged3)
        #expect(Set(quarantine.culprits.keys) == ["b"])
    }

    @Test("changes during a search are heard after it; without its judge it ends")
    func duringSearch() {
        var quarantine = ChangeQuarantine<String>()
        quarantine.update(["a": "1", "b": "1"])
        _ = quarantine.compose(1)
        _ = quarantine.synchronized(1, with: 1)
        quarantine.update(["a": "bad", "b": "2"])
        _ = quarantine.compose(2)
        let isChanged6 = quarantine.refused(.made(generation: 2, accepted: 1), by: 1, node: "", owners: ["a", "b"], hint: [])
        #expect(isChanged6)
        #expect(quarantine.isSearching)
        quarantine.update(["a": "bad", "b": "2", "c": "1"])
        let told7 = quarantine.compose(3)
        #expect(told7 == ["a": "bad", "b": "1"])
        let isChanged8 = quarantine.refused(.made(generation: 3, accepted: 1), by: 2, node: "", owners: ["a", "b"], hint: [])
        #expect(!isChanged8, "another's words wait")
        let isChanged9 = quarantine.left(2)
        #expect(!isChanged9)
        let isChanged10 = quarantine.refused(.made(generation: 3, accepted: 1), by: 1, node: "", owners: ["a", "b"], hint: [])
        #expect(isChanged10)
        let told11 = quarantine.compose(4)
        #expect(told11 == ["a": "1", "b": "2"])
        let isChanged12 = quarantine.synchronized(1, with: 4)
        #expect(isChanged12)
        let told13 = quarantine.compose(5)
        #expect(told13 == ["a": "1", "b": "2", "c": "1"])
        let isChanged14 = quarantine.synchronized(1, with: 5)
        #expect(isChanged14)
        #expect(!quarantine.isSearching)
        var other = quarantine
        other.update(["a": "bad too", "b": "3", "c": "1"])
        _ = other.compose(6)
        let isChanged15 = other.refused(.made(generation: 6, accepted: 5), by: 1, node: "", owners: ["a", "b", "c"], hint: [])
        #expect(isChanged15)
        let isChanged16 = other.left(1)
        #expect(isChanged16)
        let told17 = other.compose(7)
        #expect(told17 == ["a": "bad too", "b": "3", "c": "1"])
    }

    @Test("what is withheld is offered again on request")
    func retried() {
        var fleet = Fleet()
        fleet.update(["a": "1"])
        fleet.update(["a": "1", "b": "bad"])
        let isChanged18 = fleet.quarantine.retry()
        #expect(isChanged18)
        let told19 = fleet.quarantine.compose(50)
        #expect(told19 == ["a": "1", "b": "bad"])
        var none = ChangeQuarantine<String>()
        let isChanged20 = none.retry()
        #expect(!isChanged20)
    }
}
