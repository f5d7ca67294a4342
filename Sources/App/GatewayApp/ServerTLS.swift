import Files
import GatewayCore
import Logging
import NIOSSL
import Synchronization

/// TLS of the gateway's own listener: the certificate that its files hold now.
///
/// New connections get a new one within seconds of its being written; those that are there go on. Files that are no pair of certificate
/// and key, as between the writing of the two, change nothing.
final class ServerTLS: Sendable {
    private let files: PlatformConfiguration.ServerTLS
    private let current: Mutex<NIOSSLContext>

    init(_ files: PlatformConfiguration.ServerTLS) throws {
        self.files = files
        current = Mutex(try Self.context(files))
    }

    var context: NIOSSLContext { current.withLock { $0 } }

    /// Follows the files until the task is cancelled.
    func run(_ logger: Logger) async {
        await FileWatcher([files.certificate, files.key]).run(clock: ContinuousClock()) { _ in
            do {
                let renewed = try Self.context(files)
                current.withLock { $0 = renewed }
                logger.notice("certificate renewed", metadata: ["file": "\(files.certificate)"])
            } catch {
                logger.error("the certificate in force stays: \(error)", metadata: ["file": "\(files.certificate)"])
            }
        }
    }

    /// A context with the configured certificate chain; TLS 1.2 at least.
    private static func context(_ files: PlatformConfiguration.ServerTLS) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
        let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2", "http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
