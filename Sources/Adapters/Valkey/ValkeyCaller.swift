import Bytes
public import NIOCore
import RESP

/// A client for tasks instead of loops: one command, one answer awaited.
public final class ValkeyCaller: Sendable {
    /// An answer, as far as simple commands have some.
    public enum Answer: Sendable {
        case nothing
        case text([UInt8])
        /// Of a map: names and values in turn.
        case list([[UInt8]])
        case number(Int64)
    }

    /// Once for any number of changes, and when changes may have been missed.
    public let changes: AsyncStream<Void>
    private let loop: any EventLoop
    private let core: NIOLoopBound<Core>

    /// Who is told how a command ends, and of changes. Confined to the loop.
    private final class Core: ValkeyCommandOwner {
        let client: ValkeyClient
        let command = ValkeyCommand()
        var waiting: [Int: CheckedContinuation<Answer, any Error>] = [:]
        var tags = 0
        var ticker: RepeatedTask?

        init(_ client: ValkeyClient) { self.client = client }

        override func valkeyReplied(_ reply: RESPValue, tag: Int) {
            waiting.removeValue(forKey: tag)?.resume(returning: Answer(reply))
        }

        override func valkeyFailed(_ error: ValkeyError, tag: Int) { waiting.removeValue(forKey: tag)?.resume(throwing: error) }
    }

    private final class Tracker: ValkeyTrackingOwner {
        let told: AsyncStream<Void>.Continuation

        init(_ told: AsyncStream<Void>.Continuation) { self.told = told }

        override func valkeyInvalidated(_ key: ByteView) { told.yield() }
        override func valkeyInvalidatedAll() { told.yield() }
        override func valkeyTrackingRestored() { told.yield() }
    }

    /// How often the client looks at its clock.
    private static let tick = TimeAmount.milliseconds(50)
    /// Longest wait for an answer; nobody's request waits for it.
    private static let timeoutMilliseconds = 2000

    /// Connects, and follows the changes of keys that begin with `prefix`; nil follows none.
    ///
    /// - Parameters:
    ///   - maximumBytes: Of a value.
    ///   - name: What the server calls the connection.
    public init(
        _ endpoint: ValkeyEndpoint, security: ValkeySecurity?, tracking prefix: String?, maximumBytes: Int, name: String,
        loop: any EventLoop
    ) async throws {
        let (changes, told) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.changes = changes
        self.loop = loop
        core = try await loop.submit {
            var limits = ValkeyLimits()
            limits.commandBytes = maximumBytes + 1024
            limits.waitingBytes = 4 * maximumBytes
            let client = try ValkeyClient(
                loop: loop, endpoint: endpoint, security: security, limits: limits,
                tracking: prefix.map { ValkeyTracking(prefixes: [$0], owner: Tracker(told)) }, name: name,
                seed: .random(in: .min ... .max), nowMilliseconds: Self.milliseconds())
            let core = Core(client)
            core.ticker = loop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.tick) { _ in
                client.tick(nowMilliseconds: Self.milliseconds())
            }
            return NIOLoopBound(core, eventLoop: loop)
        }.get()
    }

    private static func milliseconds() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    /// Sends a command whose second part is its key; throws `ValkeyError`.
    @discardableResult
    public func call(_ name: StaticString, key: String, _ arguments: [[UInt8]] = []) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { [core] in
                let core = core.value
                core.command.begin(name)
                key.withByteView { core.command.key($0) }
                for argument in arguments { argument.withByteView { core.command.append($0) } }
                core.tags += 1
                core.waiting[core.tags] = continuation
                core.client.send(
                    core.command, timeoutMilliseconds: Self.timeoutMilliseconds, owner: core, tag: core.tags,
                    nowMilliseconds: Self.milliseconds())
            }
        }
    }

    /// Ends the connection; every command that waits fails.
    public func close() {
        loop.execute { [core] in
            core.value.ticker?.cancel()
            core.value.client.shutdown()
        }
    }
}

extension ValkeyCaller.Answer {
    fileprivate init(_ reply: RESPValue) {
        if reply.kind.isAggregate {
            self = .list(reply.children.map { $0.string.map { Array($0) } ?? [] })
        } else if let number = reply.integer {
            self = .number(number)
        } else if let text = reply.string {
            self = .text(Array(text))
        } else {
            self = .nothing
        }
    }
}
