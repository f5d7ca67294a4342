extension PlatformConfiguration {
    /// Versions of the API: where their documents are kept once they are deprecated, and who may read them.
    public struct Versions: Sendable, Hashable {
        /// What stands before a version in paths; starts with a slash and does not end with one, or is empty.
        public var base = "/api"
        /// The folder of snapshots, resolved; with `s3` their copy on this machine. Nil keeps none.
        public var folder: String?
        /// Nil where the folder is the store.
        public var s3: S3?
        /// Who may read documents.
        public var access = Access.everyone
        /// Between two looks into the store; 15 s.
        public var interval = Duration.seconds(15)

        public enum Access: Sendable, Hashable {
            case everyone
            /// Whoever has a token.
            case callers
            /// Whoever has a role of `admin_roles`.
            case admins
        }

        /// A bucket of a store that speaks S3.
        public struct S3: Sendable, Hashable {
            /// Where the store is, without the bucket.
            public var url: EndpointURL
            public var bucket = "api-specs"
            public var region = "us-east-1"
            /// Nil for `AWS_ACCESS_KEY_ID`.
            public var accessKey: String?
            /// Resolved; nil for `AWS_SECRET_ACCESS_KEY`. Read anew for each look.
            public var secretKeyFile: String?
            /// PEM file of trusted roots, resolved; nil for the system's.
            public var certificateAuthorityFile: String?
            /// Whether the bucket is the first label of the host instead of the first segment of the path.
            public var isBucketInHost = false
        }
    }
}
