import CORS
import EnvoyAPI
import GatewayCore
import HTTPSemantics
import ProblemDetails
import SwiftProtobuf

/// Envoy's own answers as problem documents, like the gateway's (RFC 9457).
enum LocalReplies {
    /// What Envoy answers itself, by status.
    private static let rows: [(status: Int, slug: ProblemSlug, detail: String)] = [
        (400, .badRequest, "the request is malformed"),
        (401, .unauthorized, "the token is missing or not accepted"),
        (403, .forbidden, "the request is not allowed"),
        (404, .notFound, "no operation has this path"),
        (408, .badRequest, "the request did not arrive in time"),
        (413, .payloadTooLarge, "the request body is larger than the operation allows"),
        (414, .uriTooLong, "the request target is too long"),
        (426, .badRequest, "this version of HTTP is not spoken here"),
        (429, .rateLimitExceeded, "Rate limit exceeded. Retry after 1 second."),
        (431, .headerFieldsTooLarge, "the header fields are too large"),
        (500, .internal, "something went wrong"),
        (501, .notImplemented, "this is not implemented"),
        (502, .badGateway, "the answer from behind is no HTTP"),
        (503, .serviceUnavailable, "no gateway can answer at present"),
        (504, .gatewayTimeout, "the answer did not come in time"),
    ]
    /// Statuses after which a client may try again, and when.
    private static let retryAfter = [429: "1", 503: "1"]

    static func make(_ edge: Edge) -> HTTP_LocalReplyConfig {
        let origins = CrossOriginReplies(edge)
        var config = HTTP_LocalReplyConfig()
        for row in rows {
            // Clients that speak gRPC read the text in `grpc-message`.
            config.mappers.append(
                mapper([status(row.status), grpc], row.status, format: text(row.detail), headers: []))
            if let origins {
                config.mappers.append(
                    mapper(
                        [status(row.status), origins.filter], row.status, format: document(row, edge), headers: origins.headers))
            }
            config.mappers.append(
                mapper(
                    [status(row.status), TraceHeader.isPresent], row.status, format: document(row, edge),
                    headers: origins == nil ? [] : [origins?.vary]))
            config.mappers.append(
                mapper(
                    [status(row.status)], row.status, format: document(row, edge, trace: TraceHeader.substitute), headers: []))
        }
        config.bodyFormat = document(nil, edge)
        return config
    }

    private static func mapper(
        _ filters: [Log_AccessLogFilter], _ status: Int, format: Core_SubstitutionFormatString,
        headers: [Core_HeaderValueOption?]
    ) -> HTTP_ResponseMapper {
        var mapper = HTTP_ResponseMapper()
        if filters.count == 1 { mapper.filter = filters[0] } else { mapper.filter.andFilter.filters = filters }
        mapper.bodyFormatOverride = format
        mapper.headersToAdd = headers.compactMap { $0 }
        mapper.headersToAdd.append(.make("cache-control", "no-store", .overwriteIfExistsOrAdd))
        if let seconds = retryAfter[status] { mapper.headersToAdd.append(.make("retry-after", seconds, .addIfAbsent)) }
        if status == 401 {
            mapper.headersToAdd.append(
                .make("www-authenticate", "Bearer realm=\"septem\", error=\"invalid_token\"", .overwriteIfExistsOrAdd))
        }
        return mapper
    }

    private static func status(_ status: Int) -> Log_AccessLogFilter {
        var filter = Log_AccessLogFilter()
        filter.statusCodeFilter.comparison.op = .eq
        filter.statusCodeFilter.comparison.value.defaultValue = UInt32(status)
        filter.statusCodeFilter.comparison.value.runtimeKey = "septem.status.\(status)"
        return filter
    }

    private static var grpc: Log_AccessLogFilter {
        var filter = Log_AccessLogFilter()
        filter.headerFilter.header.name = "content-type"
        // Pages that speak gRPC-Web get a document like everybody else.
        filter.headerFilter.header.stringMatch.safeRegex.regex = "application/grpc(\\+.*)?"
        return filter
    }

    private static func text(_ text: String) -> Core_SubstitutionFormatString {
        var format = Core_SubstitutionFormatString()
        format.textFormatSource.inlineString = text
        return format
    }

    /// - Parameter row: Nil for a status that is not listed.
    private static func document(
        _ row: (status: Int, slug: ProblemSlug, detail: String)?, _ edge: Edge, trace: String = "%REQ(\(TraceHeader.name))%"
    ) -> Core_SubstitutionFormatString {
        let title = row.map { "\(ReasonPhrase.text($0.status))" } ?? "%RESPONSE_CODE%"
        var fields: [String: Google_Protobuf_Value] = [
            "title": .init(stringValue: title),
            "detail": .init(stringValue: row?.detail ?? "%LOCAL_REPLY_BODY%"),
            "instance": .init(stringValue: "%PATH(NQ:ORIG_OR_PATH)%"),
            "traceId": .init(stringValue: trace),
        ]
        fields["type"] = .init(stringValue: row.map { edge.platform.problems.baseURL + "\($0.slug.text)" } ?? "about:blank")
        fields["status"] = row.map { .init(numberValue: Double($0.status)) } ?? .init(stringValue: "%RESPONSE_CODE%")
        var format = Core_SubstitutionFormatString()
        format.jsonFormat.fields = fields
        format.contentType = "\(ProblemWriter.contentType)"
        return format
    }
}

/// Which pages of other origins may read Envoy's own answers, where that is the same for every tenant.
private struct CrossOriginReplies {
    let filter: Log_AccessLogFilter
    let headers: [Core_HeaderValueOption?]
    let vary = Core_HeaderValueOption.make("vary", "Origin", .appendIfExistsOrAdd)

    /// Nil where tenants have rules of their own, which Envoy does not know, or nobody has any.
    init?(_ edge: Edge) {
        guard let cors = edge.platform.cors, let rules = cors.standard, cors.tenants.isEmpty, cors.hosts.isEmpty,
            edge.platform.valkey == nil, !rules.origins.isEmpty
        else { return nil }
        var filter = Log_AccessLogFilter()
        filter.headerFilter.header.name = "origin"
        filter.headerFilter.header.stringMatch.safeRegex.regex = rules.origins.map(Self.pattern).joined(separator: "|")
        self.filter = filter
        var headers: [Core_HeaderValueOption?] = [
            .make("access-control-allow-origin", "%REQ(ORIGIN)%", .overwriteIfExistsOrAdd), vary,
        ]
        if rules.allowsCredentials {
            headers.append(.make("access-control-allow-credentials", "true", .overwriteIfExistsOrAdd))
        }
        if !rules.exposedHeaders.isEmpty {
            headers.append(
                .make(
                    "access-control-expose-headers", rules.exposedHeaders.joined(separator: ", "), .overwriteIfExistsOrAdd))
        }
        self.headers = headers
    }

    /// An anchored wildcard stands for one label or more of a host.
    private static func pattern(_ origin: String) -> String {
        origin.lowercased().map { character in
            switch character {
            case "*": "[a-z0-9.-]+"
            case let some where some.isLetter || some.isNumber || some == "/" || some == ":" || some == "-": String(some)
            default: "\\" + String(character)
            }
        }.joined()
    }
}

extension Core_HeaderValueOption {
    static func make(_ name: String, _ value: String, _ action: HeaderAppendAction) -> Self {
        var option = Core_HeaderValueOption()
        option.header.key = name
        option.header.value = value
        option.appendAction = action
        return option
    }
}
