import Bytes
import ControlMessages
import GatewayCore
import RateLimiting
import Transcoding

/// One call of `ShouldRateLimit`, from its message to its answer; waits in between if a limiter or a fact makes it.
///
/// Used again for later calls. A call that waits keeps its message, and where it stopped.
final class RateLimitCall: Waiting {
    /// Memory that a call out of use keeps.
    private static let keptBytes = 4 << 10

    private let message = ByteWriter(capacity: 512)
    private let keys = ByteWriter(capacity: 512)
    private let request = RateLimitRequest()
    private var limited: [LimitedDescriptor] = []
    /// Descriptors whose limit was found.
    private var resolved = 0
    /// Positions of `limited` that are decided together.
    private var group: [Int] = []
    private var progress = LimitProgress()
    /// Facts that were waited for.
    private var factWaits = 0
    /// What brings it back; nil while it was not parked.
    private var handle: CallHandle?
    private var owner: RateLimitService?
    private(set) var generation: UInt32 = 0

    init() {
        limited.reserveCapacity(RateLimitRequest.maximumDescriptors)
        group.reserveCapacity(SharedLimiter.mostLimits)
    }

    /// Where a call stands.
    enum Progress {
        case decided
        case failed(GRPCServerStatus)
        case waitsForTokens(LimitAsk)
        case waitsForFact(FactRead)
    }

    /// Takes a message; nil when it can be decided about.
    func begin(_ bytes: ByteView) -> GRPCServerStatus? {
        message.removeAll()
        message.append(bytes)
        keys.removeAll()
        limited.removeAll(keepingCapacity: true)
        (resolved, factWaits) = (0, 0)
        group.removeAll(keepingCapacity: true)
        switch request.decode(message.view) {
        case .malformed: return GRPCServerStatus(.invalidArgument, "malformed RateLimitRequest")
        case .tooManyDescriptors: return GRPCServerStatus(.invalidArgument, "too many descriptors")
        case .tooManyEntries: return GRPCServerStatus(.invalidArgument, "too many entries")
        case nil: break
        }
        if request.domain.isEmpty { return GRPCServerStatus(.invalidArgument, "a request has a domain") }
        if request.descriptors.isEmpty { return GRPCServerStatus(.invalidArgument, "a request has descriptors") }
        return nil
    }

    /// Goes on from where it stopped.
    func proceed(_ service: RateLimitService) -> Progress {
        while resolved < request.descriptors.count {
            var next = LimitedDescriptor()
            if let read = service.rules.resolve(resolved, of: request, message.view, keys: keys, into: &next) {
                factWaits += 1
                // A fact that changes again and again is no reason to wait for ever; without it other limits hold.
                if factWaits <= RateLimitService.mostFactWaits { return .waitsForFact(read) }
                next.state = .unlimited
            }
            limited.append(next)
            resolved += 1
        }
        while true {
            if group.isEmpty, !formGroup() { return .decided }
            switch decideGroup(service) {
            case .allowed: settleGroup(service.limiter, upTo: group.count, isAllowed: true)
            case .refused(let position): settleGroup(service.limiter, upTo: position + 1, isAllowed: false)
            case .unavailable:
                return .failed(GRPCServerStatus(.unavailable, "whether a limit is exceeded cannot be told at present"))
            case .wait(let ask): return .waitsForTokens(ask)
            }
            group.removeAll(keepingCapacity: true)
        }
    }

    /// Chooses what is decided together: limits whose keys are in one slot of a cluster and that take the same number of tokens.
    /// Nothing more once a limit has refused: of what is refused no further tokens are taken.
    private func formGroup() -> Bool {
        progress = LimitProgress()
        if limited.contains(where: { $0.state == .over }) { return false }
        guard let first = limited.firstIndex(where: { $0.state == .pending }) else { return false }
        let tag = keys.view[limited[first].bucketTag]
        for index in first..<limited.count where limited[index].state == .pending {
            guard limited[index].hits == limited[first].hits, keys.view[limited[index].bucketTag] == tag else { continue }
            group.append(index)
            if group.count == SharedLimiter.mostLimits { break }
        }
        return true
    }

    private func decideGroup(_ service: RateLimitService) -> LimitOutcome {
        let limiter = service.limiter
        let view = keys.view
        if let first = group.first { limiter.begin(cost: limited[first].hits) }
        for index in group {
            guard let limit = limited[index].limit else { continue }
            limiter.add(
                limit, key: limited[index].key, tag: view[limited[index].bucketTag], name: view[limited[index].bucketName])
        }
        return limiter.decide(now: service.now(), progress: &progress)
    }

    /// Notes what was said of the group. Behind a limit that refuses nothing was taken, and nothing is known.
    private func settleGroup(_ limiter: SharedLimiter, upTo end: Int, isAllowed: Bool) {
        for (position, index) in group.enumerated() {
            if position < end { limited[index].decision = limiter.decision(position) }
            limited[index].state = !isAllowed && position == end - 1 ? .over : .allowed
        }
    }

    /// Writes the answer; true when the request is to be refused.
    func write(_ response: RateLimitResponse, to reply: ByteWriter) -> Bool {
        response.write(limited, of: message.view, to: reply)
    }

    // MARK: Waiting

    func park(_ handle: CallHandle, in owner: RateLimitService) {
        self.handle = handle
        self.owner = owner
    }

    func resume(_ generation: UInt32) {
        guard generation == self.generation, let handle, let owner else { return }
        owner.resume(self, handle)
    }

    /// Gives up what belongs to the call.
    func end() {
        generation &+= 1
        handle = nil
        owner = nil
        limited.removeAll(keepingCapacity: true)
        message.removeAll(keepingAtMost: Self.keptBytes)
        keys.removeAll(keepingAtMost: Self.keptBytes)
    }
}
