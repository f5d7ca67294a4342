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
            /// `SELECT 1` of PostgreSQL.
            case postgresql
            /// The metadata of a Kafka broker.
            case kafka
            /// RabbitMQ's login, by AMQP 0-9-1.
            case rabbitmq
            /// `PING` of Valkey.
            case valkey
            /// The head of an S3 bucket, asked for with a signature.
            case s3

            /// What is asked for unless a path is configured; nil when nothing is asked over HTTP.
            public var standardPath: String? {
                switch self {
                case .tcp, .postgresql, .kafka, .rabbitmq, .valkey, .s3: nil
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
        /// As whom it is asked: of S3 the access key. Over HTTP by Basic; a password alone is a Bearer token there.
        public var user: String?
        /// Resolved; holds the password, the token, or the secret key of S3.
        public var passwordFile: String?
        /// The database of PostgreSQL, the virtual host of RabbitMQ, the bucket of S3.
        public var database: String?
        /// Of S3.
        public var region: String?
        /// Nil for cleartext.
        public var tls: TLS?

        public struct TLS: Sendable, Hashable {
            /// PEM file of trusted roots, resolved; nil for the system's.
            public var certificateAuthorityFile: String?
        }
    }
}

extension PlatformConfiguration.Component {
    /// A Kafka broker as a client is told of it.
    public var brokers: PlatformConfiguration.Kafka {
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        var kafka = PlatformConfiguration.Kafka(brokers: ["\(host):\(address.port)"])
        kafka.tls = tls.map { PlatformConfiguration.Kafka.TLS(certificateAuthorityFile: $0.certificateAuthorityFile) }
        if let user, let passwordFile {
            kafka.sasl = PlatformConfiguration.Kafka.SASL(mechanism: "SCRAM-SHA-512", username: user, passwordFile: passwordFile)
        }
        return kafka
    }
}
