import Bytes
public import NIOCore
import RESP
public import RateLimiting
public import Valkey

/// Keeps shared buckets in Valkey, for the limiter of one loop.
///
/// The client may serve others too; whoever owns the loop ticks it. Confined to its loop. Each question is one script call; what it needs
/// allocates nothing, nor does reading the reply.
public final class ValkeyLimitSource: LimitSource {
    private final class Owner: ValkeyCommandOwner {
        unowned(unsafe) var source: ValkeyLimitSource?

        override func valkeyReplied(_ reply: RESPValue, tag: Int) { source?.replied(reply, tag) }
        override func valkeyFailed(_ error: ValkeyError, tag: Int) { source?.failed(tag) }
    }

    /// Sends what was asked in this turn of the loop.
    private final class Flusher: @unchecked Sendable {
        unowned(unsafe) var source: ValkeyLimitSource?

        func flush() { source?.flush() }
    }

    /// Time a question has; kept to the next tick of the client. A request waits no longer for its tokens.
    public static let timeoutMilliseconds = 100
    /// An instance that has not shown up for this long is gone: five of its signs of life.
    static let instanceLifeMilliseconds: Int64 = 15_000
    private static let beatTag = -1

    private let client: ValkeyClient
    private let loop: any EventLoop
    private let clock: () -> Int64
    private let owner = Owner()
    private let flusher = Flusher()
    private let flushTask: @Sendable () -> Void
    private let command = ValkeyCommand()

    /// A source on the client's loop; `milliseconds` reads the clock by which the client is ticked and the limiter decides.
    public init(client: ValkeyClient, loop: any EventLoop, milliseconds: @escaping () -> Int64) {
        self.client = client
        self.loop = loop
        clock = milliseconds
        flushTask = { [flusher] in flusher.flush() }
        super.init()
        owner.source = self
        flusher.source = self
    }

    deinit {
        owner.source = nil
        flusher.source = nil
    }

    public override func wake() { loop.execute(flushTask) }

    private func flush() {
        limiter?.flush()
        client.flush()
    }

    public override func send(_ ask: LimitAsk) {
        command.begin(LimitScripts.take, keys: ask.count)
        for position in 0..<ask.count { command.key(ask.key(position)) }
        command.append(decimal: Int64(ask.requests))
        for position in 0..<ask.count {
            let bucket = ask[position]
            command.append(decimal: bucket.rate.unit)
            command.append(decimal: bucket.rate.refill)
            command.append(decimal: bucket.rate.capacity)
            command.append(decimal: Int64(bucket.extra))
            command.append(decimal: bucket.most)
        }
        client.send(
            command, timeoutMilliseconds: Self.timeoutMilliseconds, owner: owner, tag: ask.tag, nowMilliseconds: clock())
    }

    public override func beat(_ instance: UInt64) {
        command.begin(LimitScripts.beat, keys: 1)
        command.key(ByteView("limit:instances"))
        command.append(decimal: Int64(bitPattern: instance))
        command.append(decimal: Self.instanceLifeMilliseconds)
        client.send(command, timeoutMilliseconds: 1000, owner: owner, tag: Self.beatTag, nowMilliseconds: clock())
    }

    private var nanoseconds: UInt64 { UInt64(max(0, clock())) * 1_000_000 }

    private func replied(_ reply: RESPValue, _ tag: Int) {
        guard let limiter else { return }
        if tag == Self.beatTag {
            if let count = reply.integer { limiter.counted(Int(max(1, min(count, 1 << 20)))) }
            return
        }
        guard let ask = limiter.ask(tag) else { return }
        var values = reply.children
        for position in 0..<ask.count {
            guard let granted = values.next()?.integer, let level = values.next()?.integer,
                ask.reply(position, granted: granted, level: level)
            else { return limiter.failed(ask, now: nanoseconds) }
        }
        limiter.answered(ask, now: nanoseconds)
    }

    private func failed(_ tag: Int) {
        guard tag != Self.beatTag, let limiter, let ask = limiter.ask(tag) else { return }
        limiter.failed(ask, now: nanoseconds)
    }
}
