import NIOCore
public import NIOSSL

/// TLS towards the servers; made once, shared by all loops.
public struct ValkeySecurity: Sendable {
    /// Whom to trust, and who we are.
    public var context: NIOSSLContext
    /// The name certificates must bear and that SNI carries; nil takes each address's host, when that is a name.
    public var serverName: String?

    /// TLS with a context made elsewhere.
    public init(context: NIOSSLContext, serverName: String? = nil) {
        self.context = context
        self.serverName = serverName
    }

    /// TLS 1.2 or newer with PEM files; without `authorities` the system's are trusted. Throws what NIOSSL says of the files.
    public init(authorities: String?, certificate: String? = nil, key: String? = nil, serverName: String? = nil) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authorities { configuration.trustRoots = .file(authorities) }
        if let certificate {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key ?? certificate, format: .pem))
        }
        self.init(context: try NIOSSLContext(configuration: configuration), serverName: serverName)
    }

    /// The handler of one connection to `host`.
    func handler(host: String) throws -> NIOSSLClientHandler {
        let isName = (try? SocketAddress(ipAddress: host, port: 0)) == nil
        return try NIOSSLClientHandler(context: context, serverHostname: serverName ?? (isName ? host : nil))
    }
}
