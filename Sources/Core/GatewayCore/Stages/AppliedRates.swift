import Bytes
import RateLimiting

/// The limits that applied to a request, and what they said.
///
/// A class of its own with room for as many as there can be: read and written in place, nothing of it is copied or allocated for a
/// request.
final class AppliedRates {
    /// Process, user or role, tenant.
    static let most = 3

    private let rules = UnsafeMutablePointer<RateRule>.allocate(capacity: most)
    private let decisions = UnsafeMutablePointer<GCRA.Decision>.allocate(capacity: most)
    private(set) var count = 0
    /// How many of them spoke: all, or those up to the one that refused.
    private var spoken = 0

    deinit {
        removeAll()
        rules.deallocate()
        decisions.deallocate()
    }

    func removeAll() {
        guard count > 0 else { return }
        rules.deinitialize(count: count)
        (count, spoken) = (0, 0)
    }

    func add(_ rule: RateRule) {
        precondition(count < Self.most)
        (rules + count).initialize(to: rule)
        count &+= 1
    }

    func rule(_ position: Int) -> RateRule {
        precondition(position >= 0 && position < count)
        return rules[position]
    }

    /// What the limit said; nil when one before it refused.
    func decision(_ position: Int) -> GCRA.Decision? { position < spoken ? decisions[position] : nil }

    /// Takes over what the limiter said of the first `end` limits.
    func settle(_ limiter: SharedLimiter, upTo end: Int) {
        spoken = min(end, count)
        for index in 0..<spoken { (decisions + index).initialize(to: limiter.decision(index)) }
    }

    /// `RateLimit` and `RateLimit-Policy`, on refused and on allowed answers.
    ///
    /// What a process takes of a tenant is no policy towards the client: it is named where it refuses alone.
    func appendFields(to out: ByteWriter) {
        guard spoken > 0 else { return }
        let first = rules[0].limit.reach == .process && decisions[0].isAllowed ? 1 : 0
        guard first < spoken else { return }
        out.append("ratelimit-policy: ")
        for index in first..<count {
            if index > first { out.append(", ") }
            out.append(rules[index].policyItem)
        }
        out.append("\r\nratelimit: ")
        for index in first..<spoken {
            if index > first { out.append(", ") }
            out.append(rules[index].nameItem)
            RateLimitHeaders.appendState(decisions[index], to: out)
        }
        out.append("\r\n")
        if rules[first].sendsLegacyHeaders { appendLegacy(rules[first].rate, decisions[first], to: out) }
    }

    /// The fields most clients knew before the IETF ones; the reset in seconds from now.
    private func appendLegacy(_ rate: BucketRate, _ decision: GCRA.Decision, to out: ByteWriter) {
        out.append("x-ratelimit-limit: ")
        out.append(decimal: rate.quota)
        out.append("\r\nx-ratelimit-remaining: ")
        out.append(decimal: decision.remaining)
        out.append("\r\nx-ratelimit-reset: ")
        out.append(decimal: (decision.resetNanoseconds &+ 999_999_999) / 1_000_000_000)
        out.append("\r\n")
    }
}
