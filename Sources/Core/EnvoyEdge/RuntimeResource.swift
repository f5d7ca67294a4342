import Discovery
import EnvoyAPI
import GatewayCore
import SwiftProtobuf

/// Values that Envoys follow while they run (RTDS): what can be turned without a new listener.
enum RuntimeResource {
    /// The layer's name in the bootstrap.
    static let name = "gateway"
    /// Percent of requests whose tenant is limited in Envoy itself.
    static let tenantLimitKey = "septem.tenant_limit"
    /// Whether answers are compressed.
    static let compressionKey = "septem.compression"
    /// Percent of questions for `/ready` that Envoy answers itself, with 503: all of them while the edge is drained, or none.
    static let drainKey = "septem.drain"
    /// Percent of requests that Envoy refuses with 503.
    static let shedKey = "septem.shed"

    /// Streams that a client resets within a second, of which half may be such before its connection is closed (rapid reset).
    private static let quickResets = 500.0
    /// Requests of one connection that are begun before other connections have their turn.
    private static let requestsPerTurn = 32.0

    static func make(_ edge: Edge) -> DiscoveryResource {
        var runtime = Runtime_Runtime()
        runtime.name = name
        runtime.layer.fields = [
            tenantLimitKey: .init(numberValue: edge.envoy.rateLimits.tenantPerSecond == nil ? 0 : 100),
            compressionKey: .init(boolValue: edge.envoy.compression != nil),
            drainKey: .init(numberValue: edge.envoy.isDraining ? 100 : 0),
            shedKey: .init(numberValue: Double(edge.envoy.shedPercent)),
            "overload.premature_reset_total_stream_count": .init(numberValue: quickResets),
            "overload.premature_reset_min_stream_lifetime_seconds": .init(numberValue: 1),
            "http.max_requests_per_io_cycle": .init(numberValue: requestsPerTurn),
        ]
        return DiscoveryResource(.runtime, name, runtime)
    }
}
