import Foundation
import GRPCCore
import GatewayCore
import Glibc
import Protobuf
import SwiftProtobuf
import Testing

@testable import GRPCReflection

@Suite("Descriptors by server reflection", .timeLimit(.minutes(2)))
struct DescriptorReflectionTests {
    private static func reflection(
        _ ports: Int..., tls: Service.ClientTLS? = nil, limits: ReflectionLimits = .default
    ) -> DescriptorReflection {
        DescriptorReflection(addresses: ports.map { .init(host: "127.0.0.1", port: $0) }, tls: tls, limits: limits)
    }

    private static func fault(_ reflection: DescriptorReflection) async -> ReflectionFault? {
        do {
            _ = try await reflection.fetch()
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "grpcio's reflection gives what protoc wrote", .enabled(if: PythonPeer.isAvailable),
        arguments: ["v1", "v1alpha", "v1alpha,v1"])
    func python(versions: String) async throws {
        let peer = try await PythonPeer.services("--reflection", versions)
        let outcome = try await Self.reflection(peer.port).fetch()
        #expect(outcome.undescribed.isEmpty)
        #expect(try await Self.reflection(peer.port).fetch() == outcome)

        let (reflected, findings) = DescriptorPool.load(outcome.descriptorSet)
        #expect(findings.isEmpty)
        let file = try Data(contentsOf: PythonPeer.folder.appendingPathComponent("peers.pb"))
        let written = try #require(DescriptorPool.load(Array(file)).pool)
        let pool = try #require(reflected)
        #expect(Set(pool.services.map(\.fullName)) == Set(written.services.map(\.fullName)))
        for message in written.messages {
            #expect(
                pool.message(named: message.fullName)?.fields.map(\.name) == message.fields.map(\.name), "\(message.fullName)")
        }
        #expect(pool.method(named: "septem.peers.v1.Basics/Echo")?.httpRule?.path == "/api/v1/peer/echo")
    }

    @Test("a service without reflection says so", .enabled(if: PythonPeer.isAvailable))
    func unimplemented() async throws {
        let peer = try await PythonPeer.services("--reflection", "none")
        #expect(await Self.fault(Self.reflection(peer.port))?.code == .unimplemented)
    }

    @Test("over TLS the certificate is held against the configured root", .enabled(if: PythonPeer.isAvailable))
    func tls() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let root = folder.appendingPathComponent("ca.pem").path
        let peer = try await PythonPeer.services("--tls", root)
        func settings(root: String? = nil, name: String? = "peer.example", isInsecure: Bool = false) -> Service.ClientTLS {
            Service.ClientTLS(certificateAuthorityFile: root, serverName: name, isInsecure: isInsecure)
        }
        _ = try await Self.reflection(peer.port, tls: settings(root: root)).fetch()
        _ = try await Self.reflection(peer.port, tls: settings(isInsecure: true)).fetch()
        #expect(await Self.fault(Self.reflection(peer.port, tls: settings()))?.code == .unavailable)
        #expect(
            await Self.fault(Self.reflection(peer.port, tls: settings(root: root, name: "other.example")))?.code == .unavailable)
        #expect(await Self.fault(Self.reflection(peer.port, tls: settings(root: root + ".none")))?.code == .configuration)
        #expect(await Self.fault(Self.reflection(peer.port)) != nil)
    }

    @Test("nobody there is told with the address, and the next address is asked", .enabled(if: PythonPeer.isAvailable))
    func addresses() async throws {
        let silent = try SilentListener()
        let dead = try SilentListener().closed()
        let fault = try #require(await Self.fault(Self.reflection(dead)))
        #expect(fault.code == .unavailable && fault.message.hasPrefix("127.0.0.1:\(dead): "), "\(fault)")
        let both = try #require(await Self.fault(Self.reflection(dead, dead)))
        #expect(both.message == "\(fault.message); \(fault.message)")

        let peer = try await PythonPeer.services()
        _ = try await Self.reflection(dead, peer.port).fetch()
        var limits = ReflectionLimits()
        limits.time = .seconds(16)
        _ = try await Self.reflection(silent.port, peer.port, limits: limits).fetch()
    }

    @Test("a service that accepts and says nothing costs the time limit, no more")
    func silent() async throws {
        let listener = try SilentListener()
        var limits = ReflectionLimits()
        limits.time = .milliseconds(300)
        let clock = ContinuousClock()
        let start = clock.now
        #expect(await Self.fault(Self.reflection(listener.port, limits: limits))?.code == .timeout)
        #expect(start.duration(to: clock.now) < .seconds(20))
    }

    @Test("a service that takes the question and never answers costs the time limit, no more")
    func stalled() async throws {
        var limits = ReflectionLimits()
        limits.time = .milliseconds(300)
        let code = try await ScriptedPeer.serve { _ in
            try await Task.sleep(for: .seconds(60))
            return nil
        } _: { port in
            await Self.fault(Self.reflection(port, limits: limits))?.code
        }
        #expect(code == .timeout)
    }

    @Test("a service that keeps the stream open after its last answer is left", arguments: ["v1", "v1alpha"])
    func lingering(version: String) async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let outcome = try await ScriptedPeer.serve(version: version, gate: gate) { question in
            .with { response in
                switch question.ask {
                case .listServices: response.services.service = [.with { $0.name = "a.Items" }]
                default: response.refusal.code = 5
                }
            }
        } _: { port in
            // Were the end of the stream waited for, the time limit would end the call with a fault.
            let outcome = try await Self.reflection(port).fetch()
            open.finish()
            return outcome
        }
        #expect(outcome == DescriptorReflection.Outcome(descriptorSet: [], undescribed: ["a.Items"]))
    }

    @Test("an endless service meets the limit of questions")
    func endless() async throws {
        var limits = ReflectionLimits()
        limits.questions = 50
        let code = try await ScriptedPeer.serve {
            Self.endless($0)
        } _: { port in
            await Self.fault(Self.reflection(port, limits: limits))?.code
        }
        #expect(code == .tooLarge)
    }

    private static func endless(_ question: Septem_Reflection_ReflectionRequest) -> Septem_Reflection_ReflectionResponse {
        .with { response in
            switch question.ask {
            case .listServices: response.services.service = [.with { $0.name = "a.Items" }]
            case .fileContainingSymbol(let name), .fileByFilename(let name):
                // A file of the name asked for (field 1) that imports one more (field 3).
                let next = name + "x"
                response.files.file = [
                    Data([0x0a, UInt8(name.utf8.count)] + name.utf8 + [0x1a, UInt8(next.utf8.count)] + next.utf8)
                ]
            case nil: break
            }
        }
    }

    @Test("a message above the limit of bytes is not taken")
    func large() async throws {
        var limits = ReflectionLimits()
        limits.bytes = 1000
        for count in [900, 1100] {
            let fault = try await ScriptedPeer.serve { _ in
                .with { $0.services.service = [.with { $0.name = String(repeating: "a", count: count) }] }
            } _: { port in
                await Self.fault(Self.reflection(port, limits: limits))
            }
            // The service then has no file for its name: below the limit the walk goes on.
            #expect(fault?.code == (count == 900 ? .malformed : .refused), "\(String(describing: fault))")
        }
    }

    @Test("answers that are none, and a stream that ends early, are told")
    func malformed() async throws {
        let empty = try await ScriptedPeer.serve { _ in
            Septem_Reflection_ReflectionResponse()
        } _: { port in
            await Self.fault(Self.reflection(port))?.code
        }
        #expect(empty == .malformed)
        let ended = try await ScriptedPeer.serve { _ in
            nil
        } _: {
            await Self.fault(Self.reflection($0))?.code
        }
        #expect(ended == .malformed)
    }

    @Test("a refusal by status is told with its name")
    func denied() async throws {
        let fault = try await ScriptedPeer.serve { _ in
            throw RPCError(code: .permissionDenied, message: "not for you")
        } _: {
            await Self.fault(Self.reflection($0))
        }
        #expect(fault?.code == .refused && fault?.message.contains("not for you") == true, "\(String(describing: fault))")
    }
}
