import Bytes
import ProblemDetails
public import RateLimiting

/// A named limit: so many requests in so many seconds for one user or one address.
public final class RateRule: Sendable {
    /// Name in `RateLimit` and `RateLimit-Policy`: `user`, `address`, or the role.
    public let name: [UInt8]
    public let rate: BucketRate
    /// Whether `X-RateLimit-*` go beside the IETF fields.
    let sendsLegacyHeaders: Bool
    /// Keeps the buckets of different kinds of key apart.
    let salt: UInt64
    /// The lines of `RateLimit-Policy` and `RateLimit` as far as they are the same for every request.
    private let fieldText: [UInt8]

    /// - Parameter salt: Any constant that differs between users and addresses.
    public init(name: String, rate: BucketRate, salt: UInt64, sendsLegacyHeaders: Bool = false) {
        self.name = Array(name.utf8)
        self.rate = rate
        self.salt = salt
        self.sendsLegacyHeaders = sendsLegacyHeaders
        let text = ByteWriter()
        self.name.withByteView { name in
            text.append("ratelimit-policy: ")
            RateLimitHeaders.appendPolicy(name: name, rate: rate, to: text)
            text.append("\r\nratelimit: ")
            RateLimitHeaders.appendName(name, to: text)
        }
        fieldText = Array(text.view)
    }

    /// The ceiling over all users of a tenant.
    public static func tenant(_ rate: BucketRate) -> RateRule {
        RateRule(name: "tenant", rate: rate, salt: tenantSalt)
    }

    func appendFieldText(to out: ByteWriter) { fieldText.withByteView { out.append($0) } }

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
