import Discovery
import GatewayCore

/// What one owner adds to the resources; kept to be put back when Envoys refuse what came after it.
public struct EnvoyPart: Sendable, Hashable {
    /// The owner of what no module, no service and no single resource brings; no name of theirs has a space.
    public static let platform = "platform file"

    enum Content: Sendable, Hashable {
        /// Of a module or a service.
        case routes([EdgeRoute])
        /// Of a listener, a cluster, a certificate and so on, which is its own owner.
        case resource(DiscoveryResource)
        /// What holds for all routes.
        indirect case settings(Edge)
    }

    let content: Content

    init(_ content: Content) { self.content = content }

    var routes: [EdgeRoute] { if case .routes(let routes) = content { routes } else { [] } }

    /// The owner of a resource that stands alone: `LDS public`.
    static func owner(_ kind: DiscoveryKind, _ name: String) -> String { "\(kind.abbreviation) \(name)" }
}
