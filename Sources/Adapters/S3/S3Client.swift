import AsyncHTTPClient
import NIOSSL

/// The HTTP client of a store that speaks S3; whoever makes one shuts it down.
enum S3Client {
    /// - Parameter file: PEM file of trusted roots, nil for the system's.
    static func make(trusting file: String?) throws -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file)) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow, decompression: .disabled)
        // Who refuses a connection has answered; to try on until the time is over would only hide it.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
