import NIOCore
import Testing

@testable import Valkey

/// What comes with time, to the millisecond: the clock is the test's.
@Suite struct ValkeyClockTests {
    /// A client whose connection is ready at time 0, on a server that answers no GET.
    private func ready(_ limits: ValkeyLimits = ValkeyLimits()) async throws -> (ValkeyTestRig, FakeServer) {
        let server = try await FakeServer { command, _ in command[0] == "GET" ? .silence : nil }
        let endpoint = ValkeyEndpoint(addresses: [ValkeyAddress(host: "127.0.0.1", port: server.port)])
        let rig = try ValkeyTestRig(endpoint, limits: limits, ticks: false)
        try await rig.tick(to: 0)
        try await rig.untilUsable()
        return (rig, server)
    }

    @Test("a command ends at its deadline, not before")
    func deadline() async throws {
        let (rig, server) = try await ready()
        let ending = rig.begin([["GET", "@k"]], timeout: 300)
        try await rig.tick(to: 299)
        #expect(try await rig.run { rig.client.counters.timeouts } == 0)
        try await rig.tick(to: 300)
        #expect(try await rig.run { rig.client.counters.timeouts } == 1)
        #expect(try await ending[0].get() == .failed(.timeout))
        try await rig.close()
        try await server.stop()
    }

    @Test("a connection that owes an answer is given up after a second of silence, not before")
    func silence() async throws {
        let (rig, server) = try await ready()
        let ending = rig.begin([["GET", "@k"]], timeout: 60_000)
        try await rig.tick(to: 999)
        #expect(try await rig.run { rig.client.isUsable })
        try await rig.tick(to: 1000)
        #expect(try await ending[0].get() == .failed(.connectionLost))
        try await rig.close()
        try await server.stop()
    }

    @Test("a loop that stood still takes its own silence for nobody else's")
    func standstill() async throws {
        let (rig, server) = try await ready()
        let ending = rig.begin([["GET", "@k"]], timeout: 60_000)
        try await rig.run { rig.client.tick(nowMilliseconds: 5000) }
        #expect(try await rig.run { rig.client.isUsable })
        try await rig.tick(to: 5999)
        #expect(try await rig.run { rig.client.isUsable })
        try await rig.tick(to: 6000)
        #expect(try await ending[0].get() == .failed(.connectionLost))
        try await rig.close()
        try await server.stop()
    }

    @Test("an idle connection is asked after ten seconds, not before")
    func keepAlive() async throws {
        var limits = ValkeyLimits()
        limits.refresh = 1_000_000
        let (rig, server) = try await ready(limits)
        // Looking who is primary comes first, once.
        let first = try await rig.run { rig.client.sessions[0].connection?.sent ?? 0 }
        try await rig.tick(to: 9999)
        #expect(try await rig.run { rig.client.sessions[0].connection?.sent } == first)
        try await rig.tick(to: 10_000)
        #expect(try await rig.run { rig.client.sessions[0].connection?.sent } == first + 1)
        try await rig.close()
        try await server.stop()
    }

    @Test("a handshake that is not answered ends after two seconds, not before")
    func handshake() async throws {
        let server = try await FakeServer { _, _ in .silence }
        let endpoint = ValkeyEndpoint(addresses: [ValkeyAddress(host: "127.0.0.1", port: server.port)])
        let rig = try ValkeyTestRig(endpoint, ticks: false)
        try await rig.tick(to: 0)
        #expect(try await rig.until { $0.sessions[0].connection?.state == .handshaking })
        try await rig.tick(to: 1999)
        #expect(try await rig.run { rig.client.sessions[0].connection?.state == .handshaking })
        try await rig.tick(to: 2000)
        #expect(try await rig.run { rig.client.sessions[0].connection?.state != .handshaking })
        try await rig.close()
        try await server.stop()
    }
}

extension ValkeyTestRig {
    /// Lets time pass in steps shorter than what a client takes for a standstill.
    func tick(to end: Int64) async throws {
        try await run {
            while self.client.now + 100 < end { self.client.tick(nowMilliseconds: self.client.now + 100) }
            self.client.tick(nowMilliseconds: end)
        }
    }
}
