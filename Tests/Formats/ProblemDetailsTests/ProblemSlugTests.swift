import Bytes
import ProblemDetails
import Testing

@Suite struct ProblemSlugTests {
    static let table: [(ProblemSlug, String, Int, String)] = [
        (.rateLimitExceeded, "rate-limit-exceeded", 429, "Too Many Requests"),
        (.unauthorized, "unauthorized", 401, "Unauthorized"),
        (.forbidden, "forbidden", 403, "Forbidden"), (.moduleNotFound, "module-not-found", 404, "Not Found"),
        (.gatewayTimeout, "gateway-timeout", 504, "Gateway Timeout"),
        (.serviceUnavailable, "service-unavailable", 503, "Service Unavailable"),
        (.validationFailed, "validation-failed", 400, "Bad Request"), (.notFound, "not-found", 404, "Not Found"),
        (.methodNotAllowed, "method-not-allowed", 405, "Method Not Allowed"),
        (.payloadTooLarge, "payload-too-large", 413, "Content Too Large"),
        (.unsupportedMediaType, "unsupported-media-type", 415, "Unsupported Media Type"),
        (.notAcceptable, "not-acceptable", 406, "Not Acceptable"),
        (.uriTooLong, "uri-too-long", 414, "URI Too Long"),
        (.headerFieldsTooLarge, "header-fields-too-large", 431, "Request Header Fields Too Large"),
        (.badRequest, "bad-request", 400, "Bad Request"),
        (.badGateway, "bad-gateway", 502, "Bad Gateway"),
        (.upstreamResponseInvalid, "upstream-response-invalid", 502, "Bad Gateway"),
        (.versionSunset, "version-sunset", 410, "Gone"), (.notImplemented, "not-implemented", 501, "Not Implemented"),
        (.internal, "internal", 500, "Internal Server Error"),
        (.subscriptionSuspended, "subscription-suspended", 402, "Payment Required"),
        (.subscriptionTerminated, "subscription-terminated", 402, "Payment Required"),
        (.conflict, "conflict", 409, "Conflict"), (.clientClosedRequest, "client-closed-request", 499, "Client Closed Request"),
        (.planLimitExceeded, "plan-limit-exceeded", 402, "Payment Required"),
    ]

    @Test("has the promised slug, status and title for every kind")
    func wholeTable() {
        for (slug, text, status, title) in Self.table {
            #expect(slug.text.description == text)
            #expect(slug.status == status)
            #expect(slug.title.description == title)
        }
        #expect(Set(Self.table.map(\.0)) == Set(ProblemSlug.allCases))
    }
}
