import Discovery
import Testing

@Suite struct SessionTests {
    static let variants = [DiscoveryVariant.stateOfTheWorld, .delta]
    let first = things(1, "CDS/a=1", "EDS/a=1", "LDS/web=1", "RDS/table=1", "SDS/key=1")

    private func connected(_ variant: DiscoveryVariant) -> Client {
        var client = Client(variant)
        client.ask(.cluster, in: first)
        client.drain(first)
        client.ask(.endpoints, ["a"], in: first)
        client.ask(.listener, in: first)
        client.drain(first)
        client.ask(.routes, ["table"], in: first)
        client.ask(.secret, ["key"], in: first)
        client.drain(first)
        return client
    }

    @Test("a client is told what it asks for, once", arguments: variants)
    func once(_ variant: DiscoveryVariant) {
        var client = connected(variant)
        #expect(
            client.held == [
                .cluster: ["a": "1"], .endpoints: ["a": "1"], .listener: ["web": "1"], .routes: ["table": "1"],
                .secret: ["key": "1"],
            ])
        let answer1 = client.take(first)
        #expect(answer1 == nil)
        #expect(client.session.isSynchronized(with: first))
        #expect(client.session.node == DiscoveryNode(id: "one", cluster: "test"))
    }

    @Test("what others refer to comes first, and goes last, each step after the one before was accepted", arguments: variants)
    func makeBeforeBreak(_ variant: DiscoveryVariant) {
        var client = connected(variant)
        let second = things(2, "CDS/b=1", "EDS/b=1", "LDS/web=2", "RDS/table=2", "SDS/key=1")
        #expect(!client.session.isSynchronized(with: second))
        guard let clusters = client.take(second) else { return #expect(Bool(false), "clusters are due") }
        #expect(clusters.typeURL == DiscoveryKind.cluster.typeURL)
        #expect(clusters.removed.isEmpty)
        #expect(clusters.resources.map(\.name) == (variant == .delta ? ["b"] : ["a", "b"]))
        let answer2 = client.take(second)
        #expect(answer2 == nil, "nothing that might refer to it before it is accepted")
        client.accept(clusters, second)
        #expect(client.held[.cluster] == ["a": "1", "b": "1"])
        var order: [String] = []
        while let response = client.take(second) {
            let kind = DiscoveryKind(typeURL: response.typeURL)
            if kind == .routes {
                #expect(client.held[.cluster]?["a"] != nil, "the old cluster is there while routes may name it")
            }
            order.append((kind?.abbreviation ?? "?") + (response.removed.isEmpty ? "" : "-"))
            client.accept(response, second)
        }
        #expect(order.filter { !$0.hasPrefix("EDS") } == (variant == .delta ? ["LDS", "RDS", "CDS-"] : ["LDS", "RDS", "CDS"]))
        #expect(client.held[.cluster] == ["b": "1"])
        #expect(client.session.isSynchronized(with: second))
    }

    @Test("only what changed is sent in the delta variant")
    func delta() {
        var client = Client(.delta)
        let before = things(1, "CDS/a=1", "CDS/b=1", "CDS/c=1")
        client.ask(.cluster, in: before)
        client.drain(before)
        let after = things(2, "CDS/a=1", "CDS/b=2", "CDS/d=1")
        let response = client.take(after)
        #expect(response?.resources.map(\.name) == ["b", "d"])
        #expect(response?.removed == [])
        if let response { client.accept(response, after) }
        let answer3 = client.take(after)
        #expect(answer3?.removed == ["c"])
    }

    @Test("changes that come faster than a client takes them become one", arguments: variants)
    func coalesced(_ variant: DiscoveryVariant) {
        var client = connected(variant)
        let sets = (2...9).map { things(UInt64($0), "CDS/a=1", "EDS/a=1", "LDS/web=1", "RDS/table=\($0)", "SDS/key=1") }
        var answers: [DiscoveryResponse] = []
        for set in sets { if let answer = client.take(set) { answers.append(answer) } }
        #expect(answers.count == 1)
        client.accept(answers[0], sets[7])
        let last = client.take(sets[7])
        #expect(last?.resources.map(\.version) == ["9"])
        if let last { client.accept(last, sets[7]) }
        let answer4 = client.take(sets[7])
        #expect(answer4 == nil)
    }

    @Test("a refused answer is not sent again; another is, and mends it", arguments: variants)
    func refused(_ variant: DiscoveryVariant) {
        var client = connected(variant)
        let bad = things(2, "CDS/a=1", "EDS/a=1", "LDS/web=1", "RDS/table=bad", "SDS/key=1")
        guard let response = client.take(bad) else { return #expect(Bool(false), "routes are due") }
        guard case .refused(let refusal) = client.refuse(response, "no such thing", bad) else {
            return #expect(Bool(false), "it is a refusal")
        }
        #expect(refusal.kind == .routes)
        #expect(refusal.message == "no such thing")
        #expect(refusal.names == ["table"])
        #expect(refusal.generation == 2)
        #expect(refusal.accepted == 1)
        let answer5 = client.take(bad)
        #expect(answer5 == nil)
        #expect(!client.session.isSynchronized(with: bad))
        #expect(client.session.kinds.first { $0.kind == .routes }?.refusal == "no such thing")
        let other = things(3, "CDS/a=1", "EDS/a=1", "LDS/web=1", "RDS/table=bad", "SDS/key=2")
        let order6 = client.drain(other)
        #expect(order6 == ["SDS"], "other kinds go on")
        let former = things(4, "CDS/a=1", "EDS/a=1", "LDS/web=1", "RDS/table=1", "SDS/key=2")
        let order7 = client.drain(former)
        #expect(order7 == ["RDS"], "the former state is said again: nobody knows what a client that refuses holds")
        #expect(client.session.isSynchronized(with: former))
        #expect(client.session.kinds.allSatisfy { $0.refusal == nil })
    }

    @Test("words about an answer that another replaced mean nothing", arguments: variants)
    func stale(_ variant: DiscoveryVariant) {
        var client = connected(variant)
        let sets = (2...3).map { things(UInt64($0), "CDS/a=1", "EDS/a=1", "LDS/web=1", "RDS/table=\($0)", "SDS/key=1") }
        guard let old = client.take(sets[0]) else { return #expect(Bool(false), "routes are due") }
        client.accept(old, sets[0])
        guard let new = client.take(sets[1]) else { return #expect(Bool(false), "routes are due") }
        guard case .stale = client.refuse(old, "late", sets[1]) else { return #expect(Bool(false), "it is stale") }
        let answer8 = client.take(sets[1])
        #expect(answer8 == nil, "the new answer is still under way")
        guard case .acknowledged = client.accept(new, sets[1]) else { return #expect(Bool(false), "it is accepted") }
        #expect(client.session.isSynchronized(with: sets[1]))
    }

    @Test("without names all clusters and listeners are asked for, but nothing of other kinds", arguments: variants)
    func legacyWildcard(_ variant: DiscoveryVariant) {
        var client = Client(variant)
        for kind in DiscoveryKind.allCases { client.ask(kind, in: first) }
        client.drain(first)
        #expect(client.held.filter { !$0.value.isEmpty } == [.cluster: ["a": "1"], .listener: ["web": "1"]])
    }

    @Test("a star asks for all of a kind", arguments: variants)
    func star(_ variant: DiscoveryVariant) {
        var client = Client(variant)
        client.ask(.secret, ["*"], in: first)
        client.drain(first)
        #expect(client.held[.secret] == ["key": "1"])
        let second = things(2, "SDS/key=1", "SDS/other=1")
        client.drain(second)
        #expect(client.held[.secret] == ["key": "1", "other": "1"])
    }

    @Test("a client that named clusters and then none asks for none any more")
    func emptied() {
        var client = Client(.stateOfTheWorld)
        let set = things(1, "CDS/a=1", "CDS/b=1")
        client.ask(.cluster, ["a"], in: set)
        guard let response = client.take(set) else { return #expect(Bool(false), "clusters are due") }
        #expect(response.resources.map(\.name) == ["a"])
        client.accept(response, asking: [], set)
        let order9 = client.drain(things(2, "CDS/a=2", "CDS/b=2"))
        #expect(order9 == [])
    }

    @Test("names that come with an acceptance are answered; fewer names need no answer")
    func moreAndFewer() {
        var client = Client(.stateOfTheWorld)
        let set = things(1, "EDS/a=1", "EDS/b=1")
        client.ask(.endpoints, ["a"], in: set)
        guard let response = client.take(set) else { return #expect(Bool(false), "endpoints are due") }
        client.accept(response, asking: ["a", "b"], set)
        guard let both = client.take(set) else { return #expect(Bool(false), "b is due") }
        #expect(both.resources.map(\.name) == ["a", "b"])
        client.accept(both, asking: ["b"], set)
        let answer10 = client.take(set)
        #expect(answer10 == nil)
        #expect(client.session.isSynchronized(with: set))
    }

    @Test("a client of state of the world that comes back with the same version is not told again, with another it is")
    func reconnectedWhole() {
        let before = connected(.stateOfTheWorld)
        let version = before.session.kinds.first { $0.kind == .routes }?.accepted ?? ""
        var same = Client(.stateOfTheWorld)
        same.ask(.routes, ["table"], version: version, in: first)
        let answer11 = same.take(first)
        #expect(answer11 == nil)
        #expect(same.session.isSynchronized(with: first))
        var other = Client(.stateOfTheWorld)
        other.ask(.routes, ["table"], version: "of long ago", in: first)
        let answer12 = other.take(first)
        #expect(answer12?.resources.count == 1)
    }

    @Test("a delta client that comes back is told what changed meanwhile and what is gone, and no more")
    func reconnectedDelta() {
        var client = Client(.delta)
        let set = things(7, "CDS/same=1", "CDS/changed=2", "CDS/new=1")
        client.ask(.cluster, ["*"], known: ["same": "1", "changed": "1", "gone": "1"], in: set)
        let response = client.take(set)
        #expect(response?.resources.map(\.name) == ["changed", "new"])
        if let response { client.accept(response, set) }
        let answer13 = client.take(set)
        #expect(answer13?.removed == ["gone"])
    }

    @Test("a delta client hears of names that there are not, and is told when they come to be")
    func missing() {
        var client = Client(.delta)
        client.ask(.routes, ["other", "table"], in: first)
        let response = client.take(first)
        #expect(response?.resources.map(\.name) == ["table"])
        #expect(response?.removed == ["other"])
        if let response { client.accept(response, first) }
        let second = things(2, "RDS/table=1", "RDS/other=1")
        let answer14 = client.take(second)
        #expect(answer14?.resources.map(\.name) == ["other"])
    }

    @Test("a name asked for again is sent again; one no longer asked for is not")
    func again() {
        var client = Client(.delta)
        client.ask(.secret, ["key"], in: first)
        client.drain(first)
        client.change(.secret, add: ["key"], in: first)
        let answer15 = client.take(first)
        #expect(answer15?.resources.map(\.name) == ["key"])
        var gone = Client(.delta)
        gone.ask(.secret, ["key"], in: first)
        gone.drain(first)
        gone.change(.secret, remove: ["key"], in: first)
        let order16 = gone.drain(things(2, "SDS/key=2"))
        #expect(order16 == [])
    }

    @Test("who asks for all and unsubscribes from a name is told what became of it")
    func unsubscribedFromAll() {
        var client = Client(.delta)
        let set = things(1, "CDS/a=1", "CDS/b=1")
        client.ask(.cluster, ["*", "a"], in: set)
        client.drain(set)
        client.change(.cluster, remove: ["a"], in: set)
        let answer17 = client.take(set)
        #expect(answer17?.resources.map(\.name) == ["a"])
        var named = Client(.delta)
        named.ask(.cluster, ["*", "a"], in: set)
        named.drain(set)
        named.change(.cluster, remove: ["*"], in: set)
        let order18 = named.drain(things(2, "CDS/a=2", "CDS/b=2"))
        #expect(order18 == ["CDS"])
        #expect(named.held[.cluster] == ["a": "2", "b": "1"])
    }

    @Test("endpoints are told again after their cluster: Envoy waits for them", arguments: variants)
    func endpointsAgain(_ variant: DiscoveryVariant) {
        var client = connected(variant)
        let second = things(2, "CDS/a=2", "EDS/a=1", "LDS/web=1", "RDS/table=1", "SDS/key=1")
        let order19 = client.drain(second)
        #expect(order19 == ["CDS", "EDS"])
    }

    @Test("a type that nobody has is answered once, with nothing", arguments: variants)
    func foreign(_ variant: DiscoveryVariant) {
        var client = Client(variant)
        var request = DiscoveryRequest()
        request.typeURL = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"
        request.names = ["filter"]
        for _ in 0..<3 { _ = client.session.receive(request, in: first) }
        let answer20 = client.take(first)
        #expect(answer20?.typeURL == request.typeURL)
        let answer21 = client.take(first)
        #expect(answer21 == nil)
        #expect(client.session.isSynchronized(with: first))
    }

    @Test("a stream without a type, with too many types or too many names cannot go on", arguments: variants)
    func bounded(_ variant: DiscoveryVariant) {
        func isInvalid(_ request: DiscoveryRequest, _ session: inout DiscoverySession) -> Bool {
            if case .invalid = session.receive(request, in: first) { true } else { false }
        }
        var session = DiscoverySession(variant)
        let needsType = isInvalid(DiscoveryRequest(), &session)
        #expect(needsType)
        var request = DiscoveryRequest()
        for index in 0...31 {
            request.typeURL = "type/\(index)"
            let isRefused = isInvalid(request, &session)
            #expect(!isRefused)
        }
        request.typeURL = "type/32"
        let isOneTooMany = isInvalid(request, &session)
        #expect(isOneTooMany)
        request.typeURL = DiscoveryKind.secret.typeURL
        request.names = (0..<8192).map { "name\($0)" }
        let isRefused = isInvalid(request, &session)
        #expect(!isRefused)
        var other = DiscoverySession(variant)
        request.names = (0...16_384).map { "name\($0)" }
        let hasTooMany = isInvalid(request, &other)
        #expect(hasTooMany)
    }

    @Test("the same resources have the same version wherever they are, in whatever order they were given")
    func sameVersion() {
        let one = things(1, "CDS/a=1", "CDS/b=2")
        let two = things(900, "CDS/b=2", "CDS/a=1")
        var versions: [String?] = []
        for set in [one, two] {
            var client = Client(.stateOfTheWorld)
            client.ask(.cluster, in: set)
            versions.append(client.take(set)?.version)
        }
        #expect(versions[0] != nil && versions[0] == versions[1])
        var client = Client(.stateOfTheWorld)
        let other = things(1, "CDS/a=1", "CDS/b=3")
        client.ask(.cluster, in: other)
        let answer22 = client.take(other)
        #expect(answer22?.version != versions[0])
    }
}
