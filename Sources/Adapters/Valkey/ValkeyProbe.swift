import Bytes
public import NIOCore
import RESP
import Synchronization

/// Sends PING to a server, each time over the same client, and tells what came of it.
public final class ValkeyProbe: Sendable {
    /// Nil for an answer; otherwise why there is none.
    public typealias Completion = @Sendable (ValkeyError?) -> Void

    private let loop: any EventLoop
    private let core: Mutex<NIOLoopBound<Core>?>
    private let endpoint: ValkeyEndpoint
    private let security: ValkeySecurity?

    /// Confined to the loop.
    private final class Core: ValkeyCommandOwner {
        let client: ValkeyClient
        let command = ValkeyCommand()
        var waiting: [Int: Completion] = [:]
        var tags = 0
        var ticker: RepeatedTask?

        init(_ client: ValkeyClient) { self.client = client }

        override func valkeyReplied(_ reply: RESPValue, tag: Int) { waiting.removeValue(forKey: tag)?(nil) }

        override func valkeyFailed(_ error: ValkeyError, tag: Int) { waiting.removeValue(forKey: tag)?(error) }
    }

    private static let tick = TimeAmount.milliseconds(100)

    public init(_ endpoint: ValkeyEndpoint, security: ValkeySecurity?, loop: any EventLoop) {
        self.endpoint = endpoint
        self.security = security
        self.loop = loop
        core = Mutex(nil)
    }

    /// Asks; `completion` comes on the loop, in time or a little later.
    public func ask(within timeout: Duration, _ completion: @escaping Completion) {
        loop.execute { [self] in
            let bound: NIOLoopBound<Core>
            do {
                bound = try core.withLock { core throws in
                    if let core { return core }
                    let made = NIOLoopBound(try makeCore(), eventLoop: loop)
                    core = made
                    return made
                }
            } catch {
                return completion(.notConnected)
            }
            let core = bound.value
            core.command.begin("PING")
            core.tags += 1
            core.waiting[core.tags] = completion
            core.client.send(
                core.command, timeoutMilliseconds: Int(timeout / .milliseconds(1)), owner: core, tag: core.tags,
                nowMilliseconds: Self.milliseconds())
        }
    }

    private func makeCore() throws -> Core {
        var limits = ValkeyLimits()
        // A server that is slow is one that answers: only the question's own time counts.
        limits.silence = 10_000
        limits.handshake = 10_000
        limits.longestBackoff = 1000
        let client = try ValkeyClient(
            loop: loop, endpoint: endpoint, security: security, limits: limits, name: "septem-gateway-health",
            seed: .random(in: .min ... .max),
            nowMilliseconds: Self.milliseconds())
        let core = Core(client)
        core.ticker = loop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.tick) { _ in
            client.tick(nowMilliseconds: Self.milliseconds())
        }
        return core
    }

    private static func milliseconds() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }
}
