/// Which pages of other origins may read a tenant's answers, as it is written down.
///
/// The members have the same names in the configuration (`cors`) and in the JSON of a tenant's own rules.
public struct CORSDescription: Sendable, Hashable {
    /// `origins`: `https://app.example.com`, `https://*.example.com` for one label, `null`, or `*` alone; empty allows nobody.
    public var origins: [String]
    /// `methods`: what a page may send.
    public var methods: [String] = Self.defaultMethods
    /// `headers`: the fields a page may set; `*` for all but `Authorization`.
    public var headers: [String] = Self.defaultHeaders
    /// `exposed_headers`: the fields of answers a page may read beside those every page may; `*` for all.
    public var exposedHeaders: [String] = Self.defaultExposedHeaders
    /// `credentials`: whether cookies and client certificates go with the request; false. A bearer token in a header needs no such leave.
    public var allowsCredentials = false
    /// `max_age`: seconds a browser keeps the answer to a preflight; 600.
    public var maximumAgeSeconds = 600

    /// Rules for these origins, all else at its default.
    public init(origins: [String] = []) { self.origins = origins }

    public static let defaultMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    /// What the gateway itself reads of a request.
    public static let defaultHeaders = [
        "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-ID", "X-Request-Timeout",
        "traceparent", "tracestate",
    ]
    public static let defaultExposedHeaders = ["Retry-After", "RateLimit", "RateLimit-Policy", "traceparent", "X-Request-ID"]
}
