import Bytes
import ControlMessages
import Documents
import GatewayCore
import HTTP2
import RateLimiting
import Testing

@testable import ControlPlane

/// Keeps the questions until the test answers or fails them.
private final class HeldSource: LimitSource {
    var held: [LimitAsk] = []

    override func wake() {}
    override func send(_ ask: LimitAsk) { held.append(ask) }
}

@Suite("The rate limit service")
struct RateLimitServiceTests {
    private let source = HeldSource()
    private let limiter: SharedLimiter
    private let service: RateLimitService
    private let backend: ConfiguredBackend
    private let rig: ControlRig

    init() throws {
        try self.init(shared: false)
    }

    private init(shared: Bool, addressFallback: String = "local") throws {
        let file = FileSource { path in
            let text = """
                rate_limits:
                  user: { requests: 5, per: 1h }
                  address: { requests: 3, per: 1h, fallback: \(addressFallback) }
                  roles:
                    power: { requests: 9, per: 1h }
                    admin: off
                tenants:
                  acme: { rate: { rps: 1, burst: 2 } }
                services: []
                """
            return path == "gateway.yaml" ? .success(Array(text.utf8)) : .failure(FileSource.Fault("no such file"))
        }
        let loaded = PlatformConfiguration.load(file: "gateway.yaml", environment: [:], source: file)
        let configuration = try #require(loaded.configuration, "\(loaded.findings)")
        let outcome = SnapshotCompiler.compile(configuration, file: "gateway.yaml", source: file, generation: 1)
        let snapshot = try #require(outcome.snapshot, "\(outcome.findings)")
        let hash = KeyedHash(seed: 7)
        let directory = TenantDirectory(hash: hash, records: 64, isTracked: true)
        backend = ConfiguredBackend(snapshot, directory: directory)
        directory.source = backend.facts
        limiter = SharedLimiter(source: shared ? source : nil, local: LocalBucketTable(slots: 1024), seed: 5)
        service = RateLimitService(
            domain: "edge", limiter: limiter, directory: directory, hash: hash, snapshot: snapshot, counters: ControlCounters()
        ) { 1_000_000_000_000 }
        var methods = MethodTable()
        methods.add(RateLimitService.path, service)
        rig = try ControlRig(methods)
    }

    private func ask(_ domain: String = "edge", _ descriptors: RateLimitWire.Descriptor..., hits: UInt64 = 0) throws
        -> RateLimitWire.Answer
    {
        let answer = try rig.call(RateLimitService.path, RateLimitWire.request(domain, descriptors, hits: hits))
        #expect(answer.grpcStatus == 0, "\(answer.fields)")
        return RateLimitWire.Answer(answer.messages.first ?? [])
    }

    @Test(
        "finds the limit that the entries mean",
        arguments: [
            ([("tenant", "acme")], "tenant", 1), ([("tenant", "other")], "", 0),
            ([("tenant", "acme"), ("user", "x")], "user", 5),
            ([("user", "x"), ("tenant", "acme"), ("role", "a"), ("role", "power")], "power", 9),
            ([("tenant", "acme"), ("user", "x"), ("role", "a, power ,b")], "power", 9),
            ([("tenant", "acme"), ("user", "x"), ("role", "power,admin")], "", 0),
            ([("tenant", "acme"), ("user", "x"), ("role", "powers")], "user", 5),
            // ["a","power"], with padding and without; ["po\u0077er"]; [["power"]]; "power"; [] and what is none.
            ([("tenant", "acme"), ("user", "x"), ("roles", "WyJhIiwicG93ZXIiXQ")], "power", 9),
            ([("tenant", "acme"), ("user", "x"), ("roles", "WyJhIiwicG93ZXIiXQ==")], "power", 9),
            ([("tenant", "acme"), ("user", "x"), ("roles", "WyJwb1x1MDA3N2VyIl0")], "power", 9),
            ([("tenant", "acme"), ("user", "x"), ("roles", "W1sicG93ZXIiXV0")], "user", 5),
            ([("tenant", "acme"), ("user", "x"), ("roles", "InBvd2VyIg")], "user", 5),
            ([("tenant", "acme"), ("user", "x"), ("roles", "W10")], "user", 5),
            ([("tenant", "acme"), ("user", "x"), ("roles", "power")], "user", 5),
            ([("tenant", "acme"), ("user", "x"), ("roles", "")], "user", 5),
            ([("tenant", "acme"), ("user", "x"), ("roles", "WyJhIiwicG93ZXIi")], "user", 5),
            ([("tenant", "acme"), ("roles", "WyJhIiwicG93ZXIiXQ")], "", 0),
            ([("tenant", "acme"), ("user", "x"), ("roles", "W10"), ("roles", "W10")], "", 0),
            ([("remote_address", "192.0.2.1")], "address", 3), ([("remote_address", "::1")], "address", 3),
            ([("remote_address", "192.0.2.0/24")], "", 0), ([("user", "x")], "", 0), ([("role", "power")], "", 0),
            ([("tenant", "acme"), ("role", "power")], "", 0), ([("tenant", "acme"), ("tenant", "acme")], "", 0),
            ([("tenant", "acme"), ("user", "x"), ("path", "/")], "", 0), ([("tenant", "a/b")], "", 0), ([], "", 0),
            ([("tenant", "acme"), ("remote_address", "192.0.2.1")], "address", 3),
            ([("remote_address", "192.0.2.1"), ("tenant", "acme"), ("user", "x")], "user", 5),
            ([("remote_address", "192.0.2.1"), ("tenant", "acme"), ("tenant", "b"), ("user", "x")], "user", 5),
            ([("remote_address", "192.0.2.1"), ("user", "x"), ("role", "power")], "address", 3),
            ([("remote_address", "192.0.2.1"), ("remote_address", "192.0.2.1")], "", 0),
        ] as [([(String, String)], String, UInt64)])
    func meaning(entries: [(String, String)], name: String, quota: UInt64) throws {
        let answer = try ask("edge", .init(entries))
        #expect(answer.code == 1 && answer.statuses.count == 1)
        #expect(answer.statuses[0].name == name && answer.statuses[0].quota == quota)
        let elsewhere = try ask("elsewhere", .init(entries))
        #expect(elsewhere.code == 1 && elsewhere.statuses[0].quota == 0 && elsewhere.headers.isEmpty)
    }

    @Test("refuses with the time to come back, and counts each descriptor once")
    func refusal() throws {
        let tenant = RateLimitWire.Descriptor([("tenant", "acme")])
        let user = RateLimitWire.Descriptor([("tenant", "acme"), ("user", "x")])
        for left in [1, 0] as [UInt64] {
            let answer = try ask("edge", user, tenant)
            #expect(answer.code == 1 && answer.statuses.map(\.remaining) == [left + 3, left])
            #expect(answer.headers["ratelimit-policy"] == "\"user\";q=5;w=3600, \"tenant\";q=1;w=1")
            #expect(answer.headers["retry-after"] == nil)
        }
        let refused = try ask("edge", user, tenant)
        #expect(refused.code == 2 && refused.statuses.map(\.code) == [1, 2] && refused.statuses.map(\.remaining) == [3, 0])
        #expect(refused.headers["retry-after"] == "1")
        #expect(try ask("edge", user).statuses[0].remaining == 2, "the refused request took nothing of the user's limit")
    }

    @Test(
        "takes supplied limits of every unit, and none of what is no unit",
        arguments: [
            (1, 7, 7, 1), (2, 7, 7, 2), (3, 7, 7, 3), (4, 7, 7, 4), (5, 30, 10, 0), (6, 1, 1, 0), (0, 7, 0, 0), (9, 7, 0, 0),
        ] as [(UInt64, UInt64, UInt64, UInt64)])
    func units(unit: UInt64, perUnit: UInt64, quota: UInt64, told: UInt64) throws {
        let answer = try ask("any", .init([("k", "v")], limit: (perUnit, unit)))
        #expect(answer.code == 1 && answer.statuses[0].quota == quota && answer.statuses[0].unit == told)
        #expect(try ask("any", .init([("k", "v")], limit: (0, unit))).code == (quota > 0 ? 2 : 1))
        let most = try ask("any", .init([("k", "w")], limit: (UInt64(UInt32.max), unit)))
        #expect(most.code == 1)
    }

    @Test("takes hits together, those of the descriptor before those of the request")
    func hits() throws {
        let limit = (10, 3) as (UInt64, UInt64)
        #expect(try ask("h", .init([("k", "v")], limit: limit), hits: 4).statuses[0].remaining == 6)
        #expect(try ask("h", .init([("k", "v")], limit: limit, hits: 5), hits: 1).statuses[0].remaining == 1)
        let over = try ask("h", .init([("k", "v")], limit: limit, hits: 2))
        #expect(over.code == 2 && over.statuses[0].remaining == 1)
        #expect(try ask("h", .init([("k", "v")], limit: limit, hits: 0)).code == 1)
        #expect(try ask("h", .init([("k", "v")], limit: limit, hits: 1, isNegative: true)).code == 1)
        #expect(try ask("h", .init([("k", "v")], limit: limit, hits: .max)).code == 2)
        #expect(try ask("h", .init([("k", "v")], limit: limit)).code == 1)
    }

    @Test("more descriptors than one decision takes are all decided")
    func many() throws {
        let descriptors = (0..<9).map { RateLimitWire.Descriptor([("tenant", "t"), ("k", "\($0)")], limit: (1, 3)) }
        let message = RateLimitWire.request("m", descriptors)
        for code in [1, 2] as [UInt64] {
            let answer = RateLimitWire.Answer(try rig.call(RateLimitService.path, message).messages.first ?? [])
            #expect(answer.code == code && answer.statuses.count == 9)
        }
    }

    @Test("refuses what is no request", arguments: [[0x0a], [0x0a, 1, 0x65], [0x12, 0], [0x12, 2, 0x0a, 9]] as [[UInt8]])
    func invalid(message: [UInt8]) throws {
        #expect(try rig.call(RateLimitService.path, message).grpcStatus == 3)
    }

    @Test("a call waits for tokens that must be asked for; those who left take none")
    func waiting() throws {
        let test = try RateLimitServiceTests(shared: true)
        let rig = test.rig
        let message = RateLimitWire.request("w", [.init([("k", "v")], limit: (10, 3))])
        let stays = rig.open(ControlRig.headers(RateLimitService.path))
        try rig.send(stays, ControlRig.framed(message), end: true)
        let leaves = rig.open(ControlRig.headers(RateLimitService.path))
        try rig.send(leaves, ControlRig.framed(message), end: true)
        #expect(!rig.answer(stays).isOver)
        rig.client.reset(leaves, .cancel)
        try rig.turn()
        test.limiter.flush()
        let question = try #require(test.source.held.first)
        #expect(test.source.held.count == 1 && question.requests == 2)
        #expect(question.reply(0, granted: 2, level: question[0].rate.unit * 8))
        test.limiter.answered(question, now: 1_000_000_000_000)
        try rig.turn()
        let answer = RateLimitWire.Answer(rig.answer(stays).messages.first ?? [])
        #expect(answer.code == 1 && answer.statuses[0].remaining == 9)
        // The other one's token is in hand for the next.
        let next = RateLimitWire.Answer(try rig.call(RateLimitService.path, message).messages.first ?? [])
        #expect(next.statuses[0].remaining == 8)
    }

    @Test("without an answer of Valkey the fallback holds: allowed here, or nobody knows")
    func outage() throws {
        for (fallback, status) in [("open", 0), ("closed", 14)] {
            let test = try RateLimitServiceTests(shared: true, addressFallback: fallback)
            let call = test.rig.open(ControlRig.headers(RateLimitService.path))
            try test.rig.send(
                call, ControlRig.framed(RateLimitWire.request("edge", [.init([("remote_address", "192.0.2.1")])])), end: true)
            test.limiter.flush()
            let question = try #require(test.source.held.first)
            test.limiter.failed(question, now: 1_000_000_000_000)
            try test.rig.turn()
            #expect(test.rig.answer(call).grpcStatus == status)
        }
    }

    @Test("a call whose time is over is told so and decides nothing")
    func deadline() throws {
        let test = try RateLimitServiceTests(shared: true)
        let call = test.rig.open(ControlRig.headers(RateLimitService.path, [("grpc-timeout", "1n")]))
        let message = RateLimitWire.request("w", [.init([("k", "v")], limit: (10, 3))])
        try test.rig.send(call, ControlRig.framed(message), end: true)
        test.rig.expire()
        try test.rig.turn()
        #expect(test.rig.answer(call).grpcStatus == 4)
    }
}
