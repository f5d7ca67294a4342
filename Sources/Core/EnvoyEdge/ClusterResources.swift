import Discovery
import EnvoyAPI
import GatewayCore
import SwiftProtobuf

/// The gateways behind (CDS, EDS), and the servers that filters ask.
struct ClusterResources {
    static let name = "gateway"
    /// The same gateways, spoken to with HTTP/1.1: upgrades do not pass over their HTTP/2.
    static let upgradeName = "gateway-upgrades"
    /// The control plane, which the bootstrap names.
    static let controlName = "control"
    static let loginName = "login"

    /// Beyond it is abuse, which the gateway's own limits deal with: Envoy's standard of 1024 would refuse honest load.
    private static let mostRequests: UInt32 = 1_000_000
    private static let streamWindowBytes: UInt32 = 1 << 20
    private static let connectionWindowBytes: UInt32 = 8 << 20
    private static let bufferBytes: UInt32 = 1 << 20
    /// Failures of a gateway itself, not of what it answers, after which it is left alone for a while.
    private static let failuresToEject: UInt32 = 5

    private let edge: Edge

    init(_ edge: Edge) { self.edge = edge }

    var all: [DiscoveryResource] {
        var all = [cluster(Self.name, isHTTP2: true), cluster(Self.upgradeName, isHTTP2: false)].map {
            DiscoveryResource(.cluster, $0.name, $0)
        }
        if usesEndpoints { all.append(DiscoveryResource(.endpoints, Self.name, assignment(Self.name))) }
        for (name, url) in TokenFilter.keyServers(edge) { all.append(DiscoveryResource(.cluster, name, server(name, url))) }
        if let login = edge.envoy.login, let url = EndpointURL(login.tokenEndpoint) {
            all.append(DiscoveryResource(.cluster, Self.loginName, server(Self.loginName, url)))
        }
        return all
    }

    /// Endpoints of EDS are addresses; names are resolved by the cluster itself.
    private var usesEndpoints: Bool { edge.replicas.allSatisfy { ClientAddress($0.host) != nil } }

    private func cluster(_ name: String, isHTTP2: Bool) -> Cluster_Cluster {
        var cluster = Cluster_Cluster()
        cluster.name = name
        cluster.connectTimeout = .seconds(1)
        cluster.perConnectionBufferLimitBytes = .init(Self.bufferBytes)
        cluster.lbPolicy = .leastRequest
        cluster.ignoreHealthOnHostRemoval = true
        // Otherwise Envoy's threads may hear up to a second late that a gateway is back, and have none when the next one goes.
        cluster.commonLbConfig.updateMergeWindow = .seconds(0)
        // With one gateway left, and that one unwell, Envoy asks it all the same: its answer says more than Envoy's.
        if usesEndpoints {
            cluster.type = .eds
            cluster.edsClusterConfig.edsConfig = .aggregated
            cluster.edsClusterConfig.serviceName = Self.name
        } else {
            cluster.type = .strictDns
            cluster.loadAssignment = assignment(name)
        }
        cluster.healthChecks = [healthCheck(isHTTP2: isHTTP2)]
        cluster.outlierDetection = outliers()
        cluster.circuitBreakers = Self.breakers()
        cluster.typedExtensionProtocolOptions = Self.protocolOptions(
            isHTTP2: isHTTP2, idleSeconds: max(1, edge.platform.limits.idleTimeout.wholeSeconds * 4 / 5))
        return cluster
    }

    private func assignment(_ name: String) -> Endpoint_ClusterLoadAssignment {
        var locality = Endpoint_LocalityLbEndpoints()
        locality.lbEndpoints = edge.replicas.map { Self.endpoint($0) }
        var assignment = Endpoint_ClusterLoadAssignment()
        assignment.clusterName = name
        assignment.endpoints = [locality]
        return assignment
    }

    static func endpoint(_ address: Service.Address) -> Endpoint_LbEndpoint {
        var endpoint = Endpoint_LbEndpoint()
        endpoint.endpoint.address = .tcp(address.host, address.port)
        return endpoint
    }

    private func healthCheck(isHTTP2: Bool) -> Core_HealthCheck {
        var range = Type_Int64Range()
        range.start = 200
        range.end = 201
        var http = Core_HealthCheck.HttpHealthCheck()
        http.host = "gateway"
        http.path = "/ready"
        http.expectedStatuses = [range]
        http.codecClientType = isHTTP2 ? .http2 : .http1
        var check = Core_HealthCheck()
        check.timeout = .seconds(1)
        check.interval = .seconds(1)
        check.noTrafficInterval = .seconds(1)
        check.unhealthyThreshold = .init(1)
        check.healthyThreshold = .init(1)
        check.httpHealthCheck = http
        return check
    }

    /// What a gateway answers is no sign of its own health: a 503 may be a service's.
    private func outliers() -> Cluster_OutlierDetection {
        var outliers = Cluster_OutlierDetection()
        outliers.interval = .seconds(1)
        outliers.baseEjectionTime = .seconds(5)
        outliers.maxEjectionPercent = .init(50)
        outliers.splitExternalLocalOriginErrors = true
        outliers.consecutiveLocalOriginFailure = .init(Self.failuresToEject)
        outliers.enforcingConsecutiveLocalOriginFailure = .init(100)
        outliers.enforcingConsecutive5Xx = .init(0)
        outliers.enforcingConsecutiveGatewayFailure = .init(0)
        outliers.enforcingSuccessRate = .init(0)
        outliers.enforcingLocalOriginSuccessRate = .init(0)
        return outliers
    }

    private static func breakers() -> Cluster_CircuitBreakers {
        var threshold = Cluster_CircuitBreakers.Thresholds()
        threshold.maxConnections = .init(mostRequests)
        threshold.maxPendingRequests = .init(mostRequests)
        threshold.maxRequests = .init(mostRequests)
        threshold.maxRetries = .init(mostRequests)
        var breakers = Cluster_CircuitBreakers()
        breakers.thresholds = [threshold]
        return breakers
    }

    /// - Parameter idleSeconds: After which an unused connection is closed: before the other side does.
    static func protocolOptions(isHTTP2: Bool, idleSeconds: Int64? = nil) -> [String: Google_Protobuf_Any] {
        var options = Upstream_HttpProtocolOptions()
        if let idleSeconds { options.commonHTTPProtocolOptions.idleTimeout = .seconds(idleSeconds) }
        if isHTTP2 {
            var http2 = Core_Http2ProtocolOptions()
            http2.initialStreamWindowSize = .init(streamWindowBytes)
            http2.initialConnectionWindowSize = .init(connectionWindowBytes)
            http2.connectionKeepalive.interval = .seconds(10)
            http2.connectionKeepalive.timeout = .seconds(5)
            options.explicitHTTPConfig.http2ProtocolOptions = http2
        } else {
            options.explicitHTTPConfig.httpProtocolOptions = Core_Http1ProtocolOptions()
        }
        return ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions": Wire.any(options)]
    }

    /// A server outside that filters ask.
    private func server(_ name: String, _ url: EndpointURL) -> Cluster_Cluster {
        var cluster = Cluster_Cluster()
        cluster.name = name
        cluster.connectTimeout = .seconds(2)
        cluster.type = .strictDns
        cluster.dnsLookupFamily = .v4Preferred
        var locality = Endpoint_LocalityLbEndpoints()
        locality.lbEndpoints = [Self.endpoint(Service.Address(host: url.host, port: url.port))]
        cluster.loadAssignment.clusterName = name
        cluster.loadAssignment.endpoints = [locality]
        guard url.isSecure else { return cluster }
        var name = TLS_SubjectAltNameMatcher()
        name.sanType = .dns
        name.matcher.exact = url.host
        var tls = TLS_UpstreamTlsContext()
        tls.sni = url.host
        tls.commonTlsContext.validationContext.trustedCa.filename = "/etc/ssl/certs/ca-certificates.crt"
        tls.commonTlsContext.validationContext.matchTypedSubjectAltNames = [name]
        cluster.transportSocket.name = "envoy.transport_sockets.tls"
        cluster.transportSocket.typedConfig = Wire.any(tls)
        return cluster
    }
}

extension Core_Address {
    static func tcp(_ host: String, _ port: Int) -> Self { socket(host, port, .tcp) }

    static func udp(_ host: String, _ port: Int) -> Self { socket(host, port, .udp) }

    private static func socket(_ host: String, _ port: Int, _ transport: Core_SocketAddress.ProtocolEnum) -> Self {
        var address = Core_Address()
        address.socketAddress.address = host
        address.socketAddress.portValue = UInt32(port)
        address.socketAddress.protocol = transport
        return address
    }
}

extension Core_ConfigSource {
    /// The stream that all resources come over.
    static var aggregated: Self {
        var source = Core_ConfigSource()
        source.ads = Core_AggregatedConfigSource()
        source.resourceApiVersion = .v3
        return source
    }
}
