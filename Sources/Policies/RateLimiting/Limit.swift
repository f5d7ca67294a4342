/// What becomes of a shared limit while Valkey cannot be asked.
public enum LimitFallback: String, Sendable, CaseIterable {
    /// Every request is allowed.
    case open
    /// No request is: the caller answers 503, never 429, for nobody knows whether the limit is exceeded.
    case closed
    /// Each process applies the limit divided by the number of instances last seen.
    case local
}

/// One limit: a rate, where it is counted, and what becomes of it while it cannot be.
public final class Limit: Sendable {
    /// Where a limit is counted.
    public enum Reach: Sendable {
        /// In this process alone, always at the full rate.
        case process
        /// Over all instances, if there is a Valkey; else in this process at the full rate.
        case shared
    }

    /// The rate as configured.
    public let rate: BucketRate
    /// Where it is counted.
    public let reach: Reach
    /// What becomes of it while Valkey cannot be asked.
    public let fallback: LimitFallback
    /// The same rate in the units of shared buckets.
    let shared: SharedRate
    /// Names the limit in keys of Valkey.
    let scope: [UInt8]
    /// Keeps its buckets apart from those of other limits with the same key.
    let salt: UInt64

    /// A limit whose keys in Valkey are named `limit:{tag}:scope:name`.
    ///
    /// Two limits that may meet the same tag and name need different scopes, such as `u` and `t`, or the name of a role; letters, digits and
    /// `-` `_` `.` only, as anything else becomes `_`.
    public init(rate: BucketRate, scope: String, reach: Reach = .shared, fallback: LimitFallback = .local) {
        self.rate = rate
        self.reach = reach
        self.fallback = fallback
        shared = SharedRate(rate)
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.".utf8)
        self.scope = scope.utf8.map { plain.contains($0) ? $0 : UInt8(ascii: "_") }
        // FNV-1a: the same for the same scope in every snapshot, so that a reload keeps the buckets.
        salt = self.scope.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } ^ (reach == .process ? .max : 0)
    }
}
