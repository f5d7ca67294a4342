public import CORS

extension PlatformConfiguration {
    /// Which pages of other origins may read answers (docs/cors.md).
    public struct CORS: Sendable, Hashable {
        /// For tenants without rules of their own, and where no tenant is known; nil allows no page.
        public var standard: CORSDescription?
        /// Rules by tenant.
        public var tenants: [String: CORSDescription] = [:]
        /// Tenants by host, in lower case and without port: whose rules count before a caller is known.
        public var hosts: [String: String] = [:]

        /// No rules: no page of another origin reads anything.
        public init() {}
    }
}
