import NIOCore
import Testing

@testable import Valkey

/// Cluster mode against real servers.
@Suite(.enabled(if: ValkeyServer.areThere), .serialized) struct ValkeyClusterTests {
    @Test("keys are asked of the primaries that have them, found from any seed", arguments: ValkeyServer.programs)
    func slots(_ program: String) async throws {
        let cluster = try await ValkeyCluster(program)
        defer { cluster.end() }
        let nobody = try await ValkeyServer.freePort()
        for seeds in cluster.ports.map({ [$0] }) + [[nobody, cluster.ports[1]]] {
            let rig = try ValkeyTestRig(ports: seeds)
            let endings = rig.begin((0..<100).map { ["SET", "@key:\($0)", "\($0)"] })
            for ending in endings { #expect(try await ending.get() == .reply("OK")) }
            for index in 0..<100 { #expect(try await rig.call("GET", "@key:\(index)") == .reply("\(index)")) }
            #expect(try await rig.call("MGET", "@{key:1}a", "@{key:1}b") == .reply("[nil, nil]"))
            #expect(try await rig.run { rig.client.counters.redirects } == 0)
            guard case .failed(.server(.crossSlot, _)) = try await rig.call("MGET", "@a", "@b") else {
                Issue.record("keys of several slots are refused")
                return
            }
            #expect(try await rig.call("PING") == .reply("PONG"))
            try await rig.close()
        }
    }

    @Test("a slot that moved is followed and remembered", arguments: ValkeyServer.programs)
    func moved(_ program: String) async throws {
        let cluster = try await ValkeyCluster(program)
        defer { cluster.end() }
        var limits = ValkeyLimits()
        limits.refreshDistance = 1_000_000
        let rig = try ValkeyTestRig(ports: cluster.ports, limits: limits)
        #expect(try await rig.call("GET", "@k") == .reply("nil"))
        let source = cluster.owner(of: "k")
        let target = cluster.other(than: source)
        for server in [target, source] {
            try server.ask(["CLUSTER", "SETSLOT", "\(cluster.slot(of: "k"))", "NODE", cluster.identifier(target)])
        }
        #expect(try await rig.call("SET", "@k", "v") == .reply("OK"))
        #expect(try await rig.run { rig.client.counters.redirects } == 1)
        #expect(try await rig.call("GET", "@k") == .reply("v"))
        #expect(try await rig.run { rig.client.counters.redirects } == 1)
        #expect(try target.ask(["GET", "k"]) == ["v"])
        try await rig.close()
    }

    @Test("a slot on its way is asked where its key is, without being remembered", arguments: ValkeyServer.programs)
    func migrating(_ program: String) async throws {
        let cluster = try await ValkeyCluster(program)
        defer { cluster.end() }
        let rig = try ValkeyTestRig(ports: cluster.ports)
        #expect(try await rig.call("SET", "@{k}old", "v") == .reply("OK"))
        let slot = "\(cluster.slot(of: "k"))"
        let source = cluster.owner(of: "k")
        let target = cluster.other(than: source)
        try target.ask(["CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.identifier(source)])
        try source.ask(["CLUSTER", "SETSLOT", slot, "MIGRATING", cluster.identifier(target)])
        #expect(try await rig.call("SET", "@{k}new", "n") == .reply("OK"))
        #expect(try target.ask(["ASKING"], ["GET", "{k}new"]) == ["OK", "n"])
        #expect(try await rig.call("GET", "@{k}old") == .reply("v"))
        #expect(try await rig.run { rig.client.counters.redirects } == 1)

        // Keys on both sides at once have to wait for the end of the move.
        let split = rig.begin([["MGET", "@{k}old", "@{k}new"]])
        #expect(try await rig.until { $0.counters.errors >= 2 })
        try source.ask(["MIGRATE", "127.0.0.1", "\(target.port)", "{k}old", "0", "5000"])
        for server in [target, source] { try server.ask(["CLUSTER", "SETSLOT", slot, "NODE", cluster.identifier(target)]) }
        #expect(try await split[0].get() == .reply("[v, n]"))
        try await rig.close()
    }

    @Test("scripts are loaded on each primary", arguments: ValkeyServer.programs)
    func scripts(_ program: String) async throws {
        let cluster = try await ValkeyCluster(program)
        defer { cluster.end() }
        let rig = try ValkeyTestRig(ports: cluster.ports)
        let script = ValkeyScript("return redis.call('INCR', KEYS[1])")
        for index in 0..<30 { #expect(try await rig.call(script, keys: ["n:\(index)"]) == .reply("1")) }
        #expect(try await rig.run { rig.client.counters.missingScripts } == 3)
        try await rig.close()
    }
}
