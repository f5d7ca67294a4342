/// A field name the gateway knows; every other name is `other`.
///
/// At most 64 cases, so that sets of names fit one word (`FieldNameSet`).
public enum FieldName: UInt8, CaseIterable, Sendable {
    case other
    case host, connection, keepAlive, proxyConnection, te, trailer, transferEncoding, upgrade, http2Settings
    case contentLength, contentType, contentEncoding, contentRange, accept, acceptEncoding, authorization
    case proxyAuthorization, proxyAuthenticate, wwwAuthenticate, cookie, setCookie, origin, expect, userAgent, date
    case server, via, forwarded, xForwardedFor, xForwardedProto, xForwardedHost, xForwardedPort, xForwardedPrefix
    case xRequestID, traceparent, tracestate, xUserID, xTenantID, xUserRoles, accessControlRequestMethod
    case accessControlRequestHeaders, ifNoneMatch, ifMatch, etag, vary, cacheControl, location, retryAfter, allow, range
    case maxForwards, idempotencyKey, grpcStatus, grpcMessage, grpcTimeout
    case xRequestTimeout
    case xSeptemEdgeTrace, xSeptemEdgeRoles

    /// Number of names, `other` included.
    @inlinable public static var count: Int { 59 }

    @inlinable var bit: UInt64 { 1 &<< UInt64(rawValue) }

    /// The name in lowercase, as HTTP/2 sends it and as logs show it; empty for `other`.
    public var text: StaticString {
        switch self {
        case .other: ""
        case .host: "host"
        case .connection: "connection"
        case .keepAlive: "keep-alive"
        case .proxyConnection: "proxy-connection"
        case .te: "te"
        case .trailer: "trailer"
        case .transferEncoding: "transfer-encoding"
        case .upgrade: "upgrade"
        case .http2Settings: "http2-settings"
        case .contentLength: "content-length"
        case .contentType: "content-type"
        case .contentEncoding: "content-encoding"
        case .contentRange: "content-range"
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .authorization: "authorization"
        case .proxyAuthorization: "proxy-authorization"
        case .proxyAuthenticate: "proxy-authenticate"
        case .wwwAuthenticate: "www-authenticate"
        case .cookie: "cookie"
        case .setCookie: "set-cookie"
        case .origin: "origin"
        case .expect: "expect"
        case .userAgent: "user-agent"
        case .date: "date"
        case .server: "server"
        case .via: "via"
        case .forwarded: "forwarded"
        case .xForwardedFor: "x-forwarded-for"
        case .xForwardedProto: "x-forwarded-proto"
        case .xForwardedHost: "x-forwarded-host"
        case .xForwardedPort: "x-forwarded-port"
        case .xForwardedPrefix: "x-forwarded-prefix"
        case .xRequestID: "x-request-id"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .xUserID: "x-user-id"
        case .xTenantID: "x-tenant-id"
        case .xUserRoles: "x-user-roles"
        case .accessControlRequestMethod: "access-control-request-method"
        case .accessControlRequestHeaders: "access-control-request-headers"
        case .ifNoneMatch: "if-none-match"
        case .ifMatch: "if-match"
        case .etag: "etag"
        case .vary: "vary"
        case .cacheControl: "cache-control"
        case .location: "location"
        case .retryAfter: "retry-after"
        case .allow: "allow"
        case .range: "range"
        case .maxForwards: "max-forwards"
        case .idempotencyKey: "idempotency-key"
        case .grpcStatus: "grpc-status"
        case .grpcMessage: "grpc-message"
        case .grpcTimeout: "grpc-timeout"
        case .xRequestTimeout: "x-request-timeout"
        case .xSeptemEdgeTrace: "x-septem-edge-trace"
        case .xSeptemEdgeRoles: "x-septem-edge-roles"
        }
    }
}
