public import RateLimiting

extension PlatformConfiguration {
    /// A limit of requests.
    public struct Rate: Sendable, Hashable {
        public var bucket: BucketRate
        /// What becomes of it while Valkey cannot be asked; `local`.
        public var fallback = LimitFallback.local
    }

    /// How many requests a caller may make.
    public struct RateLimits: Sendable, Hashable {
        /// For an authenticated user without a role of `roles`; 1000 a minute. Nil for no limit.
        public var user: Rate?
        /// For users with a role, by role; `admin` 5000 a minute. The most generous of a caller's roles counts; nil is the most
        /// generous of all.
        public var roles: [String: Rate?]
        /// For a client address on public operations; 300 a minute. Nil for no limit.
        public var address: Rate?
        public var tenant = Tenant()
        /// Whether `X-RateLimit-*` are sent beside the IETF fields; false.
        public var sendsLegacyHeaders: Bool

        public static let defaultUser = BucketRate(quota: 1000, windowSeconds: 60).map { Rate(bucket: $0) }
        public static let defaultAdmin = BucketRate(quota: 5000, windowSeconds: 60).map { Rate(bucket: $0) }
        public static let defaultAddress = BucketRate(quota: 300, windowSeconds: 60).map { Rate(bucket: $0) }

        /// What limits a tenant as a whole; its own ceiling is kept with the tenant.
        public struct Tenant: Sendable, Hashable {
            /// Requests a second that one process takes of one tenant, whatever Valkey says; nil for no such limit.
            public var perProcess: Int? = 10_000
            /// What becomes of ceilings while Valkey cannot be asked; `local`.
            public var fallback = LimitFallback.local
        }
    }
}
