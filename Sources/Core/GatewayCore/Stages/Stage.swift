/// The stages of admission in the order they run: the place to read what happens to a request, top to bottom.
///
/// Each stage is one function of `Pipeline`, returns a verdict and calls no other stage. What follows admission is the exchange's:
/// `Pipeline.planBody`, body collection, `Pipeline.validateBody`, the upstream, `Pipeline.planAnswer` and `Pipeline.validateAnswer`.
public enum Stage: Int, CaseIterable, Sendable {
    /// Trace context and request id: every answer from here on carries them.
    case trace
    /// Who the client is, through trusted proxies.
    case clientAddress
    /// The target, normalised once.
    case target
    /// Room in the audit trail for what routing finds, or 503 where nothing is served without a record.
    case audit
    /// The operation, or 404 / 405.
    case route
    /// Pages of other origins by the rules of host or route: every answer from here on says who may read it, and a preflight is decided.
    case cors
    /// The bearer token, or 401; public operations ignore it.
    case token
    /// Pages of other origins by the rules of the caller's tenant, or 403 for an upgrade they do not allow.
    case origin
    /// Token buckets of user or address, or 429.
    case rateLimit
    /// Whether the operation's module is active for the tenant, or 404.
    case module
    /// Whether the operation's flag is on for the caller, or 404.
    case flag
    /// Roles and permission, or 403.
    case permission
    /// What the tenant has paid for, or 402.
    case plan
    /// Path, query and head against the description, or 400.
    case parameters
}
