import Discovery
import EnvoyAPI
import GatewayCore
import SwiftProtobuf

/// Where Envoys serve clients (LDS): TCP, and UDP for HTTP/3.
struct ListenerResources {
    private static let bufferBytes: UInt32 = 256 << 10
    private static let handshakeSeconds: Int64 = 10
    /// What TLS 1.2 may still use: forward secrecy and authenticated encryption.
    private static let ciphers = [
        "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]",
        "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]",
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
    ]

    private let edge: Edge

    init(_ edge: Edge) { self.edge = edge }

    var all: [DiscoveryResource] {
        edge.envoy.listeners.flatMap { listener -> [Listener_Listener] in
            let isBoth = listener.servesHTTP3 && listener.tls != nil
            return [tcp(listener)] + (isBoth ? [udp(listener)] : [])
        }.map { DiscoveryResource(.listener, $0.name, $0) }
    }

    private func tcp(_ settings: PlatformConfiguration.Envoy.Listener) -> Listener_Listener {
        var listener = Listener_Listener()
        listener.name = settings.name
        listener.address = .tcp(settings.host, settings.port)
        listener.trafficDirection = .inbound
        listener.perConnectionBufferLimitBytes = .init(Self.bufferBytes)
        let http = filter(ConnectionManager(edge, settings).make(isHTTP3: false))
        guard let tls = settings.tls else {
            var chain = Listener_FilterChain()
            chain.filters = [http]
            listener.filterChains = [chain]
            return listener
        }
        var inspector = Listener_ListenerFilter()
        inspector.name = "envoy.filters.listener.tls_inspector"
        inspector.typedConfig = Wire.any(Inspector_TlsInspector())
        listener.listenerFilters = [inspector]
        listener.listenerFiltersTimeout = .seconds(Self.handshakeSeconds)
        listener.filterChains = tls.certificates.map { certificate in
            var chain = chain(certificate, http)
            chain.transportSocket.name = "envoy.transport_sockets.tls"
            chain.transportSocket.typedConfig = Wire.any(context(tls, certificate, protocols: ["h2", "http/1.1"]))
            return chain
        }
        return listener
    }

    private func udp(_ settings: PlatformConfiguration.Envoy.Listener) -> Listener_Listener {
        var listener = Listener_Listener()
        listener.name = settings.name + "-h3"
        listener.address = .udp(settings.host, settings.port)
        listener.trafficDirection = .inbound
        listener.udpListenerConfig.quicOptions = Listener_QuicProtocolOptions()
        listener.udpListenerConfig.downstreamSocketConfig.preferGro = .init(true)
        let http = filter(ConnectionManager(edge, settings).make(isHTTP3: true))
        guard let tls = settings.tls else { return listener }
        listener.filterChains = tls.certificates.map { certificate in
            var quic = QUIC_QuicDownstreamTransport()
            quic.downstreamTlsContext = context(tls, certificate, protocols: ["h3"])
            var chain = chain(certificate, http)
            chain.transportSocket.name = "envoy.transport_sockets.quic"
            chain.transportSocket.typedConfig = Wire.any(quic)
            return chain
        }
        return listener
    }

    private func chain(
        _ certificate: PlatformConfiguration.Envoy.Certificate, _ http: Listener_Filter
    ) -> Listener_FilterChain {
        var chain = Listener_FilterChain()
        chain.name = SecretResources.name(of: certificate)
        if !certificate.serverNames.isEmpty { chain.filterChainMatch.serverNames = certificate.serverNames }
        chain.filters = [http]
        chain.transportSocketConnectTimeout = .seconds(Self.handshakeSeconds)
        return chain
    }

    private func filter(_ manager: HTTP_HttpConnectionManager) -> Listener_Filter {
        var filter = Listener_Filter()
        filter.name = "envoy.filters.network.http_connection_manager"
        filter.typedConfig = Wire.any(manager)
        return filter
    }

    private func context(
        _ tls: PlatformConfiguration.Envoy.TLS, _ certificate: PlatformConfiguration.Envoy.Certificate, protocols: [String]
    ) -> TLS_DownstreamTlsContext {
        var secret = TLS_SdsSecretConfig()
        secret.name = SecretResources.name(of: certificate)
        secret.sdsConfig = .aggregated
        var context = TLS_DownstreamTlsContext()
        context.commonTlsContext.tlsCertificateSdsSecretConfigs = [secret]
        context.commonTlsContext.alpnProtocols = protocols
        context.commonTlsContext.tlsParams.tlsMinimumProtocolVersion = tls.requiresTLS13 ? .tlsv13 : .tlsv12
        context.commonTlsContext.tlsParams.tlsMaximumProtocolVersion = .tlsv13
        context.commonTlsContext.tlsParams.cipherSuites = Self.ciphers
        return context
    }
}
