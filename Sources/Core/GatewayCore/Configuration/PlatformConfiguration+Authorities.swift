public import Plans

extension PlatformConfiguration {
    /// A service of the platform that knows about tenants and users: asked over gRPC, never on the request path.
    public struct Authority: Sendable, Hashable {
        /// Where it listens; never empty.
        public var addresses: [Service.Address]
        /// Nil for cleartext. The file of its authority is resolved.
        public var tls: Service.ClientTLS?
        /// For one question, however many addresses it takes to answer it; 1 s.
        public var timeout = Duration.seconds(1)

        public init(addresses: [Service.Address], tls: Service.ClientTLS? = nil, timeout: Duration = .seconds(1)) {
            self.addresses = addresses
            self.tls = tls
            self.timeout = timeout
        }
    }

    /// Who knows what users hold beyond the role table, and how long copies of it are used.
    public struct IAM: Sendable, Hashable {
        /// Who is asked when there is no copy; nil for nobody.
        public var authority: Authority?
        /// How long a copy is used, here and in Valkey, unless IAM says less; 5 min.
        public var timeToLive = Duration.seconds(300)
        /// How long an old copy is used when nobody answers; zero, which refuses at once.
        public var staleFor = Duration.zero
    }

    /// How plans are enforced. There is no such section without billing.
    public struct Billing: Sendable, Hashable {
        /// Who is asked when there is no copy; nil for nobody.
        public var authority: Authority?
        /// How long a copy is used unless Billing says less; 5 min.
        public var timeToLive = Duration.seconds(300)
        /// How long an old copy is used when nobody answers; 1 h, so that who was suspended stays so.
        public var staleFor = Duration.seconds(3600)
        /// For tenants without a subscription deny, and allow when nobody can say.
        public var rules = PlanRules(onMissing: .deny, onFailure: .allow)
    }
}
