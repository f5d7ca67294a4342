import Bytes
import NIOCore
import NIOPosix
import RateLimiting
import Testing

@testable import Valkey
@testable import ValkeyRateLimits

/// One gateway as far as limits go: a loop with a client, a source and a limiter of its own, ticked by the real clock.
final class LimitEngine: @unchecked Sendable {
    private final class Request: Waiting {
        let engine: LimitEngine
        let counted: [(limit: Limit, tag: String, name: String)]
        let born = NIODeadline.now()
        let done: (LimitOutcome) -> Void
        var progress = LimitProgress()

        init(_ engine: LimitEngine, _ counted: [(Limit, String, String)], _ done: @escaping (LimitOutcome) -> Void) {
            (self.engine, self.counted, self.done) = (engine, counted, done)
        }

        func ask() {
            engine.limiter.begin()
            let outcome = add(0)
            if case .wait(let ask) = outcome { return ask.add(self, generation: 0) }
            engine.longestWait = max(engine.longestWait, (NIODeadline.now() - born).nanoseconds)
            done(outcome)
        }

        private func add(_ index: Int) -> LimitOutcome {
            guard index < counted.count else { return engine.limiter.decide(now: LimitEngine.now(), progress: &progress) }
            let (limit, tag, name) = counted[index]
            return tag.withByteView { tag in
                name.withByteView { name in
                    engine.limiter.add(limit, key: KeyedHash(seed: 3)(tag) ^ KeyedHash(seed: 4)(name), tag: tag, name: name)
                    return add(index + 1)
                }
            }
        }

        func resume(_ generation: UInt32) { ask() }
    }

    let loop: any EventLoop
    let client: ValkeyClient
    let limiter: SharedLimiter
    let instances: InstanceCount
    private let source: ValkeyLimitSource
    private var tasks: [RepeatedTask] = []
    /// On the loop.
    private(set) var longestWait: Int64 = 0
    private var begun = 0
    var accepted = 0
    var decided = 0
    var unavailable = 0

    static func now() -> UInt64 { NIODeadline.now().uptimeNanoseconds }

    init(ports: [Int], instances: InstanceCount = InstanceCount(3), seed: UInt64) async throws {
        let loop = ValkeyTestRig.group.next()
        self.loop = loop
        self.instances = instances
        let endpoint = ValkeyEndpoint(addresses: ports.map { ValkeyAddress(host: "127.0.0.1", port: $0) })
        let client = try ValkeyClient(loop: loop, endpoint: endpoint, seed: seed, nowMilliseconds: ValkeyTestRig.milliseconds())
        self.client = client
        source = ValkeyLimitSource(client: client, loop: loop, milliseconds: ValkeyTestRig.milliseconds)
        limiter = SharedLimiter(
            source: source, local: LocalBucketTable(slots: 1024), instances: instances, beats: true, seed: seed)
        try await loop.submit {
            self.tasks.append(
                loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(10)) { _ in
                    client.tick(nowMilliseconds: ValkeyTestRig.milliseconds())
                    self.limiter.tick(now: Self.now())
                })
        }.get()
    }

    func decide(_ counted: (Limit, String, String)...) async throws -> LimitOutcome.Plain {
        let promise = loop.makePromise(of: LimitOutcome.Plain.self)
        loop.execute { Request(self, counted) { promise.succeed($0.plain) }.ask() }
        return try await promise.futureResult.get()
    }

    /// From now on so many requests a second, a few each millisecond.
    func load(perSecond: Int, _ counted: @escaping @Sendable (Int) -> [(Limit, String, String)]) async throws {
        try await loop.submit {
            let start = NIODeadline.now()
            self.begun = 0
            self.tasks.append(
                self.loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(1)) { _ in
                    let due = Int((NIODeadline.now() - start).nanoseconds) / 1000 * perSecond / 1_000_000
                    while self.begun < due {
                        self.begun += 1
                        Request(self, counted(self.begun)) { outcome in
                            self.decided += 1
                            if outcome == .allowed { self.accepted += 1 }
                            if case .unavailable = outcome { self.unavailable += 1 }
                        }.ask()
                    }
                })
        }.get()
    }

    func close() async throws {
        try await loop.submit {
            for task in self.tasks { task.cancel() }
            self.client.shutdown()
        }.get()
    }
}

extension LimitOutcome {
    enum Plain: Equatable, Sendable {
        case allowed
        case refused(Int)
        case unavailable(Int)
        case wait
    }

    var plain: Plain {
        switch self {
        case .allowed: .allowed
        case .refused(let index): .refused(index)
        case .unavailable(let index): .unavailable(index)
        case .wait: .wait
        }
    }
}

extension ValkeyServer {
    /// The server's time in microseconds.
    func time() throws -> Int64 {
        let parts = try ask(["TIME"])[0].split { !$0.isNumber }.compactMap { Int64($0) }
        return parts[0] * 1_000_000 + parts[1]
    }
}
