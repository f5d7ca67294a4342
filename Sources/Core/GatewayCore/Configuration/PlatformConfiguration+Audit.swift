extension PlatformConfiguration {
    /// The trail of calls: where records wait, and where they go.
    public struct Audit: Sendable, Hashable {
        /// The folder of the spool, resolved.
        public var folder: String
        /// Room for records in the ring of each event loop, in bytes; 16 MiB.
        public var ringBytes = 16 << 20
        /// Most bytes of records that wait on the disk beside the rings; 1 GiB.
        public var spoolBytes = 1 << 30
        public var whenFull = AuditTrail.WhenFull.spill
        /// Longest wait of a request for room; 1 s.
        public var patience = Duration.seconds(1)
        public var sink: Sink
        /// Where records go while the sink takes none; nil lets them wait in the spool alone.
        public var fallback: PostgreSQL?

        /// Where records go in the end.
        public enum Sink: Sendable, Hashable {
            case file(File)
            case http(HTTP)
            case kafka(Kafka)
        }

        /// A database whose table `audit_wal` takes records.
        public struct PostgreSQL: Sendable, Hashable {
            public var address: Service.Address
            public var database: String
            public var user: String
            /// Resolved; nil for a server that asks for none. Read for each connection.
            public var passwordFile: String?
            /// Nil for cleartext.
            public var tls: Component.TLS?
        }

        /// A file of JSON lines.
        public struct File: Sendable, Hashable {
            /// Resolved.
            public var path: String
            /// A file of this size is put aside; 256 MiB.
            public var maximumBytes = 256 << 20
            /// Files that were put aside; 16.
            public var kept = 16
            /// Whether records count as delivered only once they are on the disk itself.
            public var synchronises = true
        }

        /// A service that takes batches of records.
        public struct HTTP: Sendable, Hashable {
            /// What batches are posted to.
            public var url: String
            /// File with a token for `Authorization: Bearer`, read anew for each connection problem; nil for none.
            public var tokenFile: String?
            /// PEM file of trusted roots, nil for the system's.
            public var certificateAuthorityFile: String?
        }
    }
}
