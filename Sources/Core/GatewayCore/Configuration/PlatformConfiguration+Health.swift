extension PlatformConfiguration {
    /// What `/health` looks at.
    public struct HealthChecks: Sendable, Hashable {
        /// In file order; names are unique.
        public var components: [Component] = []
        /// Between two probes of a component; 5 s.
        public var interval = Duration.seconds(5)
        /// For one probe; 2 s.
        public var timeout = Duration.seconds(2)
    }

    /// Something the platform depends on.
    public struct Component: Sendable, Hashable {
        /// How it is probed.
        public enum Kind: String, Sendable, CaseIterable {
            /// A TCP connection is opened and closed.
            case tcp
            /// A GET of `path` is answered with 200, as Envoy's admin listener answers `/ready`.
            case http
            /// A GET of ClickHouse's `/ping`, which its HTTP interface answers without credentials.
            case clickhouse
            /// A GET of the flag relay's `/health`.
            case gofeatureflag
            /// A GET of `/ready` on Envoy's admin listener, which says 503 while it starts or drains.
            case envoy

            /// What is asked for unless a path is configured; nil when nothing is asked over HTTP.
            public var standardPath: String? {
                switch self {
                case .tcp: nil
                case .http: "/"
                case .clickhouse: "/ping"
                case .gofeatureflag: "/health"
                case .envoy: "/ready"
                }
            }
        }

        public var name: String
        public var kind: Kind
        public var address: Service.Address
        /// Of a probe over HTTP; the kind's standard path by default.
        public var path = "/"
        /// Whether its failure makes the whole unhealthy; otherwise it can only degrade it. True by default.
        public var isCritical = true
        /// For one probe of this component; nil for that of all.
        public var timeout: Duration?
    }
}
