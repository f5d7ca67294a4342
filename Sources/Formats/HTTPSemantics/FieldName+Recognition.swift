public import Bytes

extension FieldName {
    /// The known name these bytes spell, without regard to case; `other` when there is none.
    ///
    /// Decided by length, then by one or two word comparisons for each candidate.
    ///
    /// The three identity names and the request id are recognised with underscores for hyphens too: application servers
    /// that turn field names into environment variables cannot tell the two apart, so a client's `X_User_ID` must be
    /// stripped like `X-User-ID`.
    public init(recognising name: ByteView) { self = FieldName.known(name) }

    private static func known(_ name: ByteView) -> FieldName {
        let bytes = name.base
        switch name.count {
        case 2:
            if spells(bytes, "te") { return .te }
        case 3:
            if spells(bytes, "via") { return .via }
        case 4:
            if spells(bytes, "host") { return .host }
            if spells(bytes, "date") { return .date }
            if spells(bytes, "etag") { return .etag }
            if spells(bytes, "vary") { return .vary }
        case 5:
            if spells(bytes, "allow") { return .allow }
            if spells(bytes, "range") { return .range }
        case 6:
            if spells(bytes, "accept") { return .accept }
            if spells(bytes, "cookie") { return .cookie }
            if spells(bytes, "origin") { return .origin }
            if spells(bytes, "expect") { return .expect }
            if spells(bytes, "server") { return .server }
        case 7:
            if spells(bytes, "trailer") { return .trailer }
            if spells(bytes, "upgrade") { return .upgrade }
        case 8:
            if spells(bytes, "if-match") { return .ifMatch }
            if spells(bytes, "location") { return .location }
        case 9:
            if spells(bytes, "forwarded") { return .forwarded }
            if spells(bytes, "x-user-id") { return .xUserID }
            return underscored(name)
        case 10:
            if spells(bytes, "connection") { return .connection }
            if spells(bytes, "keep-alive") { return .keepAlive }
            if spells(bytes, "set-cookie") { return .setCookie }
            if spells(bytes, "user-agent") { return .userAgent }
            if spells(bytes, "tracestate") { return .tracestate }
        case 11:
            if spells(bytes, "traceparent") { return .traceparent }
            if spells(bytes, "x-tenant-id") { return .xTenantID }
            if spells(bytes, "retry-after") { return .retryAfter }
            if spells(bytes, "grpc-status") { return .grpcStatus }
            return underscored(name)
        case 12:
            if spells(bytes, "content-type") { return .contentType }
            if spells(bytes, "x-request-id") { return .xRequestID }
            if spells(bytes, "x-user-roles") { return .xUserRoles }
            if spells(bytes, "max-forwards") { return .maxForwards }
            if spells(bytes, "grpc-message") { return .grpcMessage }
            if spells(bytes, "grpc-timeout") { return .grpcTimeout }
            return underscored(name)
        case 13:
            if spells(bytes, "content-range") { return .contentRange }
            if spells(bytes, "authorization") { return .authorization }
            if spells(bytes, "if-none-match") { return .ifNoneMatch }
            if spells(bytes, "cache-control") { return .cacheControl }
        case 14:
            if spells(bytes, "http2-settings") { return .http2Settings }
            if spells(bytes, "content-length") { return .contentLength }
        case 15:
            if spells(bytes, "accept-encoding") { return .acceptEncoding }
            if spells(bytes, "x-forwarded-for") { return .xForwardedFor }
            if spells(bytes, "idempotency-key") { return .idempotencyKey }
        case 16:
            if spells(bytes, "proxy-connection") { return .proxyConnection }
            if spells(bytes, "content-encoding") { return .contentEncoding }
            if spells(bytes, "www-authenticate") { return .wwwAuthenticate }
            if spells(bytes, "x-forwarded-host") { return .xForwardedHost }
            if spells(bytes, "x-forwarded-port") { return .xForwardedPort }
        case 17:
            if spells(bytes, "transfer-encoding") { return .transferEncoding }
            if spells(bytes, "x-forwarded-proto") { return .xForwardedProto }
            if spells(bytes, "x-request-timeout") { return .xRequestTimeout }
        case 18:
            if spells(bytes, "proxy-authenticate") { return .proxyAuthenticate }
            if spells(bytes, "x-forwarded-prefix") { return .xForwardedPrefix }
        case 19:
            if spells(bytes, "proxy-authorization") { return .proxyAuthorization }
            if spells(bytes, "x-septem-edge-trace") { return .xSeptemEdgeTrace }
            if spells(bytes, "x-septem-edge-roles") { return .xSeptemEdgeRoles }
        case 29:
            if spells(bytes, "access-control-request-method") { return .accessControlRequestMethod }
        case 30:
            if spells(bytes, "access-control-request-headers") { return .accessControlRequestHeaders }
        default: break
        }
        return .other
    }

    /// The reserved name that the bytes spell when underscores are read as hyphens.
    private static func underscored(_ name: ByteView) -> FieldName {
        // Nearly every name ends here: one comparison.
        guard name.base[0] | 0x20 == UInt8(ascii: "x") else { return .other }
        let candidates: [4 of FieldName] = [.xUserID, .xTenantID, .xUserRoles, .xRequestID]
        for index in candidates.indices where matches(name, hyphenated: candidates[index].text) { return candidates[index] }
        return .other
    }

    private static func matches(_ name: ByteView, hyphenated text: StaticString) -> Bool {
        guard name.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<name.count {
            let byte = name.base[index] == UInt8(ascii: "_") ? UInt8(ascii: "-") : ASCII.lowercased(name.base[index])
            if byte != text.utf8Start[index] { return false }
        }
        return true
    }
}

/// Whether as many bytes as the literal has spell it when the case of letters is ignored.
///
/// The length is known at each call, so what remains after inlining are comparisons of words with constants.
@inline(__always)
private func spells(_ bytes: UnsafePointer<UInt8>, _ text: StaticString) -> Bool {
    let name = UnsafeRawPointer(bytes)
    let wanted = UnsafeRawPointer(text.utf8Start)
    let count = text.utf8CodeUnitCount
    if count >= 8 {
        var offset = 0
        while offset &+ 8 <= count {
            if !sameWord(name, wanted, offset, UInt64.self) { return false }
            offset &+= 8
        }
        return offset == count || sameWord(name, wanted, count &- 8, UInt64.self)
    }
    if count >= 4 {
        return sameWord(name, wanted, 0, UInt32.self) && sameWord(name, wanted, count &- 4, UInt32.self)
    }
    return sameWord(name, wanted, 0, UInt16.self) && sameWord(name, wanted, count &- 2, UInt16.self)
}

@inline(__always)
private func sameWord<Word: FixedWidthInteger>(
    _ name: UnsafeRawPointer, _ wanted: UnsafeRawPointer, _ offset: Int, _: Word.Type
) -> Bool {
    let text = wanted.loadUnaligned(fromByteOffset: offset, as: Word.self)
    // Of the bytes in these names only letters have bit 6, and only their case may differ.
    let caseBits = (text & Word(truncatingIfNeeded: 0x4040_4040_4040_4040 as UInt64)) &>> 1
    return name.loadUnaligned(fromByteOffset: offset, as: Word.self) | caseBits == text
}
