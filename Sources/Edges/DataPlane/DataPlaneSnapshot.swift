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
    ///
    /// What `earlier` has of the very same services and operations is taken over, without looking at files again.
    public init(_ snapshot: Snapshot, after earlier: DataPlaneSnapshot? = nil) throws {
        self.snapshot = snapshot
        let services = earlier?.snapshot.services ?? []
        clientTLS = try snapshot.services.enumerated().map { index, service in
            if let earlier, index < services.count, services[index] === service { return earlier.clientTLS[index] }
            return try Self.context(service)
        }
        let framed = Set(snapshot.grpcMethods?.operations ?? [])
        let operations = earlier?.snapshot.operations ?? []
        let framedEarlier = Set(earlier?.snapshot.grpcMethods?.operations ?? [])
        callHeaders = snapshot.operations.enumerated().map { index, operation in
            if let earlier, index < operations.count, operations[index] === operation,
                framed.contains(index) == framedEarlier.contains(index)
            {
                return earlier.callHeaders[index]
            }
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
