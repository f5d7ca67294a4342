import Testing

@testable import Valkey

/// A primary and its replica without a cluster.
@Suite(.enabled(if: ValkeyServer.areThere), .serialized) struct ValkeyFailoverTests {
    private func pair(_ program: String) async throws -> (ValkeyServer, ValkeyServer) {
        let first = try await ValkeyServer(program)
        let second = try await ValkeyServer(program, ["--replicaof", "127.0.0.1", "\(first.port)"])
        let isLinked = try await eventually { try second.ask(["INFO", "replication"])[0].contains("master_link_status:up") }
        #expect(isLinked)
        return (first, second)
    }

    @Test("the primary is asked wherever it stands in the list", arguments: ValkeyServer.programs)
    func order(_ program: String) async throws {
        let (first, second) = try await pair(program)
        for ports in [[first.port, second.port], [second.port, first.port]] {
            let rig = try ValkeyTestRig(ports: ports)
            #expect(try await rig.call("SET", "@k", "v") == .reply("OK"))
            try await rig.close()
        }
        let alone = try ValkeyTestRig(ports: [second.port])
        #expect(try await alone.call("SET", "@k", "v") == .failed(.notConnected))
        try await alone.close()
    }

    @Test("a write that the demoted primary refuses goes to the new one", arguments: ValkeyServer.programs)
    func demoted(_ program: String) async throws {
        let (first, second) = try await pair(program)
        let rig = try ValkeyTestRig(ports: [first.port, second.port])
        #expect(try await rig.call("SET", "@k", "1") == .reply("OK"))
        try second.ask(["REPLICAOF", "NO", "ONE"])
        try first.ask(["REPLICAOF", "127.0.0.1", "\(second.port)"])
        #expect(try await rig.call("SET", "@k", "2") == .reply("OK"))
        #expect(try second.ask(["GET", "k"]) == ["2"])
        try await rig.close()
    }

    @Test("a primary that died is replaced when another says it is one", arguments: ValkeyServer.programs)
    func died(_ program: String) async throws {
        let (first, second) = try await pair(program)
        let rig = try ValkeyTestRig(ports: [first.port, second.port], prefixes: ["k"])
        #expect(try await rig.call("SET", "@k", "1") == .reply("OK"))
        #expect(try await rig.until { $0.isTracking })
        first.end()
        #expect(try await rig.until { !$0.isUsable && !$0.isTracking })
        try second.ask(["REPLICAOF", "NO", "ONE"])
        try await rig.untilUsable()
        #expect(try await rig.call("SET", "@k", "2") == .reply("OK"))
        #expect(try await rig.until { $0.isTracking })
        try await rig.close()
    }

    @Test("reads go to replicas when asked, and to the primary when there is none", arguments: ValkeyServer.programs)
    func reads(_ program: String) async throws {
        let (first, second) = try await pair(program)
        let rig = try ValkeyTestRig(ports: [first.port, second.port], readsFromReplicas: true)
        #expect(try await rig.until { client in client.sessions.allSatisfy { $0.isReady } })
        #expect(try await rig.call("GET", "@k", reading: true) == .reply("nil"))
        #expect(try second.ask(["INFO", "commandstats"])[0].contains("cmdstat_get:"))
        #expect(try !first.ask(["INFO", "commandstats"])[0].contains("cmdstat_get:"))
        #expect(try await rig.call("GET", "@k") == .reply("nil"))
        #expect(try first.ask(["INFO", "commandstats"])[0].contains("cmdstat_get:"))
        second.end()
        #expect(try await rig.until { client in !client.sessions.allSatisfy { $0.isReady } })
        #expect(try await rig.call("GET", "@k", reading: true) == .reply("nil"))
        try await rig.close()
    }
}
