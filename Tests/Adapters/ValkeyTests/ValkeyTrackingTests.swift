import Testing

@testable import Valkey

/// Server-assisted caching against a real server.
@Suite(.enabled(if: ValkeyServer.areThere), .serialized) struct ValkeyTrackingTests {
    @Test("changes of tracked keys are told, of others not", arguments: ValkeyServer.programs)
    func invalidations(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port], prefixes: ["modules:active:", "rbac:"])
        #expect(try await rig.until { $0.isTracking })
        #expect(try await rig.untilTold("<restored>"))
        // What changes in one turn of the server is told together and in no order.
        for (command, told) in [
            ("SADD modules:active:t1 crm", ["modules:active:t1"]), ("SADD rbac:t1:u1 crm.*", ["rbac:t1:u1"]),
            ("SREM modules:active:t1 crm", ["modules:active:t1"]), ("FLUSHALL", ["<all>"]),
            ("SET rbac:t1:u1 x PX 1", ["rbac:t1:u1", "rbac:t1:u1"]),
        ] {
            try server.ask(["SET", "other", "1"], command.split(separator: " ").map(String.init))
            #expect(try await rig.untilTold(told))
        }
        try await rig.close()
    }

    @Test("a lost connection is told, and when it is back", arguments: ValkeyServer.programs)
    func lost(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port], prefixes: [""])
        #expect(try await rig.untilTold("<restored>"))
        try server.ask(["CLIENT", "KILL", "TYPE", "normal"])
        #expect(try await rig.untilTold("<lost>", "<restored>"))
        try server.ask(["SET", "k", "v"])
        #expect(try await rig.untilTold("k"))
        try await rig.close()
    }

    @Test("a server that hangs is found out within a second", arguments: ValkeyServer.programs)
    func hung(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port], prefixes: ["a:", "b:"])
        #expect(try await rig.untilTold("<restored>"))
        server.hang()
        let before = ValkeyTestRig.milliseconds()
        #expect(try await rig.untilTold("<lost>"))
        // 800 ms by the limits; the rest is for a machine with other things to do.
        #expect(ValkeyTestRig.milliseconds() - before < 3000)
        server.goOn()
        #expect(try await rig.untilTold("<restored>"))
        try await rig.close()
    }

    @Test("losing the connection for commands alone loses no change", arguments: ValkeyServer.programs)
    func commandsLost(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port], prefixes: ["a:"])
        #expect(try await rig.untilTold("<restored>"))
        guard case .reply(let identifier) = try await rig.call("CLIENT", "ID") else {
            Issue.record("no identifier")
            return
        }
        try server.ask(["CLIENT", "KILL", "ID", identifier], ["SET", "a:1", "v"])
        #expect(try await rig.untilTold("a:1"))
        #expect(try await rig.until { $0.isUsable && $0.counters.attempts == 3 })
        #expect(try await rig.call("GET", "@a:1") == .reply("v"))
        try server.ask(["SET", "a:2", "v"])
        #expect(try await rig.untilTold("a:2"))
        try await rig.close()
    }

    @Test("prefixes that overlap are refused, and that is known", arguments: ValkeyServer.programs)
    func overlapping(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port], prefixes: ["a:", "a:b:"])
        #expect(try await rig.until { if case .server(.err, _) = $0.problem { true } else { false } })
        #expect(try await rig.run { !rig.client.isTracking })
        #expect(try await rig.call("GET", "@a:1") == .reply("nil"))
        try await rig.close()
    }

    @Test("in a cluster the keys of every primary are tracked", arguments: ValkeyServer.programs)
    func cluster(_ program: String) async throws {
        let cluster = try await ValkeyCluster(program)
        defer { cluster.end() }
        let rig = try ValkeyTestRig(ports: [cluster.ports[0]], prefixes: ["k:"])
        #expect(try await rig.untilTold("<restored>"))
        let writer = try ValkeyTestRig(ports: cluster.ports)
        for index in 0..<30 { #expect(try await writer.call("SET", "@k:\(index)", "v") == .reply("OK")) }
        #expect(try await rig.until { _ in Set(rig.tracker?.told ?? []).count >= 30 })
        try await rig.run { rig.tracker?.told.removeAll() }
        try cluster.primaries[2].ask(["CLIENT", "KILL", "TYPE", "normal"])
        #expect(try await rig.untilTold("<lost>", "<restored>"))
        try await writer.close()
        try await rig.close()
    }
}

extension ValkeyTestRig {
    /// Waits until exactly this was told since the last call.
    func untilTold(_ expected: String...) async throws -> Bool { try await untilTold(expected) }

    func untilTold(_ expected: [String]) async throws -> Bool {
        let arrived = try await until { _ in (self.tracker?.told.count ?? 0) >= expected.count }
        let told = try await run {
            defer { self.tracker?.told.removeAll() }
            return self.tracker?.told ?? []
        }
        #expect(told == expected)
        return arrived
    }
}
