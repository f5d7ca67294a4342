public import RateLimiting

extension PlatformConfiguration {
    /// How many requests a caller may make.
    public struct RateLimits: Sendable, Hashable {
        /// For an authenticated user without a role of `roles`; 1000 a minute. Nil for no limit.
        public var user: BucketRate?
        /// For users with a role, by role; `admin` 5000 a minute. The most generous of a caller's roles counts; nil is the most
        /// generous of all.
        public var roles: [String: BucketRate?]
        /// For a client address on public operations; 300 a minute. Nil for no limit.
        public var address: BucketRate?
        /// Whether `X-RateLimit-*` are sent beside the IETF fields; false.
        public var sendsLegacyHeaders: Bool

        public static let defaultUser = BucketRate(quota: 1000, windowSeconds: 60)
        public static let defaultAdmin = BucketRate(quota: 5000, windowSeconds: 60)
        public static let defaultAddress = BucketRate(quota: 300, windowSeconds: 60)
    }
}
