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
        }

        public var name: String
        public var kind: Kind
        public var address: Service.Address
        /// Of an `http` probe; `/` by default.
        public var path = "/"
        /// Whether its failure makes the whole unhealthy; otherwise it can only degrade it. True by default.
        public var isCritical = true
    }
}
