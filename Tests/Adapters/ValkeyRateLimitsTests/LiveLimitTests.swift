import NIOCore
import RateLimiting
import Testing

@testable import Valkey
@testable import ValkeyRateLimits

/// Three gateways on one real Valkey.
@Suite(.enabled(if: ValkeyServer.areThere), .serialized) struct LiveLimitTests {
    static func limit(_ quota: Int, burst: Int, _ scope: String, _ fallback: LimitFallback = .local) throws -> Limit {
        Limit(rate: try #require(BucketRate(quota: quota, windowSeconds: 1, burst: burst)), scope: scope, fallback: fallback)
    }

    static func engines(_ ports: [Int], _ count: Int = 3) async throws -> [LimitEngine] {
        var engines: [LimitEngine] = []
        for seed in 1...count { engines.append(try await LimitEngine(ports: ports, seed: UInt64(seed))) }
        for engine in engines {
            #expect(try await eventually { try await engine.loop.submit { engine.client.isUsable }.get() })
        }
        return engines
    }

    static func totals(_ engines: [LimitEngine], _ server: ValkeyServer, _ limit: Limit) async throws -> (
        accepted: Int, decided: Int, asks: Int, failures: Int, left: Int, time: Int64
    ) {
        var totals = (accepted: 0, decided: 0, asks: 0, failures: 0, left: 0, time: Int64(0))
        for engine in engines {
            let part = try await engine.loop.submit { (engine.accepted, engine.decided, engine.limiter.counters) }.get()
            totals.accepted += part.0
            totals.decided += part.1
            totals.asks += part.2.asks
            totals.failures += part.2.failures
        }
        let kept = try server.ask(["GET", "limit:{acme}:t"])[0].split(separator: " ").compactMap { Int64($0) }
        try #require(kept.count == 3)
        totals.time = try server.time()
        totals.left = Int(SharedRate(limit.rate).level(kept[0], after: totals.time - kept[1]) / kept[2])
        return totals
    }

    @Test("at some ten requests a second every decision is that of one bucket", arguments: ValkeyServer.programs)
    func exact(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let engines = try await Self.engines([server.port])
        let limit = try Self.limit(4, burst: 3, "u", .closed)
        let question = SharedBucketModel.Question(key: "limit:{acme}:u:one", rate: SharedRate(limit.rate))
        var model = SharedBucketModel()
        var outcomes = [0, 0]
        let begin = ContinuousClock.now
        var index = 0
        // As long as it takes: a machine that is busy with other tests asks more slowly, and sometimes too late for an answer.
        while outcomes[0] <= 20 || outcomes[1] <= 10, ContinuousClock.now - begin < .seconds(60) {
            let before = try server.time()
            let outcome = try await engines[index % 3].decide((limit, "acme", "one"))
            let kept = try server.ask(["GET", question.key])[0].split(separator: " ").compactMap { Int64($0) }
            if case .unavailable = outcome {
                // A machine that stood still for a tenth of a second: whether a token was taken is to be read.
                if kept.count == 3 {
                    model.buckets[question.key] = .init(level: kept[0], time: kept[1], unit: kept[2], expiry: .max)
                }
            } else if outcome == .allowed {
                try #require(kept.count == 3 && kept[1] >= before)
                #expect(model.take(1, [question], now: kept[1]) == [.init(granted: 1, level: kept[0])])
                outcomes[0] += 1
            } else {
                #expect(outcome == .refused(0))
                // There was none at the time it was asked for, or it was known that there could be none.
                var copy = model
                #expect(copy.take(1, [question], now: before)[0].granted == 0)
                outcomes[1] += 1
            }
            if index > 10 { try await Task.sleep(for: .milliseconds(Int.random(in: 0...200))) }
            index += 1
        }
        #expect(outcomes[0] > 20 && outcomes[1] > 10)
        for engine in engines { try await engine.close() }
    }

    @Test(
        "nobody waits for a Valkey that hangs, nor is anything exceeded by more than it may be", arguments: ValkeyServer.programs)
    func hung(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let engines = try await Self.engines([server.port])
        let local = try Self.limit(600, burst: 300, "l")
        let closed = try Self.limit(1, burst: 1, "c", .closed)
        let start = try server.time()
        for engine in engines {
            try await engine.load(perSecond: 400) { $0 % 4 == 0 ? [(closed, "acme", "")] : [(local, "acme", "")] }
        }
        try await Task.sleep(for: .milliseconds(800))
        server.hang()
        try await Task.sleep(for: .milliseconds(1200))
        for engine in engines {
            try await engine.loop.submit {
                #expect(!engine.limiter.isGlobal)
                #expect(engine.limiter.counters.outages >= 1)
                #expect(engine.unavailable > 0)
                engine.unavailable = 0
            }.get()
        }
        server.goOn()
        for engine in engines {
            #expect(try await eventually { try await engine.loop.submit { engine.limiter.isGlobal }.get() })
        }
        var accepted = 0
        for engine in engines {
            accepted += try await engine.loop.submit {
                // Whatever waited when it hung was told within the time of a question and a few ticks.
                #expect(engine.longestWait < 1_000_000_000)
                engine.unavailable = 0
                return engine.accepted
            }.get()
        }
        #expect(Double(accepted) <= 300 * 2 + 3 + 600 * (1 + Double(try server.time() - start) / 1_000_000))
        try await Task.sleep(for: .milliseconds(200))
        for engine in engines { try await engine.loop.submit { #expect(engine.unavailable == 0) }.get() }
        for engine in engines { try await engine.close() }
    }

    @Test("all keys of a request are in one slot of a cluster, whatever the names", arguments: ValkeyServer.programs)
    func cluster(_ program: String) async throws {
        let cluster = try await ValkeyCluster(program)
        defer { cluster.end() }
        let engines = try await Self.engines(cluster.ports, 1)
        let user = try Self.limit(5, burst: 5, "u")
        let tenant = try Self.limit(8, burst: 8, "t")
        for name in ["acme", "globex", "a}b", "{x}", "", "}{", "ü"] {
            #expect(try await engines[0].decide((user, name, "{other}"), (tenant, name, "")) == .allowed)
            let key = "limit:{\(name.replacing("{", with: "%7B").replacing("}", with: "%7D"))}:t"
            let kept = try cluster.owner(of: name.isEmpty ? "limit:{%}:t" : key).ask(["GET", name.isEmpty ? "limit:{%}:t" : key])
            #expect(kept[0].split(separator: " ").count == 3)
        }
        let counters = try await engines[0].loop.submit { engines[0].limiter.counters }.get()
        #expect(counters.failures == 0)
        #expect(counters.granted == 14)
        #expect(try await eventually { try await engines[0].loop.submit { engines[0].instances.current == 1 }.get() })
        for engine in engines { try await engine.close() }
    }

    @Test(
        "at thousands of requests a second it grants within 1 % of the limits, with hardly a call",
        arguments: ValkeyServer.programs)
    func accurate(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let engines = try await Self.engines([server.port])
        let user = try Self.limit(500, burst: 250, "u")
        let tenant = try Self.limit(1200, burst: 600, "t")
        for engine in engines {
            // Four users, who together are refused by their own limits and by their tenant's.
            try await engine.load(perSecond: 1500) { [(user, "acme", "u\($0 % 4)"), (tenant, "acme", "")] }
        }
        // Until the bursts are gone and the keys are known to be hot.
        try await Task.sleep(for: .milliseconds(1500))
        // Where the machine stands still for a tenth of a second there is an outage to look at, and no accuracy.
        for attempt in 1...5 {
            for engine in engines {
                #expect(try await eventually { try await engine.loop.submit { engine.limiter.isGlobal }.get() })
            }
            if attempt > 1 { try await Task.sleep(for: .milliseconds(1000)) }
            let before = try await Self.totals(engines, server, tenant)
            try await Task.sleep(for: .milliseconds(2500))
            let after = try await Self.totals(engines, server, tenant)
            guard after.failures == before.failures || attempt == 5 else { continue }
            let ideal = 1200 * Double(after.time - before.time) / 1_000_000
            // Tokens that are at Valkey still are lost to nobody, and those in hand are about as many at both moments.
            let used = Double(after.accepted + after.left - before.accepted - before.left)
            #expect(abs(used - ideal) <= ideal * 0.01 + 60)
            #expect(Double(after.asks - before.asks) <= 0.02 * Double(after.decided - before.decided))
            break
        }
        for engine in engines { try await engine.close() }
    }
}
