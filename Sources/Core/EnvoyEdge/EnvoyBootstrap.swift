import EnvoyAPI
public import GatewayCore
import SwiftProtobuf

/// What an Envoy is started with: who it is and where to ask for all else.
public struct EnvoyBootstrap: Sendable {
    /// The Envoy's name, in the gateway's log and state.
    public var node = "envoy"
    public var cluster = "septem"
    /// Where the gateway's control listener is.
    public var control: Service.Address
    /// Where Envoy's own admin listens; port 0 lets the system choose.
    public var admin = Service.Address(host: "127.0.0.1", port: 19901)
    /// Connections of clients at a time.
    public var connections: Int
    /// Whether only what changed is sent; false asks for everything each time.
    public var usesDelta = true

    /// Of an Envoy beside this gateway.
    public init(_ configuration: PlatformConfiguration) {
        let control = configuration.envoy?.control ?? PlatformConfiguration.Envoy.Control()
        let host = ["0.0.0.0", "::", ""].contains(control.host) ? "127.0.0.1" : control.host
        self.control = Service.Address(host: host, port: control.port)
        connections = configuration.limits.connections
    }

    /// For `envoy --config-path`.
    public var json: String { EnvoyJSON.text(message) }

    private var message: Bootstrap_Bootstrap {
        var bootstrap = Bootstrap_Bootstrap()
        bootstrap.node.id = node
        bootstrap.node.cluster = cluster
        bootstrap.admin.address = .tcp(admin.host, admin.port)
        bootstrap.dynamicResources.adsConfig.apiType = usesDelta ? .deltaGrpc : .grpc
        bootstrap.dynamicResources.adsConfig.transportApiVersion = .v3
        bootstrap.dynamicResources.adsConfig.setNodeOnFirstMessageOnly = true
        var service = Core_GrpcService()
        service.envoyGrpc.clusterName = ClusterResources.controlName
        bootstrap.dynamicResources.adsConfig.grpcServices = [service]
        bootstrap.dynamicResources.ldsConfig = .aggregated
        bootstrap.dynamicResources.cdsConfig = .aggregated
        bootstrap.staticResources.clusters = [controlCluster]
        bootstrap.layeredRuntime.layers = [layer]
        bootstrap.overloadManager = overload
        return bootstrap
    }

    private var controlCluster: Cluster_Cluster {
        var locality = Endpoint_LocalityLbEndpoints()
        locality.lbEndpoints = [ClusterResources.endpoint(control)]
        var cluster = Cluster_Cluster()
        cluster.name = ClusterResources.controlName
        cluster.connectTimeout = .seconds(1)
        cluster.type = ClientAddress(control.host) == nil ? .strictDns : .static
        cluster.loadAssignment.clusterName = cluster.name
        cluster.loadAssignment.endpoints = [locality]
        cluster.typedExtensionProtocolOptions = ClusterResources.protocolOptions(isHTTP2: true)
        return cluster
    }

    private var layer: Bootstrap_RuntimeLayer {
        var layer = Bootstrap_RuntimeLayer()
        layer.name = RuntimeResource.name
        layer.rtdsLayer.name = RuntimeResource.name
        layer.rtdsLayer.rtdsConfig = .aggregated
        return layer
    }

    private var overload: Overload_OverloadManager {
        var limit = Monitor_DownstreamConnectionsConfig()
        limit.maxActiveDownstreamConnections = Int64(connections)
        var monitor = Overload_ResourceMonitor()
        monitor.name = "envoy.resource_monitors.global_downstream_max_connections"
        monitor.typedConfig = Wire.any(limit)
        var overload = Overload_OverloadManager()
        overload.refreshInterval = .milliseconds(250)
        overload.resourceMonitors = [monitor]
        return overload
    }
}
