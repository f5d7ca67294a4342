import Bytes
import GatewayCore
import RateLimiting

/// What a descriptor of a call means, and what was decided about it.
struct LimitedDescriptor {
    /// Where it stands.
    enum State {
        /// No limit applies.
        case unlimited
        /// Its limit is still to be asked.
        case pending
        /// Its limit lets nothing through, or nothing more.
        case over
        case allowed
    }

    var state = State.unlimited
    /// The configured rule; nil for a limit that the request brought along.
    var rule: RateRule?
    var limit: Limit?
    /// What the limit is called towards clients: a range of the message, used where there is no rule.
    var name = ByteRange.empty
    /// Key, tag and name of the bucket; ranges of `RateLimitCall.keys`.
    var key: UInt64 = 0
    var bucketTag = ByteRange.empty
    var bucketName = ByteRange.empty
    var hits = 1
    /// The limit's numbers; nil where there are none.
    var decision: GCRA.Decision?
}
