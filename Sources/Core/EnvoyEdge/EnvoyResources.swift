public import Discovery
public import GatewayCore

/// Everything Envoys are told, made of a snapshot: the same for the same input, on every gateway.
///
/// First what each owner adds, then resources of that, so that an owner's part can be another than its newest.
public enum EnvoyResources {
    /// What each owner adds, by owner; empty without `envoy` in the configuration.
    ///
    /// - Parameters:
    ///   - versions: The deprecated ones.
    ///   - material: Contents of the files that the configuration names.
    ///   - former: An earlier result; what modules do not change is taken from it.
    public static func parts(
        _ snapshot: Snapshot, _ configuration: PlatformConfiguration, versions: VersionTable? = nil, material: EnvoyMaterial,
        reusing former: [String: EnvoyPart] = [:]
    ) -> [String: EnvoyPart] {
        guard let envoy = configuration.envoy else { return [:] }
        let edge = Edge(
            envoy: envoy, platform: configuration, versions: versions?.notices.map(Edge.Version.init) ?? [], material: material)
        var parts = RoutePlanner(edge).parts(of: snapshot)
        if former[EnvoyPart.platform]?.content == .settings(edge) {
            for (owner, part) in former { if case .resource = part.content { parts[owner] = part } }
        } else {
            for resource in edge.resources {
                parts[EnvoyPart.owner(resource.kind, resource.name)] = EnvoyPart(.resource(resource))
            }
        }
        parts[EnvoyPart.platform] = EnvoyPart(.settings(edge))
        return parts
    }

    /// The resources that parts make, by kind and name.
    public static func compose(_ parts: [String: EnvoyPart]) -> [DiscoveryResource] {
        var all = parts.values.compactMap { part -> DiscoveryResource? in
            if case .resource(let resource) = part.content { resource } else { nil }
        }
        if case .settings(let edge) = parts[EnvoyPart.platform]?.content {
            all.append(DiscoveryResource(.routes, RouteResource.name, RouteResource.make(edge, parts.values.flatMap(\.routes))))
        }
        return all.sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
    }

    /// Who has a part in resources of a kind.
    public static func owners(_ kind: DiscoveryKind, _ names: [String], of parts: [String: EnvoyPart]) -> Set<String> {
        guard kind == .routes else { return Set(names.map { EnvoyPart.owner(kind, $0) }) }
        return Set(parts.filter { if case .resource = $0.value.content { false } else { true } }.keys)
    }

    /// Whom an Envoy's words about refused routes point at: it names the first route it could not take by its number.
    public static func suspects(_ message: String, of parts: [String: EnvoyPart]) -> Set<String> {
        guard let mark = message.firstRange(of: "Routes["), let place = Int(message[mark.upperBound...].prefix { $0 != "]" })
        else {
            return []
        }
        let routes = RouteResource.arranged(parts.values.flatMap(\.routes))
        let number = place - RouteResource.valves.count
        guard routes.indices.contains(number) else { return [] }
        return Set(parts.filter { $0.value.routes.contains { $0.place == routes[number].place } }.keys)
    }
}

/// What all resources are made from.
struct Edge: Sendable, Hashable {
    let envoy: PlatformConfiguration.Envoy
    let platform: PlatformConfiguration
    /// Those that are deprecated.
    let versions: [Version]
    let material: EnvoyMaterial

    /// A deprecated version.
    struct Version: Sendable, Hashable {
        let path: String
        let fields: [Field]

        /// What every answer says of it.
        struct Field: Sendable, Hashable {
            let name: String
            let value: String
        }

        init(_ notice: VersionNotice) {
            path = notice.path
            fields = notice.fieldValues.map { Field(name: $0.name, value: $0.value) }
        }
    }

    /// Time by which Envoy waits longer than the gateway does, so that the gateway's own answer comes first.
    static let margin: Int64 = 5

    /// The gateways behind, as configured or this one.
    var replicas: [Service.Address] {
        guard envoy.replicas.isEmpty else { return envoy.replicas }
        let listen = platform.listen
        let host = ["0.0.0.0", "::", ""].contains(listen.host) ? "127.0.0.1" : listen.host
        return [Service.Address(host: host, port: listen.port)]
    }

    /// Seconds of silence after which a stream is given up.
    var standardIdleSeconds: Int64 { platform.limits.upstreamIdleTimeout.wholeSeconds + Self.margin }

    /// Every resource but the routes.
    var resources: [DiscoveryResource] {
        ClusterResources(self).all + ListenerResources(self).all + SecretResources(self).all
            + [RuntimeResource.make(self)]
    }
}

extension Duration {
    /// Rounded up.
    var wholeSeconds: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}
