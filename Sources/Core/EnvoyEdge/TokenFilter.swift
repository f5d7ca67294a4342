import EnvoyAPI
import GatewayCore
import SwiftProtobuf

/// Reads tokens for limits and the log, and where the configuration says so refuses requests without a good one.
///
/// The claims of a good token become dynamic metadata in the namespace `envoy.filters.http.jwt_authn` under `token`. Roles, a list,
/// cannot be taken from there by limits; they come as base64url of their JSON in a header that never leaves Envoy.
enum TokenFilter {
    static let name = "envoy.filters.http.jwt_authn"
    static let metadataKey = "token"
    static let rolesHeader = "x-septem-edge-roles"
    private static let reads = "read"
    private static let requires = "require"
    /// Tokens whose verification one thread remembers.
    private static let cachedTokens: UInt32 = 1000
    private static let maximumTokenBytes: UInt32 = 8192

    /// Nil where no token is accepted.
    static func make(_ edge: Edge) -> JWT_JwtAuthentication? {
        let issuers = edge.platform.issuers.enumerated().map { (name: "issuer-\($0)", issuer: $1) }
        guard !issuers.isEmpty else { return nil }
        var filter = JWT_JwtAuthentication()
        // Browsers send no token with the question whether they may.
        filter.bypassCorsPreflight = true
        for (name, issuer) in issuers { filter.providers[name] = provider(issuer, name, edge) }
        let names = issuers.map(\.name)
        if edge.envoy.tokensRefusedBy == .envoy {
            filter.requirementMap = [reads: requirement(names, isStrict: false), requires: requirement(names, isStrict: true)]
        } else {
            var rule = JWT_RequirementRule()
            rule.match.prefix = "/"
            rule.requires = requirement(names, isStrict: false)
            filter.rules = [rule]
        }
        return filter
    }

    /// What a route asks of the filter; nil where one rule holds for all.
    static func rule(_ edge: Edge, isPublic: Bool?) -> Google_Protobuf_Any? {
        guard edge.envoy.tokensRefusedBy == .envoy, !edge.platform.issuers.isEmpty else { return nil }
        var rule = JWT_PerRouteConfig()
        rule.requirementName = isPublic == false ? requires : reads
        return Wire.any(rule)
    }

    /// Where Envoy fetches keys itself, by name of the cluster.
    static func keyServers(_ edge: Edge) -> [(String, EndpointURL)] {
        edge.platform.issuers.enumerated().compactMap { index, issuer in
            guard case .url(let text) = issuer.keys, let url = EndpointURL(text) else { return nil }
            return ("keys-\(index)", url)
        }
    }

    private static func provider(_ issuer: PlatformConfiguration.Issuer, _ name: String, _ edge: Edge) -> JWT_JwtProvider {
        var header = JWT_JwtHeader()
        header.name = "authorization"
        header.valuePrefix = "Bearer "
        var provider = JWT_JwtProvider()
        provider.issuer = issuer.issuer
        provider.audiences = issuer.audiences
        provider.requireExpiration = true
        provider.forward = true
        provider.fromHeaders = [header]
        provider.payloadInMetadata = metadataKey
        provider.clockSkewSeconds = UInt32(clamping: max(1, issuer.leeway.wholeSeconds))
        provider.jwtCacheConfig.jwtCacheSize = cachedTokens
        provider.jwtCacheConfig.jwtMaxTokenSize = maximumTokenBytes
        if edge.envoy.rateLimits.enforcedBy == .envoy {
            var roles = JWT_JwtClaimToHeader()
            roles.headerName = rolesHeader
            roles.claimName = issuer.rolesClaim
            provider.claimToHeaders = [roles]
        }
        switch issuer.keys {
        case .file(let path): provider.localJwks.inlineString = edge.material.text(path)
        case .url(let url):
            provider.remoteJwks.httpUri.uri = url
            provider.remoteJwks.httpUri.cluster = "keys-" + name.drop { $0 != "-" }.dropFirst()
            provider.remoteJwks.httpUri.timeout = .seconds(5)
            provider.remoteJwks.cacheDuration = .seconds(issuer.refresh.wholeSeconds)
            // Without it the first request of each thread waits for the issuer; the listener itself need not.
            provider.remoteJwks.asyncFetch.fastListener = true
        }
        return provider
    }

    private static func requirement(_ providers: [String], isStrict: Bool) -> JWT_JwtRequirement {
        var any: [JWT_JwtRequirement] = providers.map { name in
            var requirement = JWT_JwtRequirement()
            requirement.providerName = name
            return requirement
        }
        if !isStrict {
            var whatever = JWT_JwtRequirement()
            whatever.allowMissingOrFailed = Google_Protobuf_Empty()
            any.append(whatever)
        }
        if any.count == 1 { return any[0] }
        var requirement = JWT_JwtRequirement()
        requirement.requiresAny.requirements = any
        return requirement
    }
}
