import EnvoyAPI
import GatewayCore
import SwiftProtobuf

/// How a listener reads HTTP: with the limits of the embedded edge, and nothing believed that a stranger says.
struct ConnectionManager {
    private static let concurrentStreams: UInt32 = 128
    private static let streamWindowBytes: UInt32 = 64 << 10
    private static let connectionWindowBytes: UInt32 = 1 << 20
    /// The name Envoy answers to in `Server`; the gateway itself sends none.
    private static let serverName = "septem"

    private let edge: Edge
    private let listener: PlatformConfiguration.Envoy.Listener

    init(_ edge: Edge, _ listener: PlatformConfiguration.Envoy.Listener) {
        self.edge = edge
        self.listener = listener
    }

    func make(isHTTP3: Bool) -> HTTP_HttpConnectionManager {
        let limits = edge.platform.limits
        var manager = HTTP_HttpConnectionManager()
        manager.statPrefix = listener.name
        manager.codecType = isHTTP3 ? .http3 : .auto
        manager.rds.configSource = .aggregated
        manager.rds.routeConfigName = RouteResource.name
        manager.httpFilters = filters(isHTTP3: isHTTP3)
        manager.serverName = Self.serverName
        manager.serverHeaderTransformation = .passThrough
        manager.useRemoteAddress = .init(true)
        manager.xffNumTrustedHops = UInt32(listener.trustedHops)
        manager.normalizePath = .init(true)
        // As data they are the gateway's to judge, and it refuses those that could climb.
        manager.pathWithEscapedSlashesAction = .keepUnchanged
        manager.preserveExternalRequestID = true
        manager.alwaysSetRequestIDInResponse = true
        manager.commonHTTPProtocolOptions = common(limits)
        manager.maxRequestHeadersKb = .init(UInt32(max(1, limits.headBytes >> 10)))
        manager.requestHeadersTimeout = .milliseconds(limits.headTimeout.milliseconds)
        manager.streamIdleTimeout = .seconds(edge.standardIdleSeconds)
        manager.drainTimeout = .seconds(max(1, limits.shutdownTimeout.wholeSeconds))
        codecs(&manager, isHTTP3: isHTTP3)
        manager.tracing = Self.tracing()
        manager.localReplyConfig = LocalReplies.make(edge)
        if let path = edge.envoy.accessLog { manager.accessLog = [AccessLog.make(path)] }
        var upgrade = HTTP_HttpConnectionManager.UpgradeConfig()
        upgrade.upgradeType = "websocket"
        upgrade.enabled = .init(false)
        manager.upgradeConfigs = [upgrade]
        return manager
    }

    private func common(_ limits: PlatformConfiguration.Limits) -> Core_HttpProtocolOptions {
        var options = Core_HttpProtocolOptions()
        options.idleTimeout = .milliseconds(limits.idleTimeout.milliseconds)
        options.maxHeadersCount = .init(UInt32(limits.headerCount))
        options.maxRequestsPerConnection = .init(UInt32(clamping: limits.requestsPerConnection))
        // The gateway takes reserved names with underscores for what they resemble and lets others pass.
        options.headersWithUnderscoresAction = .allow
        return options
    }

    private func codecs(_ manager: inout HTTP_HttpConnectionManager, isHTTP3: Bool) {
        manager.httpProtocolOptions.acceptHTTP10 = true
        manager.httpProtocolOptions.defaultHostForHTTP10 = "gateway"
        manager.httpProtocolOptions.enableTrailers = true
        manager.http2ProtocolOptions.maxConcurrentStreams = .init(Self.concurrentStreams)
        manager.http2ProtocolOptions.initialStreamWindowSize = .init(Self.streamWindowBytes)
        manager.http2ProtocolOptions.initialConnectionWindowSize = .init(Self.connectionWindowBytes)
        manager.http2ProtocolOptions.allowConnect = true
        guard isHTTP3 else { return }
        manager.http3ProtocolOptions.quicProtocolOptions.maxConcurrentStreams = .init(Self.concurrentStreams)
        manager.http3ProtocolOptions.allowExtendedConnect = true
    }

    /// In the order requests meet them.
    private func filters(isHTTP3: Bool) -> [HTTP_HttpFilter] {
        var filters: [HTTP_HttpFilter] = []
        func add(_ name: String, _ message: (some Message)?) {
            guard let message else { return }
            var filter = HTTP_HttpFilter()
            filter.name = name
            filter.typedConfig = Wire.any(message)
            filters.append(filter)
        }
        add("envoy.filters.http.header_mutation", TraceHeader.filter)
        if listener.servesHTTP3, !isHTTP3 {
            add("envoy.filters.http.header_mutation", AlternativeService.make(port: listener.port))
        }
        if let compression = edge.envoy.compression {
            for (name, filter) in CompressionFilters.make(compression) { add(name, filter) }
        }
        add("envoy.filters.http.oauth2", edge.envoy.login.map { LoginFilter.make($0) })
        add(TokenFilter.name, TokenFilter.make(edge))
        add(LimitFilters.localName, LimitFilters.local(edge))
        add(LimitFilters.sharedName, LimitFilters.shared(edge))
        var router = Router_Router()
        router.suppressEnvoyHeaders = true
        add("envoy.filters.http.router", router)
        return filters
    }

    /// Continues traces, or starts some that nobody records, so that Envoy's own answers name the trace, too.
    ///
    /// Envoy insists on a collector. It offers the gateway the spans of traces that callers have recorded, which takes none.
    private static func tracing() -> HTTP_HttpConnectionManager.Tracing {
        var tracer = Trace_OpenTelemetryConfig()
        tracer.serviceName = "envoy"
        tracer.grpcService.envoyGrpc.clusterName = ClusterResources.controlName
        var tracing = HTTP_HttpConnectionManager.Tracing()
        tracing.randomSampling.value = 0
        tracing.provider.name = "envoy.tracers.opentelemetry"
        tracing.provider.typedConfig = Wire.any(tracer)
        return tracing
    }
}

/// Tells clients that HTTP/3 is served too (RFC 7838).
enum AlternativeService {
    private static let maximumAgeSeconds = 86_400

    static func make(port: Int) -> Mutation_HeaderMutation {
        var mutation = Rules_HeaderMutation()
        mutation.append = .make("alt-svc", "h3=\":\(port)\"; ma=\(maximumAgeSeconds)", .overwriteIfExistsOrAdd)
        var filter = Mutation_HeaderMutation()
        filter.mutations.responseMutations = [mutation]
        return filter
    }
}
