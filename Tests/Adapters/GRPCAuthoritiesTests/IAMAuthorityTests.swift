import Bytes
import Foundation
import GRPCCore
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import GRPCAuthorities
@testable import GatewayCore

@Suite("Permissions from IAM", .serialized, .timeLimit(.minutes(2)), .enabled(if: PythonPeer.isAvailable))
struct IAMAuthorityTests {
    @Test("an answer holds what IAM says, for as long as is configured or IAM says, whichever is less")
    func answers() async throws {
        let peer = try await PythonPeer.authorities()
        try await IAMAuthority.with(settings(peer.port), timeToLive: .seconds(60)) { iam in
            let usual = try await iam.ask("acme", "ada").get()
            #expect(usual.names == ["*"] && usual.isKnown && usual.timeToLive == .seconds(60) && usual.version == 1)
            let short = try await iam.ask("acme", "short").get()
            #expect(short.timeToLive == .seconds(1) && short.version == 2)
            let nothing = try await iam.ask("acme", "nothing").get()
            #expect(nothing.names.isEmpty && nothing.isKnown)
            #expect(iam.counters == AuthorityCounters(questions: 3, calls: 3))
        }
    }

    @Test("who is unknown to IAM holds nothing, and that is believed for a short time")
    func unknown() async throws {
        let peer = try await PythonPeer.authorities()
        try await IAMAuthority.with(settings(peer.port)) { iam in
            let unknown = try await iam.ask("acme", "not-found").get()
            #expect(unknown.names.isEmpty && !unknown.isKnown)
            #expect(unknown.timeToLive == AuthorityLimits.default.unknownTimeToLive)
            #expect(iam.counters.faults.isEmpty)
        }
        try await IAMAuthority.with(settings(peer.port), timeToLive: .seconds(1)) { iam in
            let unknown = try await iam.ask("acme", "not-found").get()
            #expect(unknown.timeToLive == .seconds(1))
        }
    }

    @Test("a hundred who ask for one user at once, on several loops, cost one call and get one answer")
    func singleFlight() async throws {
        let peer = try await PythonPeer.authorities()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 4)
        try await IAMAuthority.with(settings(peer.port, timeout: .seconds(30))) { iam in
            let (answers, feed) = AsyncStream<Int64>.makeStream()
            for _ in 0..<100 {
                group.next().execute {
                    iam.permissions(tenant: Array("acme".utf8), user: Array("hang".utf8)) { result in
                        feed.yield((try? result.get())?.version ?? -1)
                    }
                }
            }
            while iam.counters.waiting < 100 { await Task.yield() }
            await peer.release()
            let versions = await answers.prefix(100).reduce(into: Set<Int64>()) { $0.insert($1) }
            #expect(versions.count == 1 && versions.first ?? 0 > 0, "\(versions)")
            #expect(iam.counters == AuthorityCounters(questions: 100, calls: 1))
            // Nobody keeps the answer here.
            let next = try await iam.ask("acme", "hang").get()
            #expect(next.version == 3)
        }
        try await group.shutdownGracefully()
    }

    @Test("a loop is answered on the loop, with nothing for a fault")
    func loops() async throws {
        let peer = try await PythonPeer.authorities()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loop = group.next()
        try await IAMAuthority.with(settings(peer.port)) { iam in
            func ask(_ user: String) async throws -> (isOnLoop: Bool, names: [String]?, life: Int64?) {
                try await loop.flatSubmit {
                    let answered = loop.makePromise(of: (isOnLoop: Bool, names: [String]?, life: Int64?).self)
                    let tenant = "acme".withByteView { TenantRecord.make(name: $0, hash: 1) }
                    let record = user.withByteView { UserRecord.make(tenant, name: $0, hash: 2) }
                    iam.asked(on: loop)(FactRead(.permissions, tenant, record)) { outcome in
                        guard case .known(let answer, let life) = outcome else {
                            return answered.succeed((loop.inEventLoop, nil, nil))
                        }
                        answered.succeed((loop.inEventLoop, answer, life))
                    }
                    return answered.futureResult
                }.get()
            }
            for (user, names, life) in [("ada", ["*"], 300_000), ("short", ["*"], 1000), ("not-found", [], 5000)]
                as [(String, [String], Int64)]
            {
                let answer = try await ask(user)
                #expect(answer.isOnLoop && answer.names == names && answer.life == life)
            }
            let fault = try await ask("internal")
            #expect(fault.isOnLoop && fault.names == nil)
        }
        try await group.shutdownGracefully()
    }

    @Test("tenant and user that run together differently are two questions")
    func identities() async throws {
        let peer = try await PythonPeer.authorities()
        try await IAMAuthority.with(settings(peer.port)) { iam in
            async let first = iam.ask("ab", "hang")
            async let second = iam.ask("abh", "ang")
            async let third = iam.ask("a", "hang")
            while iam.counters.calls < 3 { await Task.yield() }
            await peer.release()
            _ = try await (first.get(), second.get(), third.get())
            #expect(iam.counters == AuthorityCounters(questions: 3, calls: 3))
        }
    }

    @Test("bytes that are no text are not asked for")
    func text() async throws {
        try await IAMAuthority.with(settings(try SilentListener().closed())) { iam in
            for (tenant, user) in [([0xff], [0x61]), ([0x61], [0xc3, 0x28])] as [([UInt8], [UInt8])] {
                let told = Mutex<AuthorityFault.Code?>(nil)
                iam.permissions(tenant: tenant, user: user) { result in
                    if case .failure(let fault) = result { told.withLock { $0 = fault.code } }
                }
                #expect(told.withLock { $0 } == .malformed)
            }
            #expect(iam.counters.questions == 0)
        }
    }

    @Test("an IAM that takes too long costs the timeout, no more")
    func slow() async throws {
        let peer = try await PythonPeer.authorities()
        try await IAMAuthority.with(settings(peer.port, timeout: .milliseconds(300))) { iam in
            let start = ContinuousClock.now
            #expect(await iam.fault("acme", "hang")?.code == .timeout)
            #expect(start.duration(to: .now) < .seconds(20))
        }
    }

    static let statuses: [(name: String, code: AuthorityFault.Code)] = [
        ("unavailable", .unavailable), ("deadline-exceeded", .timeout), ("internal", .refused), ("unknown", .refused),
        ("permission-denied", .refused), ("unauthenticated", .refused), ("resource-exhausted", .refused),
        ("unimplemented", .refused), ("invalid-argument", .refused),
    ]

    @Test("an error of IAM is no answer, and says which", arguments: statuses)
    func refusals(name: String, code: AuthorityFault.Code) async throws {
        let peer = try await PythonPeer.authorities()
        try await IAMAuthority.with(settings(peer.port)) { iam in
            let fault = try #require(await iam.fault("acme", name))
            #expect(fault.code == code && fault.message.hasPrefix("127.0.0.1:\(peer.port): "), "\(fault)")
            #expect(iam.counters.faults == [code: 1])
        }
    }

    @Test("an answer above the limit of names or of bytes is refused whole", arguments: ["many", "large"])
    func large(user: String) async throws {
        let peer = try await PythonPeer.authorities()
        try await IAMAuthority.with(settings(peer.port)) { iam in
            #expect(await iam.fault("acme", user)?.code == .refused)
        }
        var limits = AuthorityLimits()
        (limits.names, limits.bytes) = (4097, 400_000)
        try await IAMAuthority.with(settings(peer.port), limits: limits) { iam in
            let names = try await iam.ask("acme", user).get().names
            #expect(names.count == (user == "many" ? 4097 : 1))
        }
    }

    @Test("a dead or a silent address costs the first call a detour; those after it go where an answer came from")
    func addresses() async throws {
        let peer = try await PythonPeer.authorities()
        let silent = try SilentListener()
        let dead = try SilentListener().closed()
        try await IAMAuthority.with(settings(dead, silent.port, peer.port, timeout: .seconds(12))) { iam in
            for _ in 0..<3 { _ = try await iam.ask("acme", "ada").get() }
            // Those that found out need the share of the silent one; this one does not.
            let start = ContinuousClock.now
            _ = try await iam.ask("acme", "ada").get()
            #expect(start.duration(to: .now) < .seconds(3))
            #expect(iam.counters == AuthorityCounters(questions: 4, calls: 4))
        }
    }

    @Test("of more addresses than one call tries, the next call tries others")
    func manyAddresses() async throws {
        let peer = try await PythonPeer.authorities()
        var all = settings(peer.port)
        for _ in 0..<4 { all.addresses.append(.init(host: "127.0.0.1", port: try SilentListener().closed())) }
        try await IAMAuthority.with(all) { iam in
            let first = await iam.fault("acme", "ada")
            let second = await iam.fault("acme", "ada")
            #expect(first == nil || second == nil, "\(String(describing: first)) \(String(describing: second))")
        }
    }

    @Test("too many questions at once are refused at once; those that found room are answered")
    func overload() async throws {
        let peer = try await PythonPeer.authorities()
        var limits = AuthorityLimits()
        (limits.calls, limits.questions) = (2, 3)
        try await IAMAuthority.with(settings(peer.port, timeout: .seconds(30)), limits: limits) { iam in
            let codes = await withTaskGroup(of: AuthorityFault.Code?.self) { group in
                for number in 0..<10 { group.addTask { await iam.fault("tenant\(number)", "hang")?.code } }
                while iam.counters.questions < 10 { await Task.yield() }
                #expect(iam.counters.waiting == 5)
                await peer.release()
                return await group.reduce(into: [AuthorityFault.Code?: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(codes == [nil: 5, .overloaded: 5])
            #expect(iam.counters == AuthorityCounters(questions: 10, calls: 5, refusals: [.overloaded: 5]))
        }
    }

    @Test("what waits for a call is given up with its own time, not after everybody's before it")
    func queueTime() async throws {
        let peer = try await PythonPeer.authorities()
        var limits = AuthorityLimits()
        (limits.calls, limits.questions) = (1, 100)
        try await IAMAuthority.with(settings(peer.port, timeout: .seconds(1)), limits: limits) { iam in
            let start = ContinuousClock.now
            let codes = await withTaskGroup(of: AuthorityFault.Code?.self) { group in
                for number in 0..<50 { group.addTask { await iam.fault("tenant\(number)", "hang")?.code } }
                return await group.reduce(into: Set<AuthorityFault.Code?>()) { $0.insert($1) }
            }
            #expect(codes.isSubset(of: [.timeout, .open]))
            #expect(start.duration(to: .now) < .seconds(10))
        }
    }

    @Test("after five calls without an answer nothing is sent for a while, and an IAM that is back is found by itself")
    func recovery() async throws {
        let peer = try await PythonPeer.authorities()
        try await IAMAuthority.with(settings(peer.port)) { iam in
            _ = try await iam.ask("acme", "ada").get()
            peer.kill()
            for _ in 0..<AuthorityBreaker.failures {
                let code = await iam.fault("acme", "ada")?.code
                #expect(code == .unavailable || code == .timeout)
            }
            #expect(await iam.fault("acme", "ada")?.code == .open)
            #expect(iam.counters.isOpen && iam.counters.calls == 1 + AuthorityBreaker.failures)

            let again = try await PythonPeer.authorities("--port", "\(peer.port)")
            #expect(again.port == peer.port)
            let deadline = ContinuousClock.now.advanced(by: .seconds(60))
            var isBack = false
            while !isBack, ContinuousClock.now < deadline {
                isBack = await iam.fault("acme", "ada") == nil
                await Task.yield()
            }
            #expect(isBack && !iam.counters.isOpen)
            // A probe at a time, however often it was asked.
            #expect(iam.counters.calls < 1 + AuthorityBreaker.failures + 20)
        }
    }

    @Test("over TLS the certificate is held against the configured root")
    func tls() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let root = folder.appendingPathComponent("ca.pem").path
        let peer = try await PythonPeer.authorities("--tls", root)
        func tls(_ root: String?, _ name: String, timeout: Duration = .seconds(3)) -> PlatformConfiguration.Authority {
            settings(
                peer.port, timeout: timeout,
                tls: Service.ClientTLS(certificateAuthorityFile: root, serverName: name, isInsecure: false))
        }
        try await IAMAuthority.with(tls(root, "peer.example", timeout: .seconds(20))) {
            _ = try await $0.ask("acme", "ada").get()
        }
        for wrong in [tls(root, "other.example"), tls(nil, "peer.example"), settings(peer.port, timeout: .seconds(3))] {
            try await IAMAuthority.with(wrong) { iam in
                #expect(await iam.fault("acme", "ada")?.isOfTransport == true)
            }
        }
        #expect(throws: AuthorityFault.self) {
            try IAMAuthority(tls(root + ".none", "peer.example"), timeToLive: .seconds(1))
        }
    }

    @Test("a shutdown tells who waits, at once, and nothing is asked afterwards")
    func shutdown() async throws {
        let peer = try await PythonPeer.authorities()
        let iam = try IAMAuthority(settings(peer.port, timeout: .seconds(30)), timeToLive: .seconds(1))
        let start = ContinuousClock.now
        async let waiting = iam.fault("acme", "hang")
        while iam.counters.waiting == 0 { await Task.yield() }
        await iam.shutdown()
        #expect(await waiting?.code == .closed)
        #expect(await iam.fault("acme", "ada")?.code == .closed)
        #expect(start.duration(to: .now) < .seconds(20))
    }
}
