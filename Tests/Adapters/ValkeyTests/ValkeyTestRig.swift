import Bytes
import NIOCore
import NIOPosix
import RESP
import Testing

@testable import Valkey

/// How a command ended; replies as text: `[1, a, nil]`, `{k: v}`.
enum Ending: Equatable, Sendable {
    case reply(String)
    case failed(ValkeyError)
}

func describe(_ value: RESPValue) -> String {
    switch value.kind {
    case .null: "nil"
    case .array, .set, .push: "[\(value.children.map(describe).joined(separator: ", "))]"
    case .map: "{\(value.children.map(describe).joined(separator: ", "))}"
    default: value.content.map { String($0) } ?? ""
    }
}

/// Fulfils a promise a command, and fails the test when one ends twice.
final class RecordingOwner: ValkeyCommandOwner {
    var promises: [Int: EventLoopPromise<Ending>] = [:]

    override func valkeyReplied(_ reply: RESPValue, tag: Int) { end(.reply(describe(reply)), tag) }

    override func valkeyFailed(_ error: ValkeyError, tag: Int) { end(.failed(error), tag) }

    private func end(_ ending: Ending, _ tag: Int) {
        guard let promise = promises.removeValue(forKey: tag) else {
            Issue.record("command \(tag) ended twice: \(ending)")
            return
        }
        promise.succeed(ending)
    }
}

/// What a tracking client was told, in order.
final class RecordingTracker: ValkeyTrackingOwner, @unchecked Sendable {
    var told: [String] = []

    override func valkeyInvalidated(_ key: ByteView) { told.append(String(key)) }
    override func valkeyInvalidatedAll() { told.append("<all>") }
    override func valkeyTrackingLost() { told.append("<lost>") }
    override func valkeyTrackingRestored() { told.append("<restored>") }
}

/// A client on a loop, ticked by the real clock unless told otherwise; methods may be called from any thread.
final class ValkeyTestRig: @unchecked Sendable {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    let loop: any EventLoop
    let client: ValkeyClient
    let tracker: RecordingTracker?
    private let owner = RecordingOwner()
    private let command = ValkeyCommand()
    private var tags = 0
    private let ticker: RepeatedTask?

    static func milliseconds() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    init(
        _ endpoint: ValkeyEndpoint, security: ValkeySecurity? = nil, limits: ValkeyLimits = .patient,
        prefixes: [String]? = nil, readsFromReplicas: Bool = false, ticks: Bool = true
    ) throws {
        loop = Self.group.next()
        let tracker = prefixes.map { _ in RecordingTracker() }
        self.tracker = tracker
        let tracking = prefixes.flatMap { prefixes in tracker.map { ValkeyTracking(prefixes: prefixes, owner: $0) } }
        let client = try ValkeyClient(
            loop: loop, endpoint: endpoint, security: security, limits: limits, tracking: tracking,
            readsFromReplicas: readsFromReplicas, name: "a test", seed: 1,
            nowMilliseconds: ticks ? Self.milliseconds() : 0)
        self.client = client
        guard ticks else {
            ticker = nil
            return
        }
        ticker = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(10)) { _ in
            client.tick(nowMilliseconds: Self.milliseconds())
        }
    }

    convenience init(
        ports: [Int], limits: ValkeyLimits = .patient, prefixes: [String]? = nil, readsFromReplicas: Bool = false
    ) throws {
        try self.init(
            ValkeyEndpoint(addresses: ports.map { ValkeyAddress(host: "127.0.0.1", port: $0) }), limits: limits,
            prefixes: prefixes, readsFromReplicas: readsFromReplicas)
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await loop.submit(body).get()
    }

    /// Writes a command: parts that begin with `@` are keys, without it.
    func write(_ parts: [String]) {
        for (index, part) in parts.enumerated() {
            if index == 0 {
                part.withByteView { command.begin($0) }
            } else if part.hasPrefix("@") {
                part.dropFirst().description.withByteView { command.key($0) }
            } else {
                part.withByteView { command.append($0) }
            }
        }
    }

    /// Sends commands in one turn of the loop; the futures are their ends.
    func begin(_ commands: [[String]], timeout: Int = 10_000, reading: Bool = false) -> [EventLoopFuture<Ending>] {
        let promises = commands.map { _ in loop.makePromise(of: Ending.self) }
        loop.execute {
            for (parts, promise) in zip(commands, promises) {
                self.write(parts)
                self.send(promise, timeout, reading)
            }
        }
        return promises.map(\.futureResult)
    }

    @discardableResult
    private func send(_ promise: EventLoopPromise<Ending>, _ timeout: Int, _ reading: Bool) -> ValkeyCallHandle {
        tags += 1
        owner.promises[tags] = promise
        return client.send(
            command, reading: reading, timeoutMilliseconds: timeout, owner: owner, tag: tags,
            nowMilliseconds: ticker == nil ? client.now : Self.milliseconds())
    }

    func call(_ parts: String..., timeout: Int = 10_000, reading: Bool = false) async throws -> Ending {
        try await begin([parts], timeout: timeout, reading: reading)[0].get()
    }

    func call(_ script: ValkeyScript, keys: [String], _ arguments: String...) async throws -> Ending {
        let promise = loop.makePromise(of: Ending.self)
        loop.execute {
            self.command.begin(script, keys: keys.count)
            for key in keys { key.withByteView { self.command.key($0) } }
            for argument in arguments { argument.withByteView { self.command.append($0) } }
            self.send(promise, 10_000, false)
        }
        return try await promise.futureResult.get()
    }

    /// Sends a command and gives it up in the same turn; what its owner is told fails the test.
    func cancelled(_ parts: String...) async throws {
        try await run {
            self.write(parts)
            self.tags += 1
            let handle = self.client.send(
                self.command, timeoutMilliseconds: 1000, owner: self.owner, tag: self.tags, nowMilliseconds: Self.milliseconds())
            self.client.cancel(handle)
        }
    }

    /// Waits until the condition holds, looked at on the loop; false when it does not within the time.
    func until(seconds: Int64 = 20, _ condition: @escaping @Sendable (ValkeyClient) -> Bool) async throws -> Bool {
        let promise = loop.makePromise(of: Bool.self)
        let end = Self.milliseconds() + seconds * 1000
        let client = client
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(2)) { task in
            let holds = condition(client)
            guard holds || Self.milliseconds() >= end else { return }
            task.cancel()
            promise.succeed(holds)
        }
        return try await promise.futureResult.get()
    }

    func untilUsable() async throws { #expect(try await until { $0.isUsable }) }

    func close() async throws {
        try await run {
            self.ticker?.cancel()
            self.client.shutdown()
            #expect(self.owner.promises.isEmpty)
        }
    }
}

extension ValkeyLimits {
    /// Those by default, but that an idle connection is not asked whether it lives: a machine that is busy with other tests leaves
    /// any connection idle for long.
    static var patient: ValkeyLimits {
        var limits = ValkeyLimits()
        limits.keepAlive = 600_000
        return limits
    }
}
