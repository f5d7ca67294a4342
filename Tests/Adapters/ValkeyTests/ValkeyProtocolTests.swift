import NIOCore
import Testing

@testable import Valkey

/// The client against servers that misbehave.
@Suite struct ValkeyProtocolTests {
    private static func limits(_ change: (inout ValkeyLimits) -> Void = { _ in }) -> ValkeyLimits {
        var limits = ValkeyLimits.patient
        limits.backoff = 20
        limits.repeatDelay = 5
        limits.refreshDistance = 20
        change(&limits)
        return limits
    }

    @Test("replies go to the commands they answer, in order, however they are cut")
    func pipelined() async throws {
        let server = try await FakeServer { command, _ in
            guard command[0] == "ECHO" else { return nil }
            let text = "$\(command[1].utf8.count)\r\n\(command[1])\r\n"
            return .pieces([String(text.prefix(2)), String(text.dropFirst(2))])
        }
        let rig = try ValkeyTestRig(ports: [server.port])
        let endings = rig.begin((0..<300).map { ["ECHO", "value \($0)"] })
        for (index, ending) in endings.enumerated() { #expect(try await ending.get() == .reply("value \(index)")) }
        #expect(try await rig.run { rig.client.counters.replies } == 300)
        try await rig.close()
        try await server.stop()
    }

    @Test("the handshake says who we are, and everything else after it")
    func handshake() async throws {
        let server = try await FakeServer { _, _ in nil }
        let endpoint = ValkeyEndpoint(
            addresses: [ValkeyAddress(host: "127.0.0.1", port: server.port)], user: "u", password: ValkeySecret("p"), database: 2)
        // One attempt, however busy the machine is.
        let limits = Self.limits {
            $0.handshake = 60_000
            $0.silence = 60_000
        }
        let rig = try ValkeyTestRig(endpoint, limits: limits)
        #expect(try await rig.call("GET", "@k") == .reply("OK"))
        #expect(try await server.heard() == ["HELLO 3 AUTH u p SETNAME a-test", "SELECT 2", "GET k"])
        try await rig.close()
        try await server.stop()
    }

    @Test("what is refused at the handshake is known, and commands do not wait for another try")
    func refusedHandshake() async throws {
        let server = try await FakeServer { command, _ in
            command[0] == "HELLO" ? .bytes("-WRONGPASS invalid username-password pair or user is disabled.\r\n") : nil
        }
        let rig = try ValkeyTestRig(ports: [server.port], limits: Self.limits())
        #expect(try await rig.until { $0.problem != nil })
        let problem = try await rig.run { rig.client.problem }
        #expect(
            problem == .server(code: .wrongPassword, message: "invalid username-password pair or user is disabled."))
        #expect(try await rig.call("PING") == .failed(.notConnected))
        #expect(try await server.heard().allSatisfy { $0.hasPrefix("HELLO") })
        try await rig.close()
        try await server.stop()
    }

    @Test(
        "a server of another protocol is no Valkey",
        arguments: ["*2\r\n+proto\r\n:2\r\n", "+OK\r\n", "%1\r\n+proto\r\n:2\r\n", "_\r\n"])
    func otherProtocol(_ answer: String) async throws {
        let server = try await FakeServer { command, _ in command[0] == "HELLO" ? .bytes(answer) : nil }
        let rig = try ValkeyTestRig(ports: [server.port], limits: Self.limits())
        #expect(try await rig.until { $0.problem == .protocolViolation })
        #expect(try await rig.run { !rig.client.isUsable })
        try await rig.close()
        try await server.stop()
    }

    @Test(
        "garbage closes the connection, what was asked fails, and the next connection works",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "$99999999999\r\n", "*1\r\n$-7\r\n", "$3\r\nabcdef", "\0\0\0\0", "*300000\r\n",
        ])
    func garbage(_ bytes: String) async throws {
        let server = try await FakeServer { command, connection in
            command[0] == "GET" && connection == 1 ? .bytes(bytes) : nil
        }
        let rig = try ValkeyTestRig(ports: [server.port], limits: Self.limits())
        let endings = rig.begin([["GET", "@a"], ["GET", "@b"]])
        #expect(try await endings[0].get() == .failed(.protocolViolation))
        #expect(try await endings[1].get() == .failed(.protocolViolation))
        #expect(try await rig.until { $0.isUsable && $0.counters.violations == 1 })
        #expect(try await rig.call("GET", "@a") == .reply("OK"))
        try await rig.close()
        try await server.stop()
    }

    @Test("a reply that nobody asked for closes the connection")
    func unasked() async throws {
        let server = try await FakeServer { _, _ in nil }
        let rig = try ValkeyTestRig(ports: [server.port], limits: Self.limits())
        try await rig.untilUsable()
        server.push("+surprise\r\n")
        #expect(try await rig.until { $0.counters.violations == 1 && $0.isUsable })
        #expect(try await server.accepted() == 2)
        try await rig.close()
        try await server.stop()
    }

    @Test("pushes that nobody asked for are passed over")
    func pushes() async throws {
        let server = try await FakeServer { command, _ in
            command[0] == "GET" ? .bytes(">2\r\n+invalidate\r\n*1\r\n+k\r\n$1\r\nv\r\n") : nil
        }
        let rig = try ValkeyTestRig(ports: [server.port])
        #expect(try await rig.call("GET", "@k") == .reply("v"))
        try await rig.close()
        try await server.stop()
    }

    @Test("a late answer belongs to the command that gave up, not to the next one")
    func lateAnswers() async throws {
        let server = try await FakeServer { command, _ in
            switch command[0] {
            case "SLOW": .silence
            case "QUICK": .bytes("+slow\r\n+quick\r\n")
            default: nil
            }
        }
        let rig = try ValkeyTestRig(ports: [server.port])
        try await rig.untilUsable()
        #expect(try await rig.call("SLOW", timeout: 30) == .failed(.timeout))
        #expect(try await rig.call("QUICK") == .reply("quick"))
        #expect(try await server.accepted() == 1)
        #expect(try await rig.run { rig.client.counters.timeouts } == 1)
        try await rig.close()
        try await server.stop()
    }

    @Test("a command that was given up is heard of no more, and its answer is swallowed")
    func cancelled() async throws {
        let server = try await FakeServer { command, _ in
            command[0] == "HELLO" || command.count < 2 ? nil : .bytes("+\(command[1])\r\n")
        }
        let rig = try ValkeyTestRig(ports: [server.port])
        try await rig.untilUsable()
        try await rig.cancelled("ECHO", "first")
        #expect(try await rig.call("ECHO", "second") == .reply("second"))
        try await rig.close()
        try await server.stop()
    }

    @Test("a server that answers nothing is given up, and then refused at once")
    func silence() async throws {
        let gets = Cell()
        let server = try await FakeServer { command, _ in
            if command[0] == "GET" { gets.value += 1 }
            return gets.value > 0 ? .silence : nil
        }
        let rig = try ValkeyTestRig(
            ports: [server.port],
            limits: Self.limits {
                $0.silence = 100
                $0.handshake = 100
            })
        try await rig.untilUsable()
        #expect(try await rig.call("GET", "@k", timeout: 5000) == .failed(.connectionLost))
        #expect(try await rig.call("GET", "@k", timeout: 5000) == .failed(.notConnected))
        try await rig.close()
        try await server.stop()
    }

    @Test("an idle connection is asked whether it lives")
    func keepAlive() async throws {
        let server = try await FakeServer { _, _ in nil }
        let rig = try ValkeyTestRig(ports: [server.port], limits: Self.limits { $0.keepAlive = 20 })
        try await rig.untilUsable()
        #expect(try await rig.until { $0.now > 0 && $0.sessions[0].connection.map { $0.sent >= 3 } ?? false })
        #expect(try await server.heard().filter { $0 == "PING" }.count >= 2)
        #expect(try await server.accepted() == 1)
        try await rig.close()
        try await server.stop()
    }

    @Test("nobody there: the first commands learn it from the attempt, later ones at once")
    func nobody() async throws {
        let server = try await FakeServer { _, _ in nil }
        let port = server.port
        try await server.stop()
        let rig = try ValkeyTestRig(ports: [port], limits: Self.limits())
        #expect(try await rig.call("PING") == .failed(.notConnected))
        #expect(try await rig.call("PING") == .failed(.notConnected))
        #expect(try await rig.until { $0.counters.attempts >= 3 })
        try await rig.close()
    }

    @Test("what was sent when the connection is lost is not sent again; what was not sent is")
    func lostConnection() async throws {
        let server = try await FakeServer { command, connection in
            command[0] == "INCR" && connection == 1 ? .close : nil
        }
        var limits = Self.limits()
        limits.commandsInFlight = 3
        let rig = try ValkeyTestRig(ports: [server.port], limits: limits)
        try await rig.untilUsable()
        let endings = rig.begin([["INCR", "@a"], ["INCR", "@b"], ["INCR", "@c"], ["INCR", "@d"]])
        #expect(try await endings[0].get() == .failed(.connectionLost))
        #expect(try await endings[1].get() == .failed(.connectionLost))
        #expect(try await endings[2].get() == .reply("OK"))
        #expect(try await endings[3].get() == .reply("OK"))
        let heard = try await server.heard().filter { $0.hasPrefix("INCR") }
        #expect(Set(heard).count == heard.count)
        try await rig.close()
        try await server.stop()
    }

    @Test("commands beyond the room in flight wait, those beyond the room to wait are refused at once")
    func bounds() async throws {
        let server = try await FakeServer { command, _ in command[0] == "GET" ? .silence : nil }
        let rig = try ValkeyTestRig(
            ports: [server.port],
            limits: Self.limits {
                $0.commandsInFlight = 4
                $0.commandsWaiting = 3
            })
        try await rig.untilUsable()
        let endings = rig.begin((0..<8).map { ["GET", "@\($0)"] }, timeout: 300)
        // Two places of those in flight are kept for what may have to go before the next one.
        for ending in endings[6...] { #expect(try await ending.get() == .failed(.refused)) }
        for ending in endings[..<6] { #expect(try await ending.get() == .failed(.timeout)) }
        #expect(try await server.heard().filter { $0.hasPrefix("GET") }.count == 3)
        try await rig.close()
        try await server.stop()
    }

    @Test("bytes that wait are bounded, and a command too large is refused")
    func bytes() async throws {
        let server = try await FakeServer { command, _ in command[0] == "HELLO" ? .silence : nil }
        let rig = try ValkeyTestRig(
            ports: [server.port],
            limits: Self.limits {
                $0.commandBytes = 1000
                $0.handshake = 200
            })
        let large = String(repeating: "x", count: 1000)
        #expect(try await rig.call("SET", "@k", large) == .failed(.refused))
        let fitting = String(repeating: "x", count: 900)
        #expect(try await rig.call("SET", "@k", fitting) == .failed(.notConnected))
        try await rig.close()
        try await server.stop()
    }

    @Test("a server that redirects for ever is left with its error")
    func redirects() async throws {
        let port = Cell()
        let server = try await FakeServer { command, _ in
            switch command[0] {
            case "HELLO": .bytes(FakeServer.hello(mode: "cluster", role: "master"))
            case "CLUSTER": .bytes("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n+127.0.0.1\r\n:\(port.value)\r\n")
            case "GET": .bytes("-MOVED 0 127.0.0.1:\(port.value)\r\n")
            default: nil
            }
        }
        port.value = server.port
        let rig = try ValkeyTestRig(ports: [server.port], limits: Self.limits())
        #expect(try await rig.call("GET", "@k") == .failed(.server(code: .moved, message: "0 127.0.0.1:\(server.port)")))
        #expect(try await server.heard().filter { $0 == "GET k" }.count == 6)
        try await rig.close()
        try await server.stop()
    }

    @Test("a script that the server will not keep ends with its error")
    func scripts() async throws {
        let server = try await FakeServer { command, _ in
            command[0] == "EVALSHA" ? .bytes("-NOSCRIPT No matching script.\r\n") : nil
        }
        let rig = try ValkeyTestRig(ports: [server.port], limits: Self.limits())
        let ending = try await rig.call(ValkeyScript("return 1"), keys: ["k"])
        #expect(ending == .failed(.server(code: .noScript, message: "No matching script.")))
        #expect(try await server.heard().filter { $0 == "SCRIPT LOAD return 1" }.count == 5)
        try await rig.close()
        try await server.stop()
    }

    @Test(
        "an answer that asks for patience is asked again later, a few times",
        arguments: ["LOADING", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN"])
    func patience(_ word: String) async throws {
        let gets = Cell()
        let server = try await FakeServer { command, _ in
            guard command[0] == "GET" else { return nil }
            gets.value += 1
            return gets.value % 4 == 0 ? .bytes("$1\r\nv\r\n") : .bytes("-\(word) not now\r\n")
        }
        let rig = try ValkeyTestRig(ports: [server.port], limits: Self.limits())
        #expect(try await rig.call("GET", "@k") == .reply("v"))
        #expect(gets.value == 4)
        try await rig.close()
        try await server.stop()
    }

    @Test("one attempt at a time, the next within a time that doubles with each loss", arguments: ["HELLO", "PING"])
    func backoff(_ refused: String) async throws {
        // Both those that fail and those that are lost as soon as they are ready.
        let server = try await FakeServer { command, _ in command[0] == refused ? .close : nil }
        var limits = ValkeyLimits()
        limits.keepAlive = 0
        let rig = try ValkeyTestRig(
            ValkeyEndpoint(addresses: [ValkeyAddress(host: "127.0.0.1", port: server.port)]), limits: limits, ticks: false)
        var now: Int64 = 0
        for attempt in 0..<9 {
            let time = now
            try await rig.run { for _ in 0..<5 { rig.client.tick(nowMilliseconds: time) } }
            #expect(try await rig.run { rig.client.counters.attempts } == attempt + 1)
            let isOver = try await rig.until { client in
                client.tick(nowMilliseconds: time)
                return client.sessions[0].connection == nil
            }
            #expect(isOver)
            now += min(limits.longestBackoff, limits.backoff << Int64(attempt))
        }
        try await rig.close()
        try await server.stop()
    }

    @Test("TLS settings go with a URL that wants them, and with no other")
    func security() throws {
        let security = try ValkeySecurity(authorities: nil)
        for (url, settings) in [("valkeys://h", nil), ("valkey://h", security)] as [(String, ValkeySecurity?)] {
            let endpoint = try ValkeyEndpoint(url: url)
            #expect(throws: ValkeyEndpointError.security) { try ValkeyTestRig(endpoint, security: settings) }
        }
    }

    @Test("shutting down ends every command and the connection")
    func shutdown() async throws {
        let server = try await FakeServer { command, _ in command[0] == "GET" ? .silence : nil }
        let rig = try ValkeyTestRig(ports: [server.port])
        try await rig.untilUsable()
        let ending = rig.begin([["GET", "@k"]])
        try await rig.close()
        #expect(try await ending[0].get() == .failed(.notConnected))
        try await server.stop()
    }
}

/// A number that a script reads and writes on its loop.
final class Cell: @unchecked Sendable { var value = 0 }
