import GRPCCore
public import GRPCNIOTransportHTTP2Posix
public import GatewayCore

extension HTTP2ClientTransport.Posix {
    /// A transport to one address of a service as the configuration describes it; `tls` nil speaks cleartext.
    ///
    /// Throws what cannot be set up, such as trusted roots that cannot be read; whether anybody answers is not asked here.
    public init(
        _ address: Service.Address, tls: Service.ClientTLS?, _ configure: (inout Config) -> Void = { _ in }
    ) throws {
        // A literal with colons is no name that a resolver takes.
        let target: any ResolvableTarget =
            address.host.contains(":")
            ? .ipv6(address: address.host, port: address.port) : .dns(host: address.host, port: address.port)
        try self.init(
            target: target, transportSecurity: Self.security(tls),
            config: .defaults { configuration in
                if let tls { configuration.http2.authority = tls.serverName ?? address.host }
                configure(&configuration)
            })
    }

    private static func security(_ tls: Service.ClientTLS?) -> TransportSecurity {
        guard let tls else { return .plaintext }
        return .tls { configuration in
            if let file = tls.certificateAuthorityFile {
                configuration.trustRoots = .certificates([.file(path: file, format: .pem)])
            }
            if tls.isInsecure { configuration.serverCertificateVerification = .noVerification }
        }
    }
}
