public import Discovery
import EnvoyAPI
import Foundation
import SwiftProtobuf

/// Resources as text for people and for comparison; what is secret is left out.
public enum EnvoyJSON {
    /// The resource as protobuf JSON, indented, its members sorted.
    public static func text(_ resource: DiscoveryResource) -> String {
        guard let any = try? Google_Protobuf_Any(serializedBytes: resource.bytes) else { return "{}" }
        if resource.kind == .secret, let secret = try? TLS_Secret(unpackingAny: any) { return text(Wire.any(concealed(secret))) }
        return text(any)
    }

    static func text(_ message: some Message) -> String {
        registerTypes()
        guard let json = try? message.jsonUTF8Data(), let value = try? JSONSerialization.jsonObject(with: json),
            let pretty = try? JSONSerialization.data(
                withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        else { return "{}" }
        return String(decoding: pretty, as: UTF8.self)
    }

    private static func concealed(_ secret: TLS_Secret) -> TLS_Secret {
        var shown = secret
        if shown.genericSecret.hasSecret {
            shown.genericSecret.secret.inlineString = hidden(shown.genericSecret.secret.inlineString)
        }
        if shown.tlsCertificate.hasPrivateKey {
            shown.tlsCertificate.privateKey.inlineString = hidden(shown.tlsCertificate.privateKey.inlineString)
        }
        return shown
    }

    /// Tells one secret from another.
    private static func hidden(_ text: String) -> String { "hidden, hash \(Wire.hash(Array(text.utf8)))" }

    /// What may stand in an `Any`: JSON shows its content.
    private static let types: [any Message.Type] = [
        Cluster_Cluster.self, Endpoint_ClusterLoadAssignment.self, Listener_Listener.self, Route_RouteConfiguration.self,
        TLS_Secret.self, Runtime_Runtime.self, HTTP_HttpConnectionManager.self, Router_Router.self, JWT_JwtAuthentication.self,
        JWT_PerRouteConfig.self, LocalLimit_LocalRateLimit.self, Limit_RateLimit.self, OAuth_OAuth2.self,
        Compress_Compressor.self, Gzip_Gzip.self, Brotli_Brotli.self, Mutation_HeaderMutation.self, Inspector_TlsInspector.self,
        TLS_DownstreamTlsContext.self, TLS_UpstreamTlsContext.self, QUIC_QuicDownstreamTransport.self,
        Upstream_HttpProtocolOptions.self, FileLog_FileAccessLog.self, Retry_PreviousHostsPredicate.self,
        Monitor_DownstreamConnectionsConfig.self, Trace_OpenTelemetryConfig.self,
    ]

    private static func registerTypes() { for type in types { _ = Google_Protobuf_Any.register(messageType: type) } }
}
