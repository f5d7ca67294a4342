/// The kinds of resources that Envoys are told, in the order in which they are: what others refer to comes before them
/// (xDS protocol, "Eventual consistency considerations").
public enum DiscoveryKind: Int, Sendable, CaseIterable {
    case cluster, endpoints, secret, listener, routes, runtime

    /// The type URL (`Any.type_url`).
    public var typeURL: String {
        switch self {
        case .cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster"
        case .endpoints: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
        case .secret: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
        case .listener: "type.googleapis.com/envoy.config.listener.v3.Listener"
        case .routes: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
        case .runtime: "type.googleapis.com/envoy.service.runtime.v3.Runtime"
        }
    }

    /// The name in commands and reports: `CDS` and so on.
    public var abbreviation: String {
        switch self {
        case .cluster: "CDS"
        case .endpoints: "EDS"
        case .secret: "SDS"
        case .listener: "LDS"
        case .routes: "RDS"
        case .runtime: "RTDS"
        }
    }

    /// Nil for types that the gateway has no resources of.
    public init?(typeURL: String) {
        guard let kind = Self.allCases.first(where: { $0.typeURL == typeURL }) else { return nil }
        self = kind
    }

    /// Whether a first request that names nothing asks for everything (xDS protocol, "How the client specifies what resources to return").
    var isWildcardByDefault: Bool { self == .cluster || self == .listener }

    /// Whether others refer to it, so that it is removed only when they no longer do.
    var isReferredTo: Bool { self == .cluster || self == .endpoints || self == .secret }
}
