import EnvoyAPI
import GatewayCore
import SwiftProtobuf

/// Limits: of a tenant in Envoy itself, and of whoever else by asking the gateway.
enum LimitFilters {
    static let localName = "envoy.filters.http.local_ratelimit"
    static let sharedName = "envoy.filters.http.ratelimit"
    /// The bucket of all requests together, which is of no use here and has to be there.
    private static let unlimited: UInt32 = 1_000_000_000
    /// Tenants whose buckets an Envoy remembers; the least used goes.
    private static let rememberedTenants: UInt32 = 10_000
    /// The gateway answers from memory; beyond this it is not well, and requests are not to wait for that.
    private static let patienceMilliseconds: Int64 = 250

    /// Nil where tenants are not limited here, or cannot be told apart.
    static func local(_ edge: Edge) -> LocalLimit_LocalRateLimit? {
        guard let rate = edge.envoy.rateLimits.tenantPerSecond, !edge.platform.issuers.isEmpty else { return nil }
        var entry = LimitCommon_RateLimitDescriptor.Entry()
        entry.key = "tenant"
        var everyTenant = LimitCommon_LocalRateLimitDescriptor()
        everyTenant.entries = [entry]
        everyTenant.tokenBucket = bucket(UInt32(clamping: rate))
        var filter = LocalLimit_LocalRateLimit()
        filter.statPrefix = "tenant"
        filter.tokenBucket = bucket(unlimited)
        filter.alwaysConsumeDefaultTokenBucket = .init(false)
        filter.filterEnabled = .always(RuntimeResource.tenantLimitKey)
        filter.filterEnforced = .always(RuntimeResource.tenantLimitKey)
        filter.descriptors = [everyTenant]
        filter.maxDynamicDescriptors = .init(rememberedTenants)
        filter.rateLimits = claims(edge).map { claim in
            var limit = Route_RateLimit()
            limit.actions = [metadata("tenant", claim)]
            return limit
        }
        return filter
    }

    /// Nil where the gateway limits.
    static func shared(_ edge: Edge) -> Limit_RateLimit? {
        let limits = edge.envoy.rateLimits
        guard limits.enforcedBy == .envoy else { return nil }
        var filter = Limit_RateLimit()
        filter.domain = limits.domain
        filter.timeout = .milliseconds(patienceMilliseconds)
        filter.failureModeDeny = !limits.passesOnFailure
        filter.disableXEnvoyRatelimitedHeader = true
        filter.statusOnError.code = .serviceUnavailable
        filter.rateLimitService.transportApiVersion = .v3
        filter.rateLimitService.grpcService.envoyGrpc.clusterName = ClusterResources.controlName
        return filter
    }

    /// What the gateway is asked about a request: the caller's tenant, user and roles; where anyone may call, the address too, which counts
    /// when there is no user.
    static func descriptors(_ edge: Edge, isPublic: Bool) -> [Route_RateLimit] {
        let isKnown = !edge.platform.issuers.isEmpty
        if isPublic || !isKnown {
            var address = Route_RateLimit.Action()
            address.remoteAddress = Route_RateLimit.Action.RemoteAddress()
            var caller = claims(edge).map { metadata("tenant", $0) } + [metadata("user", "sub")]
            for index in caller.indices { caller[index].metadata.skipIfAbsent = true }
            var limit = Route_RateLimit()
            limit.actions = [address] + (isKnown ? caller + [roles] : [])
            return [limit]
        }
        return claims(edge).map { tenant in
            var limit = Route_RateLimit()
            limit.actions = [metadata("tenant", tenant), metadata("user", "sub"), roles]
            return limit
        }
    }

    private static var roles: Route_RateLimit.Action {
        var roles = Route_RateLimit.Action()
        roles.requestHeaders.headerName = TokenFilter.rolesHeader
        roles.requestHeaders.descriptorKey = "roles"
        roles.requestHeaders.skipIfAbsent = true
        return roles
    }

    /// The names that issuers give the tenant.
    private static func claims(_ edge: Edge) -> [String] { Set(edge.platform.issuers.map(\.tenantClaim)).sorted() }

    private static func metadata(_ key: String, _ claim: String) -> Route_RateLimit.Action {
        var action = Route_RateLimit.Action()
        action.metadata.descriptorKey = key
        action.metadata.metadataKey.key = TokenFilter.name
        action.metadata.metadataKey.path = [TokenFilter.metadataKey, claim].map { name in
            var segment = Metadata_MetadataKey.PathSegment()
            segment.key = name
            return segment
        }
        return action
    }

    private static func bucket(_ perSecond: UInt32) -> Type_TokenBucket {
        var bucket = Type_TokenBucket()
        bucket.maxTokens = perSecond
        bucket.tokensPerFill = .init(perSecond)
        bucket.fillInterval = .seconds(1)
        return bucket
    }
}

extension Core_RuntimeFractionalPercent {
    /// Everybody, unless the runtime says less.
    static func always(_ key: String) -> Self { percent(100, key) }

    /// Nobody, unless the runtime says more.
    static func never(_ key: String) -> Self { percent(0, key) }

    private static func percent(_ numerator: UInt32, _ key: String) -> Self {
        var percent = Core_RuntimeFractionalPercent()
        percent.defaultValue.numerator = numerator
        percent.defaultValue.denominator = .hundred
        percent.runtimeKey = key
        return percent
    }
}
