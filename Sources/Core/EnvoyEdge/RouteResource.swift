import EnvoyAPI
import GatewayCore
import SwiftProtobuf

/// The route table (RDS): which paths exist, and what Envoy does with requests below each.
enum RouteResource {
    static let name = "gateway"

    /// Only a client of the gateway's own network may say who a caller is, or where it came from.
    static let spoofable = [
        "x-user-id", "x-tenant-id", "x-user-roles", "forwarded", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix",
        TokenFilter.rolesHeader,
        // Envoy's own name for what X-Forwarded-For says.
        "x-envoy-external-address",
    ]
    /// Safe whatever the method: none of these requests was begun by a gateway.
    private static let retriedOn = "connect-failure,refused-stream,reset-before-request"
    private static let retries: UInt32 = 3
    /// How often Envoy chooses again until it has a gateway that was not asked yet: a dead one has the fewest requests under way, and so
    /// it is the likelier choice of two.
    private static let hostChoices: Int64 = 20

    static func make(_ edge: Edge, _ routes: [EdgeRoute]) -> Route_RouteConfiguration {
        var host = Route_VirtualHost()
        host.name = name
        host.domains = ["*"]
        host.retryPolicy = retryPolicy()
        host.routes = valves + arranged(routes).map { route($0, edge) }
        var table = Route_RouteConfiguration()
        table.name = name
        table.virtualHosts = [host]
        table.requestHeadersToRemove = spoofable
        return table
    }

    /// What is asked of the gateway by those who watch it, also while requests are refused.
    private static let watched = #"/(live|ready|health)z?(\?.*)?"#

    /// Routes before all others that match nobody until the runtime says so: both can be turned without any other resource.
    static let valves: [Route_Route] = {
        var ready = Route_RouteMatch()
        ready.safeRegex.regex = "/readyz?"
        ready.runtimeFraction = .never(RuntimeResource.drainKey)
        var others = Route_HeaderMatcher()
        others.name = ":path"
        others.stringMatch.safeRegex.regex = watched
        others.invertMatch = true
        var shed = Route_RouteMatch()
        shed.prefix = "/"
        shed.headers = [others]
        shed.runtimeFraction = .never(RuntimeResource.shedKey)
        return [ready, shed].map { match in
            var route = Route_Route()
            route.match = match
            route.directResponse.status = 503
            return route
        }
    }()

    /// The routes of all owners in the order in which Envoy tries them.
    static func arranged(_ routes: [EdgeRoute]) -> [EdgeRoute] { ordered(merged(routes)) }

    /// Owners that share a path share its route.
    private static func merged(_ routes: [EdgeRoute]) -> [EdgeRoute] {
        var merged: [EdgeRoute.Place: EdgeRoute] = [:]
        for route in routes {
            merged[route.place] =
                merged[route.place].map { earlier in
                    var both = earlier
                    both.facts = earlier.facts.merged(with: route.facts)
                    if route.isUpgrade { both.facts.idleSeconds = 0 }
                    return both
                } ?? route
        }
        return Array(merged.values)
    }

    /// Envoy takes the first that matches: the longest paths, upgrades before others, and those of some methods before those of all.
    private static func ordered(_ routes: [EdgeRoute]) -> [EdgeRoute] {
        routes.sorted { left, right in
            if left.isUpgrade != right.isUpgrade { return left.isUpgrade }
            let (long, longer) = (left.prefix.utf8.count, right.prefix.utf8.count)
            if long != longer { return long > longer }
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            // More than none, and of several in some order.
            return left.methods.isEmpty != right.methods.isEmpty
                ? right.methods.isEmpty : left.methods.lexicographicallyPrecedes(right.methods)
        }
    }

    private static func route(_ route: EdgeRoute, _ edge: Edge) -> Route_Route {
        var action = Route_RouteAction()
        action.cluster = route.isUpgrade ? ClusterResources.upgradeName : ClusterResources.name
        // Envoy's own is a deadline for whole answers and would cut long downloads; the gateway has deadlines of its own.
        action.timeout = .seconds(0)
        if route.facts.idleSeconds != edge.standardIdleSeconds { action.idleTimeout = .seconds(route.facts.idleSeconds) }
        var match = Route_RouteMatch()
        if route.prefix == "/" { match.prefix = "/" } else { match.pathSeparatedPrefix = route.prefix }
        if route.isUpgrade {
            var upgrade = Route_RouteAction.UpgradeConfig()
            upgrade.upgradeType = "websocket"
            action.upgradeConfigs = [upgrade]
            var header = Route_HeaderMatcher()
            header.name = "upgrade"
            header.presentMatch = true
            match.headers = [header]
        }
        if !route.methods.isEmpty {
            var header = Route_HeaderMatcher()
            header.name = ":method"
            header.stringMatch.safeRegex.regex = route.methods.joined(separator: "|")
            match.headers.append(header)
        }
        if route.facts.isLimited {
            action.rateLimits = LimitFilters.descriptors(edge, isPublic: route.facts.isPublic ?? true)
        }
        var made = Route_Route()
        made.match = match
        made.route = action
        // For Envoy's own answers: those of the gateway say so themselves.
        if let version = edge.versions.first(where: { $0.path == route.facts.version }) {
            made.responseHeadersToAdd = version.fields.map { .make($0.name, $0.value, .addIfAbsent) }
        }
        if let filter = TokenFilter.rule(edge, isPublic: route.facts.isPublic) {
            made.typedPerFilterConfig = [TokenFilter.name: filter]
        }
        return made
    }

    private static func retryPolicy() -> Route_RetryPolicy {
        var another = Route_RetryPolicy.RetryHostPredicate()
        another.name = "envoy.retry_host_predicates.previous_hosts"
        another.typedConfig = Wire.any(Retry_PreviousHostsPredicate())
        var policy = Route_RetryPolicy()
        policy.retryOn = retriedOn
        policy.numRetries = .init(retries)
        policy.retryHostPredicate = [another]
        policy.hostSelectionRetryMaxAttempts = hostChoices
        return policy
    }
}

extension Google_Protobuf_Duration {
    static func seconds(_ seconds: Int64) -> Self { Self(seconds: seconds, nanos: 0) }

    static func milliseconds(_ milliseconds: Int64) -> Self {
        Self(seconds: milliseconds / 1000, nanos: Int32(milliseconds % 1000) * 1_000_000)
    }
}
