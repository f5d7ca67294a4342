import Bytes
import Dispatch
import NIOCore
import NIOPosix
import RESP
import Valkey

/// The platform's Valkey: whoever changes a fact deletes its key, which tells every gateway to ask again.
///
/// Confined to `loop` but for `delete` (hence the unchecked conformance).
final class PlatformCache: @unchecked Sendable {
    private static let timeoutMilliseconds = 2000

    private let loop: any EventLoop
    private let client: ValkeyClient

    /// A cache at a URL such as `valkey://127.0.0.1:6379`. Must be made on `loop`.
    private init(_ endpoint: ValkeyEndpoint, loop: any EventLoop) throws {
        self.loop = loop
        let security = endpoint.usesTLS ? try ValkeySecurity(authorities: nil) : nil
        client = try ValkeyClient(
            loop: loop, endpoint: endpoint, security: security, name: "demo-iam", seed: .random(in: .min ... .max),
            nowMilliseconds: Self.now())
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(50)) { [client] _ in
            client.tick(nowMilliseconds: Self.now())
        }
    }

    static func connect(url: String) async throws -> PlatformCache {
        let endpoint = try ValkeyEndpoint(url: url)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return try await loop.submit { try PlatformCache(endpoint, loop: loop) }.get()
    }

    /// Deletes a key. Throws `ValkeyError` when it is not known to be gone.
    func delete(_ key: String) async throws {
        let deleted = loop.makePromise(of: Void.self)
        loop.execute {
            let command = ValkeyCommand()
            command.begin("DEL")
            key.withByteView { command.key($0) }
            self.client.send(
                command, timeoutMilliseconds: Self.timeoutMilliseconds, owner: Deletion(deleted), tag: 0,
                nowMilliseconds: Self.now())
        }
        try await deleted.futureResult.get()
    }

    private static func now() -> Int64 { Int64(DispatchTime.now().uptimeNanoseconds / 1_000_000) }

    private final class Deletion: ValkeyCommandOwner {
        private let promise: EventLoopPromise<Void>

        init(_ promise: EventLoopPromise<Void>) {
            self.promise = promise
        }

        override func valkeyReplied(_ reply: RESPValue, tag: Int) { promise.succeed() }
        override func valkeyFailed(_ error: ValkeyError, tag: Int) { promise.fail(error) }
    }
}
