import Testing

@testable import Valkey

/// Clusters of real servers whose primaries have replicas.
@Suite(.enabled(if: ValkeyServer.areThere), .serialized) struct ValkeyClusterFailoverTests {
    @Test(
        "replicas answer reads when asked, and take over by hand without the loss of a command", arguments: ValkeyServer.programs)
    func handedOver(_ program: String) async throws {
        let cluster = try await ValkeyCluster(program, withReplicas: true)
        defer { cluster.end() }
        let rig = try ValkeyTestRig(ports: cluster.ports, readsFromReplicas: true)
        #expect(try await rig.until { client in client.sessions.count == 6 && client.sessions.allSatisfy { $0.isReady } })
        let primary = cluster.owner(of: "k")
        let replica = try #require(cluster.replica(of: primary))
        #expect(try await eventually { try replica.ask(["INFO", "replication"])[0].contains("master_link_status:up") })
        #expect(try await rig.call("GET", "@k", reading: true) == .reply("nil"))
        #expect(try replica.ask(["INFO", "commandstats"])[0].contains("cmdstat_get:"))
        #expect(try await rig.run { rig.client.counters.redirects } == 0)

        try replica.ask(["CLUSTER", "FAILOVER"])
        var count = 0
        let isOver = try await eventually {
            count += 1
            let ending = try await rig.call("INCR", "@k")
            #expect(ending == .reply("\(count)"))
            return try replica.ask(["ROLE"])[0].hasPrefix("[master") && count > 20
        }
        #expect(isOver)
        #expect(try await rig.call("INCR", "@k") == .reply("\(count + 1)"))
        try await rig.close()
    }

    @Test("a primary that dies is replaced by its replica, also for tracking", arguments: ValkeyServer.programs)
    func died(_ program: String) async throws {
        let cluster = try await ValkeyCluster(program, withReplicas: true)
        defer { cluster.end() }
        let rig = try ValkeyTestRig(ports: cluster.ports, prefixes: ["k"])
        #expect(try await rig.call("SET", "@k", "1") == .reply("OK"))
        #expect(try await rig.until { $0.isTracking })
        let primary = cluster.owner(of: "k")
        let replica = try #require(cluster.replica(of: primary))
        #expect(try await eventually { try replica.ask(["READONLY"], ["GET", "k"])[1] == "1" })
        primary.end()
        #expect(try await rig.until { !$0.isTracking })
        #expect(try await eventually { try await rig.call("SET", "@k", "2", timeout: 500) == .reply("OK") })
        #expect(try replica.ask(["GET", "k"]) == ["2"])
        #expect(try await rig.until { $0.isTracking })
        #expect(
            try await rig.run { rig.tracker?.told.prefix(1) == ["<restored>"] && rig.tracker?.told.contains("<lost>") == true })
        try await rig.close()
    }
}
