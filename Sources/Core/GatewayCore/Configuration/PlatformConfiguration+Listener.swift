extension PlatformConfiguration {
    /// Where clients connect, with HTTP/1.1 or HTTP/2.
    public struct Listener: Sendable, Hashable {
        /// Address or name to bind; every address by default.
        public var host = "0.0.0.0"
        /// TCP port; 0 lets the system choose.
        public var port = 8080
        /// Nil for cleartext.
        public var tls: ServerTLS?
    }

    /// The gateway's own certificate.
    public struct ServerTLS: Sendable, Hashable {
        /// PEM file of the certificate chain, leaf first.
        public var certificate: String
        /// PEM file of the private key.
        public var key: String
    }

    /// Where operators connect.
    public struct Admin: Sendable, Hashable {
        /// Loopback by default: it has no authentication of its own.
        public var host = "127.0.0.1"
        /// TCP port; 0 lets the system choose.
        public var port = 9901
    }
}
