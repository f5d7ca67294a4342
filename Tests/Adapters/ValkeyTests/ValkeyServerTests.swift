import Foundation
import NIOCore
import Testing

@testable import Valkey

/// The client against a real server.
@Suite(.enabled(if: ValkeyServer.areThere), .serialized) struct ValkeyServerTests {
    @Test("writes and reads what was written", arguments: ValkeyServer.programs)
    func commands(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port])
        #expect(try await rig.call("SET", "@k", "a\r\nb") == .reply("OK"))
        #expect(try await rig.call("GET", "@k") == .reply("a\r\nb"))
        #expect(try await rig.call("GET", "@none") == .reply("nil"))
        #expect(try await rig.call("SADD", "@s", "x") == .reply("1"))
        #expect(try await rig.call("SMEMBERS", "@s") == .reply("[x]"))
        #expect(try await rig.call("HSET", "@h", "f", "v") == .reply("1"))
        #expect(try await rig.call("HGETALL", "@h") == .reply("{f, v}"))
        guard case .failed(.server(let code, _)) = try await rig.call("GET", "@s") else {
            Issue.record("a set is no string")
            return
        }
        #expect(code == .wrongType)
        #expect(try await rig.call("CLIENT", "GETNAME") == .reply("a-test"))
        let large = String(repeating: "0123456789", count: 50_000)
        #expect(try await rig.call("SET", "@large", large) == .reply("OK"))
        #expect(try await rig.call("GET", "@large") == .reply(large))
        let endings = rig.begin((0..<1000).map { ["ECHO", "\($0)"] })
        for (index, ending) in endings.enumerated() { #expect(try await ending.get() == .reply("\(index)")) }
        try await rig.close()
    }

    @Test("understands every type the server can send", arguments: ValkeyServer.programs)
    func types(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port])
        for (type, expected) in [
            ("string", "Hello World"), ("integer", "12345"), ("double", "3.141"), ("null", "nil"), ("array", "[0, 1, 2]"),
            ("set", "[0, 1, 2]"), ("map", "{0, f, 1, t, 2, f}"), ("attrib", "Some real reply following the attribute"),
            ("verbatim", "This is a verbatim\nstring"), ("true", "t"), ("false", "f"),
            ("bignum", "1234567999999999999999999999999999999"),
        ] {
            #expect(try await rig.call("DEBUG", "PROTOCOL", type) == .reply(expected), "\(type)")
        }
        #expect(try await rig.run { rig.client.counters.violations } == 0)
        try await rig.close()
    }

    @Test("credentials: right, wrong and none", arguments: ValkeyServer.programs)
    func credentials(_ program: String) async throws {
        let server = try await ValkeyServer(
            program,
            ["--requirepass", "secret", "--user", "gateway", "on", ">p@ss", "~rbac:*", "+@all", "-@dangerous"])
        for (url, problem) in [
            ("valkey://:secret@127.0.0.1:\(server.port)", nil), ("valkey://gateway:p%40ss@127.0.0.1:\(server.port)", nil),
            ("valkey://:wrong@127.0.0.1:\(server.port)", .wrongPassword), ("valkey://127.0.0.1:\(server.port)", .noAuth),
        ] as [(String, ValkeyErrorCode?)] {
            let rig = try ValkeyTestRig(try ValkeyEndpoint(url: url))
            #expect(try await rig.until { $0.isUsable || $0.problem != nil })
            let found = try await rig.run { rig.client.problem }
            if case .server(let code, let message) = found {
                #expect(code == problem && !message.contains("secret"))
            } else {
                #expect(problem == nil && found == nil)
                #expect(try await rig.call("GET", "@rbac:t:u") == .reply("nil"))
            }
            try await rig.close()
        }
    }

    @Test("the URL's database is selected", arguments: ValkeyServer.programs)
    func database(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(try ValkeyEndpoint(url: "valkey://127.0.0.1:\(server.port)/3"))
        #expect(try await rig.call("SET", "@k", "v") == .reply("OK"))
        #expect(try server.ask(["SELECT", "3"], ["GET", "k"]) == ["OK", "v"])
        try await rig.close()
    }

    @Test(
        "scripts are loaded where they are missing, once, and again when the server forgot them", arguments: ValkeyServer.programs
    )
    func scripts(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port])
        let script = ValkeyScript("return {redis.call('INCRBY', KEYS[1], ARGV[1]), 'ok'}")
        #expect(try await rig.call(script, keys: ["n"], "5") == .reply("[5, ok]"))
        #expect(try await rig.call(script, keys: ["n"], "5") == .reply("[10, ok]"))
        #expect(try await rig.run { rig.client.counters.missingScripts } == 1)
        #expect(try await rig.call("SCRIPT", "FLUSH") == .reply("OK"))
        #expect(try await rig.call(script, keys: ["n"], "5") == .reply("[15, ok]"))
        #expect(try await rig.run { rig.client.counters.missingScripts } == 2)
        let faulty = ValkeyScript("return redis.error_reply('MINE alone')")
        #expect(try await rig.call(faulty, keys: []) == .failed(.server(code: .other, message: "MINE alone")))
        try await rig.close()
    }

    @Test("a connection that the server closed is made again", arguments: ValkeyServer.programs)
    func reconnect(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port])
        try await rig.untilUsable()
        let killed = try await rig.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
        #expect(killed == .failed(.connectionLost) || killed == .reply("1"))
        #expect(try await rig.until { $0.isUsable && $0.counters.attempts == 2 })
        #expect(try await rig.call("ECHO", "again") == .reply("again"))
        try await rig.close()
    }

    @Test(
        "a server that hangs is given up, costs nobody any time then, and is found when it goes on",
        arguments: ValkeyServer.programs)
    func hung(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        var limits = ValkeyLimits()
        limits.silence = 200
        limits.handshake = 200
        let rig = try ValkeyTestRig(ports: [server.port], limits: limits)
        try await rig.untilUsable()
        server.hang()
        #expect(try await rig.call("INCR", "@n", timeout: 50) == .failed(.timeout))
        #expect(try await rig.until { !$0.isUsable })
        let before = ValkeyTestRig.milliseconds()
        for _ in 0..<20 { #expect(try await rig.call("INCR", "@n", timeout: 5000) == .failed(.notConnected)) }
        #expect(ValkeyTestRig.milliseconds() - before < 5000)
        server.goOn()
        try await rig.untilUsable()
        #expect(try await rig.call("GET", "@n") == .reply("1"))
        try await rig.close()
    }

    @Test(
        "TLS: with a certificate of ours it works, with another name or authority it does not", arguments: ValkeyServer.programs)
    func tls(_ program: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("valkey-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (certificate, key) = try Self.certificate(in: folder, "ours")
        let (stranger, _) = try Self.certificate(in: folder, "stranger")
        let server: ValkeyServer
        do {
            server = try await ValkeyServer(
                program, ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate], tls: true)
        } catch is ValkeyServer.StartFailure {
            print("SKIPPED: \(program) has no TLS")
            return
        }
        for (authority, name, identity, isGood) in [
            (certificate, "valkey.test", certificate, true), (certificate, "other.test", certificate, false),
            (stranger, "valkey.test", certificate, false), (certificate, "valkey.test", nil, false),
        ] as [(String, String, String?, Bool)] {
            let security = try ValkeySecurity(authorities: authority, certificate: identity, key: key, serverName: name)
            let rig = try ValkeyTestRig(try ValkeyEndpoint(url: "valkeys://127.0.0.1:\(server.port)"), security: security)
            let ending = try await rig.call("ECHO", String(repeating: "x", count: 100_000))
            #expect(ending == (isGood ? .reply(String(repeating: "x", count: 100_000)) : .failed(.notConnected)))
            try await rig.close()
        }
    }

    private static func certificate(in folder: URL, _ name: String) throws -> (certificate: String, key: String) {
        let key = folder.appendingPathComponent("\(name)-key.pem").path
        let certificate = folder.appendingPathComponent("\(name).pem").path
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=valkey.test", "-addext", "subjectAltName=DNS:valkey.test", "-keyout", key, "-out", certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        return (certificate, key)
    }
}
