import NIOCore
import NIOSSL
import Synchronization

/// TLS towards the servers; made once, shared by all loops. Its files can be read again: the next connections use what they hold then.
public final class ValkeySecurity: Sendable {
    private let authorities: String?
    private let certificate: String?
    private let key: String?
    /// The name certificates must bear and that SNI carries; nil takes each address's host, when that is a name.
    private let serverName: String?
    /// Whom to trust, and who we are.
    private let context: Mutex<NIOSSLContext>

    /// TLS 1.2 or newer with PEM files; without `authorities` the system's are trusted. Throws what NIOSSL says of the files.
    public init(authorities: String?, certificate: String? = nil, key: String? = nil, serverName: String? = nil) throws {
        (self.authorities, self.certificate, self.key, self.serverName) = (authorities, certificate, key, serverName)
        context = Mutex(try Self.context(authorities, certificate, key))
    }

    /// Reads the files again; when that fails, what they held before stays.
    public func renew() throws {
        let renewed = try Self.context(authorities, certificate, key)
        context.withLock { $0 = renewed }
    }

    private static func context(_ authorities: String?, _ certificate: String?, _ key: String?) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authorities { configuration.trustRoots = .file(authorities) }
        if let certificate {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key ?? certificate, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// The handler of one connection to `host`.
    func handler(host: String) throws -> NIOSSLClientHandler {
        let isName = (try? SocketAddress(ipAddress: host, port: 0)) == nil
        return try NIOSSLClientHandler(
            context: context.withLock { $0 }, serverHostname: serverName ?? (isName ? host : nil))
    }
}
