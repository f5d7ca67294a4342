public import TokenVerification

extension PlatformConfiguration {
    /// Someone whose tokens are accepted.
    public struct Issuer: Sendable, Hashable {
        /// The exact value of `iss`; unique.
        public var issuer: String
        /// A token must name one of these in `aud`.
        public var audiences: [String]
        /// Algorithms the issuer may sign with.
        public var algorithms: SignatureAlgorithms
        public var keys: KeySource
        /// Between two fetches of a key set at a URL.
        public var refresh: Duration
        /// Tolerance for clocks that differ.
        public var leeway: Duration
        /// The claim that names the tenant.
        public var tenantClaim: String
        /// The claim that lists the roles.
        public var rolesClaim: String

        public static let defaultAudiences = ["platform-kernel"]
        public static let defaultRefresh = Duration.seconds(300)
        public static let defaultLeeway = Duration.seconds(5)
        public static let defaultTenantClaim = "tenantId"
        public static let defaultRolesClaim = "roles"
    }

    /// Where an issuer's JWKS is.
    public enum KeySource: Sendable, Hashable {
        /// A file, resolved.
        case file(String)
        /// An `https` URL, or `http` to a loopback address.
        case url(String)
    }
}
