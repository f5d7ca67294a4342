import NIOSSL

/// Where a service listens: a host name or an address, and a port.
struct GRPCAddress: Hashable, Sendable {
    var host: String
    var port: Int
}

/// TLS towards a service; the context's application protocols must be `["h2"]`.
struct GRPCTransportSecurity: Sendable {
    var context: NIOSSLContext
    /// The name the certificate must bear and that SNI carries; nil takes the address's host when that is a name.
    var serverName: String?
}
