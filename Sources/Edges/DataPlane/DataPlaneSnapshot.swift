public import GatewayCore
import NIOSSL

/// A snapshot with what only sockets need: TLS contexts of upstreams and prebuilt header blocks of gRPC methods.
public final class DataPlaneSnapshot: Sendable {
    public let snapshot: Snapshot
    /// By service index; nil for cleartext.
    let clientTLS: [NIOSSLContext?]
    /// By operation index; nil for operations that are not gRPC calls.
    let callHeaders: [GRPCMethodHeaders?]

    /// Builds the contexts; throws when a certificate file cannot be read or parsed.
    public init(_ snapshot: Snapshot) throws {
        self.snapshot = snapshot
        let clientTLS = try snapshot.services.map(Self.context)
        self.clientTLS = clientTLS
        let framed = Set(snapshot.grpcMethods?.operations ?? [])
        self.callHeaders = snapshot.operations.map { operation in
            guard let path = operation.callPath, let address = operation.service?.addresses.first else { return nil }
            let authority = operation.service?.tls?.serverName ?? "\(address.host):\(address.port)"
            return GRPCMethodHeaders(
                path: path, authority: authority, isSecure: operation.service?.tls != nil, userAgent: "septem-gateway",
                takesFramed: framed.contains(operation.index))
        }
    }

    private static func context(_ service: Service) throws -> NIOSSLContext? {
        guard let tls = service.tls else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let file = tls.certificateAuthorityFile { configuration.trustRoots = .file(file) }
        if tls.isInsecure { configuration.certificateVerification = .none }
        configuration.applicationProtocols = service.transport == .grpc ? ["h2"] : ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
