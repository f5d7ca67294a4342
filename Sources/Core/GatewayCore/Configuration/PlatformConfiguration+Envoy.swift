extension PlatformConfiguration {
    /// The Envoys in front: what they are told, and where they ask.
    public struct Envoy: Sendable, Hashable {
        /// Where Envoys connect for their configuration and their limits.
        public var control = Control()
        /// How long an Envoy that does not take the newest configuration keeps `/ready` from saying so; 30 s.
        public var syncGrace = Duration.seconds(30)
        /// The gateways that Envoys send requests to; empty for this one alone.
        public var replicas: [Service.Address] = []
        /// Never empty; names are unique.
        public var listeners = [Listener()]
        public var rateLimits = RateLimits()
        /// Who refuses requests without a good token; the gateway. It looks at tokens in any case.
        public var tokensRefusedBy = Tier.gateway
        /// Whether `/ready` says no at every Envoy, so that balancers in front send clients elsewhere; false.
        public var isDraining = false
        /// Percent of requests that Envoys refuse with 503; 0. What `/live`, `/ready` and `/health` say is not among them.
        public var shedPercent = 0
        /// Nil leaves bodies as they are.
        public var compression: Compression?
        /// Where Envoy logs requests, a file of its machine; nil for no log.
        public var accessLog: String? = "/dev/stdout"
        /// Nil for no login of browsers.
        public var login: Login?

        public init() {}

        /// One of the two tiers.
        public enum Tier: String, Sendable {
            case gateway, envoy
        }

        /// The gateway's listener for Envoys.
        public struct Control: Sendable, Hashable {
            /// Address or name to bind; every address by default.
            public var host = "0.0.0.0"
            /// TCP port; 50051. 0 lets the system choose.
            public var port = 50051

            public init() {}
        }

        /// An address on which Envoy serves clients.
        public struct Listener: Sendable, Hashable {
            /// Unique; a label of Envoy's statistics.
            public var name = "public"
            /// A literal address.
            public var host = "0.0.0.0"
            public var port = 10_000
            /// Proxies in front of Envoy whose `X-Forwarded-For` is believed; 0.
            public var trustedHops = 0
            /// Nil for cleartext.
            public var tls: TLS?
            /// Whether HTTP/3 is served on the same port; needs `tls`.
            public var servesHTTP3 = false
        }

        /// Certificates of a listener.
        public struct TLS: Sendable, Hashable {
            /// Never empty; at most one without server names.
            public var certificates: [Certificate]
            /// Whether TLS 1.2 is refused; false.
            public var requiresTLS13 = false
        }

        /// A certificate, and who is shown it.
        public struct Certificate: Sendable, Hashable {
            /// PEM files, resolved.
            public var certificate: String
            public var key: String
            /// Hosts, or `*.` and a domain; empty for every name that no other certificate has.
            public var serverNames: [String] = []
        }

        /// What Envoys limit.
        public struct RateLimits: Sendable, Hashable {
            /// Who holds users, roles and addresses to their limits; the gateway. A request is counted once.
            public var enforcedBy = Tier.gateway
            /// What Envoys call these limits when they ask.
            public var domain = "septem"
            /// Requests a second that one Envoy takes of one tenant before anybody is asked; nil for no such limit.
            public var tenantPerSecond: Int? = 10_000
            /// Whether requests pass while the gateway cannot be asked; true.
            public var passesOnFailure = true
        }

        /// Compression of answers, by what the client accepts.
        public struct Compression: Sendable, Hashable {
            /// Shorter answers stay as they are; 1 KiB.
            public var minimumBytes = 1024
        }

        /// Login of browsers with OpenID Connect: code and PKCE, tokens in cookies.
        public struct Login: Sendable, Hashable {
            /// Path prefixes whose requests are sent to log in; never empty.
            public var paths: [String]
            public var authorizationEndpoint: String
            public var tokenEndpoint: String
            /// Where logging out ends; nil ends the session here alone.
            public var endSessionEndpoint: String?
            public var clientID: String
            /// Files, resolved: the client's secret, and the key that signs cookies.
            public var clientSecretFile: String
            public var cookieKeyFile: String
            /// Where the provider sends browsers back to; `/oauth2/callback`.
            public var callbackPath = "/oauth2/callback"
            /// What ends a session; `/oauth2/logout`.
            public var logoutPath = "/oauth2/logout"
            public var scopes = ["openid"]
        }
    }
}
