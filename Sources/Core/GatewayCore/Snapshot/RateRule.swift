import Bytes
import ProblemDetails
public import RateLimiting

/// A named limit: so many requests in so many seconds for one user or one address.
///
/// Nothing of it changes once it is made, and so loops may share it.
public final class RateRule: @unchecked Sendable {
    /// Name in `RateLimit` and `RateLimit-Policy`: `user`, `address`, `tenant`, or the role.
    public let name: [UInt8]
    /// The rate, where it is counted, and what becomes of it when that cannot be asked.
    public let limit: Limit
    /// Whether `X-RateLimit-*` go beside the IETF fields.
    let sendsLegacyHeaders: Bool
    /// Its items in `RateLimit-Policy` and, as far as it is the same for every request, in `RateLimit`. Views, because
    /// arrays would be retained for each request.
    let policyItem: ByteView
    let nameItem: ByteView
    private let texts: (policy: ByteWriter, name: ByteWriter)

    public var rate: BucketRate { limit.rate }

    public init(name: String, limit: Limit, sendsLegacyHeaders: Bool = false) {
        self.name = Array(name.utf8)
        self.limit = limit
        self.sendsLegacyHeaders = sendsLegacyHeaders
        let policy = ByteWriter()
        let item = ByteWriter()
        self.name.withByteView { name in
            RateLimitHeaders.appendPolicy(name: name, rate: limit.rate, to: policy)
            RateLimitHeaders.appendName(name, to: item)
        }
        texts = (policy, item)
        (policyItem, nameItem) = (policy.view, item.view)
    }

    /// Tokens a second, for comparing rules.
    var perSecond: Double { Double(rate.quota) / Double(rate.windowSeconds) }

    /// The 429 for a refused request, in the words of the platform's contract.
    func problem(_ decision: GCRA.Decision) -> Problem {
        let seconds = RateLimitHeaders.retryAfterSeconds(decision)
        let window = rate.windowSeconds == 60 ? "min" : rate.windowSeconds == 1 ? "s" : "\(rate.windowSeconds) s"
        let detail = "Rate limit of \(rate.quota) requests/\(window) exceeded. Retry after \(seconds) seconds."
        return Problem(.rateLimitExceeded, detail: .bytes(Array(detail.utf8)), retryAfterSeconds: seconds)
    }
}
