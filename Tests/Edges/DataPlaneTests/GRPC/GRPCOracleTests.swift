import Bytes
import Foundation
import HTTP2
import NIOCore
import NIOSSL
import Testing

@testable import DataPlane

@Suite(.enabled(if: PythonPeer.isAvailable), .serialized) struct GRPCOracleTests {
    func with(
        _ arguments: [String] = [], limits: GRPCUpstreamLimits = GRPCUpstreamLimits(),
        _ body: (GRPCTestRig, PythonPeer) async throws -> Void
    ) async throws {
        let server = try await PythonPeer.oracle(arguments)
        let rig = GRPCTestRig(ports: [server.port], limits: limits)
        try await body(rig, server)
        try await rig.close()
        server.kill()
    }

    @Test("a unary call returns its message, also the hundredth on the same connection")
    func unary() async throws {
        try await with { (rig, _) async throws in
            for index in 0..<100 {
                let record = try await rig.call("Echo", Array("hello \(index)".utf8), metadata: [("x-request-id", "\(index)")])
                #expect(record.code == 0 && record.message == Array("hello \(index)".utf8))
            }
            #expect(try await rig.run { rig.upstream.isReady && rig.upstream.everReady && rig.upstream.isIdle })
            #expect(try await rig.call("Echo").message == [], "an empty message is a message")
        }
    }

    @Test("metadata arrives, and the service's comes back")
    func metadata() async throws {
        try await with { (rig, _) async throws in
            for _ in 0..<3 {
                let record = try await rig.call(
                    "Headers", metadata: [("x-user-id", "u1"), ("x-tenant-id", "t1"), ("authorization", "Bearer abc")])
                #expect(record.message == Array("authorization=Bearer abc\nx-tenant-id=t1\nx-user-id=u1\ndeadline=True".utf8))
                #expect(record.initial["x-initial"] == "yes")
            }
        }
    }

    @Test("a status comes with its decoded message and details")
    func status() async throws {
        try await with { (rig, _) async throws in
            let record = try await rig.call("Fail")
            #expect(record.code == 5 && record.text == "no such thing: café 50%" && record.origin == .upstream)
            #expect(record.details == [0x08, 0x05, 0x12, 0x04] + Array("gone".utf8))
            #expect(try await rig.call("Nowhere").code == GRPCStatus.unimplemented)
        }
    }

    @Test("a deadline ends the call, and the connection goes on")
    func deadline() async throws {
        try await with { (rig, _) async throws in
            #expect(try await rig.call("Echo").code == 0)
            let record = try await rig.call("Slow", Array("5".utf8), timeout: 150)
            #expect(record.code == GRPCStatus.deadlineExceeded && record.origin != .connect)
            #expect(try await rig.call("Echo").code == 0)
        }
    }

    @Test("large messages cross both ways", arguments: [1 << 20, 3 << 20])
    func large(count: Int) async throws {
        try await with { (rig, _) async throws in
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            let records = try await EventLoopFuture.whenAllSucceed(
                (0..<4).map { _ in rig.begin("Echo", message) }, on: rig.loop
            ).get()
            #expect(records.allSatisfy { $0.code == 0 && $0.message == message })
        }
    }

    @Test("a reply of the limit passes, one byte more does not", arguments: [("Big", 0), ("Big", 1), ("Gzip", 0), ("Gzip", 1)])
    func replyLimit(method: String, extra: Int) async throws {
        var limits = GRPCUpstreamLimits()
        limits.replyBytes = 100_000
        try await with(limits: limits) { (rig, _) async throws in
            let record = try await rig.call(method, Array("\(100_000 + extra)".utf8))
            #expect(record.code == (extra == 0 ? 0 : GRPCStatus.resourceExhausted))
            #expect(try await rig.call("Echo").code == 0)
        }
    }

    @Test("a compressed reply is decompressed")
    func gzip() async throws {
        try await with { (rig, _) async throws in
            for _ in 0..<3 {
                #expect(try await rig.call("Gzip", Array("1000000".utf8)).message == [UInt8](repeating: 0x7a, count: 1_000_000))
            }
        }
    }

    @Test("more calls than the service allows at a time wait for their turn")
    func maxStreams() async throws {
        try await with(["--max-streams", "1"]) { (rig, _) async throws in
            let calls = (0..<50).map { rig.begin("Echo", Array("\($0)".utf8)) }
            for (index, call) in calls.enumerated() {
                let record = try await call.get()
                // The service may still count a stream that has just ended and refuse the next unseen; exchanges repeat such calls.
                #expect(record.message == Array("\(index)".utf8) || record.neverSent)
            }
            #expect(try await rig.run { rig.upstream.queuedCalls == 0 && rig.upstream.isIdle })
        }
    }

    @Test("no call fails while the service replaces its connections by GOAWAY")
    func maxAge() async throws {
        var limits = GRPCUpstreamLimits()
        limits.backoff = 50
        try await with(["--max-age-ms", "300"], limits: limits) { (rig, _) async throws in
            let end = NIODeadline.now() + .seconds(2)
            var calls = 0
            while NIODeadline.now() < end {
                let batch = try await EventLoopFuture.whenAllSucceed(
                    (0..<20).map { _ in rig.begin("Echo", [1]) }, on: rig.loop
                ).get()
                calls += batch.count
                #expect(batch.allSatisfy { $0.code == 0 || $0.neverSent }, "\(batch.filter { $0.code != 0 })")
            }
            #expect(calls > 100)
        }
    }

    @Test("a restart fails what was in flight and nothing once the service is back")
    func restart() async throws {
        var limits = GRPCUpstreamLimits()
        limits.connectWait = 300
        let first = try await PythonPeer.oracle()
        let rig = GRPCTestRig(ports: [first.port], limits: limits)
        #expect(try await rig.call("Echo").code == 0)
        let inFlight = rig.begin("Slow", Array("10".utf8))
        try await rig.wait("the call is under way") { rig.upstream.endpoints[0].connection?.session.openStreams == 1 }
        first.kill()
        let lost = try await inFlight.get()
        #expect(lost.code == GRPCStatus.unavailable && !lost.neverSent)
        let down = try await rig.call("Echo")
        #expect(down.code == GRPCStatus.unavailable && down.origin == .connect && down.neverSent)
        #expect(try await rig.run { !rig.upstream.isReady && rig.upstream.everReady })
        let second = try await PythonPeer.oracle(["--port", "\(first.port)"])
        for _ in 0..<20 { #expect(try await rig.call("Echo").code == 0) }
        try await rig.close()
        second.kill()
    }

    @Test("two addresses share the calls")
    func twoAddresses() async throws {
        let servers = [try await PythonPeer.oracle(), try await PythonPeer.oracle()]
        let rig = GRPCTestRig(ports: servers.map(\.port))
        try await rig.wait("both are ready") { rig.upstream.endpoints.allSatisfy { $0.connection?.state == .ready } }
        let slow = (0..<10).map { _ in rig.begin("Slow", Array("0.3".utf8)) }
        try await rig.wait("the calls are spread evenly") {
            rig.upstream.endpoints.allSatisfy { $0.connection?.session.openStreams == 5 }
        }
        for call in slow { #expect(try await call.get().code == 0) }
        try await rig.close()
        servers.forEach { $0.kill() }
    }

    @Test("TLS with ALPN carries calls, and a certificate of another name does not")
    func tls() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("grpc-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (key, certificate) = (folder.appendingPathComponent("key.pem").path, folder.appendingPathComponent("cert.pem").path)
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=data.test", "-addext", "subjectAltName=DNS:data.test", "-keyout", key, "-out", certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(certificate)
        configuration.applicationProtocols = ["h2"]
        let context = try NIOSSLContext(configuration: configuration)
        let server = try await PythonPeer.oracle(["--tls-cert", certificate, "--tls-key", key])
        for (name, code) in [("data.test", 0), ("other.test", GRPCStatus.unavailable)] {
            let rig = GRPCTestRig(
                ports: [server.port], security: GRPCTransportSecurity(context: context, serverName: name))
            let message = [UInt8](repeating: 7, count: 300_000)
            let record = try await rig.call("Echo", message)
            #expect(record.code == code && (code != 0 || record.message == message))
            try await rig.close()
        }
        server.kill()
    }
}
