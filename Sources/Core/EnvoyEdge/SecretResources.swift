import Discovery
import EnvoyAPI
import GatewayCore
import SwiftProtobuf

/// Certificates with their keys, and secrets of the login (SDS): what changes while connections stay.
struct SecretResources {
    private let edge: Edge

    init(_ edge: Edge) { self.edge = edge }

    /// Does not change when the files behind it do.
    static func name(of certificate: PlatformConfiguration.Envoy.Certificate) -> String {
        "certificate:" + (certificate.serverNames.first ?? "default")
    }

    var all: [DiscoveryResource] {
        let certificates = edge.envoy.listeners.flatMap { $0.tls?.certificates ?? [] }
        var secrets: [String: TLS_Secret] = [:]
        for certificate in certificates {
            var secret = TLS_Secret()
            secret.name = Self.name(of: certificate)
            secret.tlsCertificate.certificateChain.inlineString = edge.material.text(certificate.certificate)
            secret.tlsCertificate.privateKey.inlineString = edge.material.text(certificate.key)
            if secrets[secret.name] == nil { secrets[secret.name] = secret }
        }
        if let login = edge.envoy.login {
            secrets[LoginFilter.clientSecret] = generic(LoginFilter.clientSecret, login.clientSecretFile)
            secrets[LoginFilter.cookieKey] = generic(LoginFilter.cookieKey, login.cookieKeyFile)
        }
        return secrets.sorted { $0.key < $1.key }.map { DiscoveryResource(.secret, $0.key, $0.value) }
    }

    private func generic(_ name: String, _ file: String) -> TLS_Secret {
        var secret = TLS_Secret()
        secret.name = name
        secret.genericSecret.secret.inlineString = edge.material.secret(file)
        return secret
    }
}
