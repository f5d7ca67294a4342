import Bytes

/// URIs of RFC 3986 and IRIs of RFC 3987.
enum URIText {
    /// Whether the text is a reference, or, if `isAbsolute`, one that begins with a scheme.
    static func isReference(_ text: ByteView, isInternational: Bool, isAbsolute: Bool) -> Bool {
        let afterScheme = schemeEnd(text)
        if isAbsolute, afterScheme == nil { return false }
        let fragmentAt = text.firstIndex(of: UInt8(ascii: "#")) ?? text.count
        let beforeFragment = text[0, fragmentAt]
        let queryAt = beforeFragment.firstIndex(of: UInt8(ascii: "?")) ?? fragmentAt
        var path = text[afterScheme ?? 0, queryAt]
        if path.hasPrefix("//") {
            let end = path.firstIndex(of: UInt8(ascii: "/"), from: 2) ?? path.count
            guard isAuthority(path[2, end], isInternational) else { return false }
            path = path[end, path.count]
        } else if afterScheme == nil {
            // A colon in the first segment would make it a scheme.
            let segmentEnd = path.firstIndex(of: UInt8(ascii: "/")) ?? path.count
            if path[0, segmentEnd].firstIndex(of: UInt8(ascii: ":")) != nil { return false }
        }
        return consists(path, of: "/:@", isInternational)
            && (queryAt == fragmentAt
                || consists(text[queryAt &+ 1, fragmentAt], of: "/?:@", isInternational, isPrivateToo: true))
            && (fragmentAt == text.count || consists(text[fragmentAt &+ 1, text.count], of: "/?:@", isInternational))
    }

    /// Where the part after `scheme:` begins, or nil when the text begins with no scheme.
    private static func schemeEnd(_ text: ByteView) -> Int? {
        guard let first = text.isEmpty ? nil : text[0], ASCII.isLetter(first) else { return nil }
        var at = 1
        while at < text.count {
            let byte = text[at]
            if byte == UInt8(ascii: ":") { return at &+ 1 }
            guard ASCII.isLetter(byte) || ASCII.isDigit(byte) || ByteView("+-.").firstIndex(of: byte) != nil else { return nil }
            at &+= 1
        }
        return nil
    }

    /// `[userinfo@]host[:port]` (RFC 3986 section 3.2).
    private static func isAuthority(_ text: ByteView, _ isInternational: Bool) -> Bool {
        var host = text
        if let at = text.firstIndex(of: UInt8(ascii: "@")) {
            guard consists(text[0, at], of: ":", isInternational) else { return false }
            host = text[at &+ 1, text.count]
        }
        let end: Int
        if host.hasPrefix("[") {
            guard let closing = host.firstIndex(of: UInt8(ascii: "]")), isLiteral(host[1, closing]) else { return false }
            end = closing &+ 1
        } else {
            end = host.firstIndex(of: UInt8(ascii: ":")) ?? host.count
            guard consists(host[0, end], of: "", isInternational) else { return false }
        }
        return end == host.count || host[end] == UInt8(ascii: ":") && host[end &+ 1, host.count].allBytes(ASCII.isDigit)
    }

    /// What stands in brackets: an IPv6 address or the form for later versions.
    private static func isLiteral(_ text: ByteView) -> Bool {
        guard let first = text.isEmpty ? nil : text[0], first | 0x20 == UInt8(ascii: "v") else { return AddressText.isIPv6(text) }
        guard let dot = text.firstIndex(of: UInt8(ascii: ".")), dot > 1, dot &+ 1 < text.count else { return false }
        return text[1, dot].allBytes { ASCII.hexValue($0) != nil }
            && text[dot &+ 1, text.count].allBytes { isPlain($0) || $0 == UInt8(ascii: ":") }
    }

    /// Whether the text is plain bytes, those of `more`, escapes and, in an IRI, code points beyond ASCII.
    private static func consists(
        _ text: ByteView, of more: StaticString, _ isInternational: Bool, isPrivateToo: Bool = false
    ) -> Bool {
        var scanner = Scanner(text)
        while let next = scanner.peek {
            if isPlain(next) || ByteView(more).firstIndex(of: next) != nil {
                _ = scanner.take(next)
            } else if next == UInt8(ascii: "%") {
                guard scanner.takeEscape() else { return false }
            } else {
                guard isInternational, let point = scanner.takePoint(), Self.isInternational(point, isPrivateToo: isPrivateToo)
                else {
                    return false
                }
            }
        }
        return true
    }

    /// `unreserved` and `sub-delims` of RFC 3986 section 2.
    private static func isPlain(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || ByteView("-._~!$&'()*+,;=").firstIndex(of: byte) != nil
    }

    /// `ucschar` of RFC 3987 section 2.2, and `iprivate` if asked for.
    static func isInternational(_ point: UInt32, isPrivateToo: Bool) -> Bool {
        switch point {
        case 0xA0...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFEF: true
        case 0x10000...0xDFFFF: point & 0xFFFF <= 0xFFFD
        case 0xE1000...0xEFFFD: true
        case 0xE000...0xF8FF, 0xF0000...0xFFFFD, 0x100000...0x10FFFD: isPrivateToo
        default: false
        }
    }
}
