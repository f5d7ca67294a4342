import HTTPSemantics

/// The kinds of problems the gateway answers with; the last part of a problem document's `type`.
public enum ProblemSlug: UInt8, CaseIterable, Sendable {
    case badRequest
    case validationFailed
    case unauthorized
    case planLimitExceeded
    case subscriptionSuspended
    case subscriptionTerminated
    case forbidden
    case notFound
    case moduleNotFound
    case methodNotAllowed
    case notAcceptable
    case conflict
    case versionSunset
    case payloadTooLarge
    case uriTooLong
    case unsupportedMediaType
    case rateLimitExceeded
    case headerFieldsTooLarge
    case clientClosedRequest
    case `internal`
    case notImplemented
    case badGateway
    case upstreamResponseInvalid
    case serviceUnavailable
    case gatewayTimeout

    /// The slug and the status of each kind, in one table.
    private var row: (text: StaticString, status: Int) {
        switch self {
        case .badRequest: ("bad-request", 400)
        case .validationFailed: ("validation-failed", 400)
        case .unauthorized: ("unauthorized", 401)
        case .planLimitExceeded: ("plan-limit-exceeded", 402)
        case .subscriptionSuspended: ("subscription-suspended", 402)
        case .subscriptionTerminated: ("subscription-terminated", 402)
        case .forbidden: ("forbidden", 403)
        case .notFound: ("not-found", 404)
        case .moduleNotFound: ("module-not-found", 404)
        case .methodNotAllowed: ("method-not-allowed", 405)
        case .notAcceptable: ("not-acceptable", 406)
        case .conflict: ("conflict", 409)
        case .versionSunset: ("version-sunset", 410)
        case .payloadTooLarge: ("payload-too-large", 413)
        case .uriTooLong: ("uri-too-long", 414)
        case .unsupportedMediaType: ("unsupported-media-type", 415)
        case .rateLimitExceeded: ("rate-limit-exceeded", 429)
        case .headerFieldsTooLarge: ("header-fields-too-large", 431)
        case .clientClosedRequest: ("client-closed-request", 499)
        case .internal: ("internal", 500)
        case .notImplemented: ("not-implemented", 501)
        case .badGateway: ("bad-gateway", 502)
        case .upstreamResponseInvalid: ("upstream-response-invalid", 502)
        case .serviceUnavailable: ("service-unavailable", 503)
        case .gatewayTimeout: ("gateway-timeout", 504)
        }
    }

    /// The slug as it is written in `type`; safe as a metric label.
    public var text: StaticString { row.text }

    /// The status this kind is answered with unless a problem overrides it.
    public var status: Int { row.status }

    /// The reason phrase of the kind's own status.
    public var title: StaticString {
        // 499 is not registered, yet the google.rpc table answers it.
        self == .clientClosedRequest ? "Client Closed Request" : ReasonPhrase.text(status)
    }
}
