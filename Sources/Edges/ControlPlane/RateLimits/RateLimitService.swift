public import Bytes
public import GatewayCore
public import RateLimiting
import Transcoding

/// `envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit` on one event loop, over that loop's limiter and facts.
public final class RateLimitService: UnaryMethod {
    /// Where Envoy finds it.
    public static let path = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"
    /// Calls that wait at a time on a loop; further ones end with RESOURCE_EXHAUSTED, and their Envoys do as they are configured.
    static let maximumParked = 4096
    /// Facts that one call waits for; it then does without.
    static let mostFactWaits = 64
    /// Calls kept for reuse; more are freed when a burst is over.
    private static let maximumSpare = 256

    /// Bytes of a request: a few hundred, as descriptors are made of header fields and claims.
    public let messageLimit = 64 << 10

    let rules: RateLimitRules
    let limiter: SharedLimiter
    let response = RateLimitResponse()
    let now: () -> UInt64
    private let counters: ControlCounters
    private let reply = ByteWriter(capacity: 1024)
    private var spare: [RateLimitCall] = []
    private var parked = 0

    /// - Parameters:
    ///   - domain: The domain in which `tenant`, `user`, `role` and `remote_address` mean the configured limits.
    ///   - limiter: The loop's limiter; `directory` its facts; `hash` the process's.
    ///   - now: Nanoseconds of the clock that the limiter is asked with.
    public init(
        domain: String, limiter: SharedLimiter, directory: TenantDirectory, hash: KeyedHash, snapshot: Snapshot,
        counters: ControlCounters, now: @escaping () -> UInt64
    ) {
        self.limiter = limiter
        self.counters = counters
        self.now = now
        rules = RateLimitRules(domain: domain, directory: directory, hash: hash, snapshot: snapshot)
    }

    /// Takes the limits of a new configuration; calls that wait go on with those they found.
    public func adopt(_ snapshot: Snapshot) { rules.snapshot = snapshot }

    public func call(_ message: ByteView, reply: ByteWriter, handle: CallHandle) -> UnaryOutcome {
        let call = spare.popLast() ?? RateLimitCall()
        if let refusal = call.begin(message) {
            counters.limitsFailed.add()
            release(call)
            return .done(refusal)
        }
        switch call.proceed(self) {
        case .decided:
            finish(call, reply)
            return .done(.ok)
        case .failed(let status):
            counters.limitsFailed.add()
            release(call)
            return .done(status)
        case .waitsForTokens(let ask):
            guard park(call, handle) else { return .done(refuse(call)) }
            ask.add(call, generation: call.generation)
        case .waitsForFact(let read):
            guard park(call, handle) else { return .done(refuse(call)) }
            read.waiting.add(call, generation: call.generation)
        }
        return .parked
    }

    /// A call whose waiting is over.
    func resume(_ call: RateLimitCall, _ handle: CallHandle) {
        // Whoever asked is gone: no tokens are taken.
        guard handle.isOpen else { return unpark(call) }
        switch call.proceed(self) {
        case .decided:
            reply.removeAll()
            if call.write(response, to: reply) { counters.limitsOver.add() } else { counters.limitsOK.add() }
            unpark(call)
            handle.complete(.ok, reply: reply.view)
        case .failed(let status):
            counters.limitsFailed.add()
            unpark(call)
            handle.complete(status)
        case .waitsForTokens(let ask): ask.add(call, generation: call.generation)
        case .waitsForFact(let read): read.waiting.add(call, generation: call.generation)
        }
    }

    private func finish(_ call: RateLimitCall, _ reply: ByteWriter) {
        if call.write(response, to: reply) { counters.limitsOver.add() } else { counters.limitsOK.add() }
        release(call)
    }

    private func park(_ call: RateLimitCall, _ handle: CallHandle) -> Bool {
        guard parked < Self.maximumParked else { return false }
        parked += 1
        call.park(handle, in: self)
        return true
    }

    private func unpark(_ call: RateLimitCall) {
        parked -= 1
        release(call)
    }

    private func refuse(_ call: RateLimitCall) -> GRPCServerStatus {
        counters.limitsFailed.add()
        release(call)
        return GRPCServerStatus(.resourceExhausted, "too many calls wait for limits")
    }

    private func release(_ call: RateLimitCall) {
        call.end()
        if spare.count < Self.maximumSpare { spare.append(call) }
    }
}
