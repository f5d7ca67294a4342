import EnvoyAPI
import GatewayCore
import SwiftProtobuf

/// Login of browsers: OpenID Connect's code flow with PKCE; the access token stays in cookies and goes to the gateway as
/// `Authorization`.
enum LoginFilter {
    static let clientSecret = "login-client"
    static let cookieKey = "login-cookies"

    static func make(_ login: PlatformConfiguration.Envoy.Login) -> OAuth_OAuth2 {
        var config = OAuth_OAuth2Config()
        config.authorizationEndpoint = login.authorizationEndpoint
        config.tokenEndpoint.uri = login.tokenEndpoint
        config.tokenEndpoint.cluster = ClusterResources.loginName
        config.tokenEndpoint.timeout = .seconds(5)
        if let end = login.endSessionEndpoint { config.endSessionEndpoint = end }
        config.credentials.clientID = login.clientID
        config.credentials.tokenSecret = secret(clientSecret)
        config.credentials.hmacSecret = secret(cookieKey)
        config.redirectUri = "%REQ(x-forwarded-proto)%://%REQ(:authority)%\(login.callbackPath)"
        config.redirectPathMatcher.path.exact = login.callbackPath
        config.signoutPath.path.exact = login.logoutPath
        config.forwardBearerToken = true
        config.useRefreshToken = .init(true)
        config.authScopes = login.scopes
        config.authType = .basicAuth
        config.passThroughMatcher = [elsewhere(login), bearer]
        config.denyRedirectMatcher = [script]
        var filter = OAuth_OAuth2()
        filter.config = config
        return filter
    }

    private static func secret(_ name: String) -> TLS_SdsSecretConfig {
        var secret = TLS_SdsSecretConfig()
        secret.name = name
        secret.sdsConfig = .aggregated
        return secret
    }

    /// Whatever is not below the login's paths.
    private static func elsewhere(_ login: PlatformConfiguration.Envoy.Login) -> Route_HeaderMatcher {
        let exact = [login.callbackPath, login.logoutPath].map { quoted($0) + "(?:\\?.*)?" }
        let below = login.paths.map { $0 == "/" ? "/.*" : quoted($0) + "(?:[/?].*)?" }
        var matcher = Route_HeaderMatcher()
        matcher.name = ":path"
        matcher.stringMatch.safeRegex.regex = (exact + below).joined(separator: "|")
        matcher.invertMatch = true
        return matcher
    }

    /// Clients that have a token of their own.
    private static var bearer: Route_HeaderMatcher {
        var matcher = Route_HeaderMatcher()
        matcher.name = "authorization"
        matcher.stringMatch.prefix = "Bearer "
        return matcher
    }

    /// What a page's script asks for cannot follow a redirect to a login page; it gets a 401.
    private static var script: Route_HeaderMatcher {
        var matcher = Route_HeaderMatcher()
        matcher.name = "sec-fetch-mode"
        matcher.stringMatch.safeRegex.regex = "cors|same-origin|no-cors"
        return matcher
    }

    private static func quoted(_ text: String) -> String {
        text.map { $0.isLetter || $0.isNumber || $0 == "/" || $0 == "-" || $0 == "_" ? String($0) : "\\" + String($0) }.joined()
    }
}
