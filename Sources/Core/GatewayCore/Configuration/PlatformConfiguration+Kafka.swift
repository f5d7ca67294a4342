extension PlatformConfiguration {
    /// Brokers, how they are spoken to, and a topic.
    public struct Kafka: Sendable, Hashable {
        /// `host:port` of some brokers; the others are learnt from them.
        public var brokers: [String]
        public var topic = "platform.audit.events"
        /// How batches are compressed, as Kafka names it.
        public var compression = "lz4"
        /// Nil for cleartext.
        public var tls: TLS?
        /// Nil where brokers ask for no name and password.
        public var sasl: SASL?

        /// Files are resolved.
        public struct TLS: Sendable, Hashable {
            /// PEM file of trusted roots, nil for the system's.
            public var certificateAuthorityFile: String?
            /// The gateway's own certificate and key, where brokers ask for one.
            public var certificateFile: String?
            public var keyFile: String?
        }

        public struct SASL: Sendable, Hashable {
            /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
            public var mechanism: String
            public var username: String
            /// Resolved.
            public var passwordFile: String
        }
    }
}
