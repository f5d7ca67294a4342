public import RateLimiting

extension PlatformConfiguration {
    /// What is known of a tenant without a store of tenants.
    public struct Tenant: Sendable, Hashable {
        /// Slugs of the modules that are active; none.
        public var modules: [String] = []
        /// Its ceiling over all users; nil for none.
        public var rate: BucketRate?
    }

    /// The store that holds what is known of tenants.
    public struct Valkey: Sendable, Hashable {
        /// `valkey://user:password@host:6379/0`; see docs/valkey.md. Never printed.
        public var url: String
        /// Holds the password, nil where the URL has it or there is none.
        public var passwordFile: String?
        /// PEM file of trusted roots, nil for the system's.
        public var certificateAuthorityFile: String?
        /// PEM files of the gateway's own certificate and key, nil for none.
        public var certificateFile: String?
        public var keyFile: String?
        /// Name for SNI and verification, nil for the address's host.
        public var serverName: String?
    }

    /// Who decides what a caller may do: what is kept of each user, where there is a Valkey or an IAM.
    public var permissionOrigin: PermissionOrigin { valkey == nil && iam.authority == nil ? .roles : .directory }

    /// Who decides what a caller may do.
    public enum PermissionOrigin: String, Sendable, Hashable {
        /// The table of roles in this file, applied to the roles of the token.
        case roles
        /// What is kept of each user: in Valkey, at IAM.
        case directory
    }
}
