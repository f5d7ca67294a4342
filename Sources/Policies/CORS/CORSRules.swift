public import Bytes
public import HTTPSemantics

/// The rules of one tenant, compiled: who may read its answers, and the fields that say so (WHATWG Fetch, "CORS protocol").
///
/// Immutable and shared by all loops; deciding and writing allocate nothing. Access to private networks is never granted.
public final class CORSRules: Sendable {
    let allowsAnyOrigin: Bool
    let origins: SortedNames
    let patterns: SortedNames
    /// By raw value of the method.
    let methods: UInt16
    let allowsAnyHeader: Bool
    let headers: SortedNames
    /// What follows `access-control-allow-origin: ` and the origin, lines with their CRLF.
    let answerFields: [UInt8]
    let grpcWebFields: [UInt8]
    let preflightFields: [UInt8]

    init(_ parts: CORSCompiler) {
        allowsAnyOrigin = parts.allowsAnyOrigin
        origins = SortedNames(parts.origins)
        patterns = SortedNames(parts.patterns)
        methods = parts.methods
        allowsAnyHeader = parts.allowsAnyHeader
        headers = SortedNames(parts.headers, ignoresCase: true)
        answerFields = parts.answerFields(statusIsExposed: false)
        grpcWebFields = parts.answerFields(statusIsExposed: true)
        preflightFields = parts.preflightFields()
    }

    /// Rules that allow nobody anything: what malformed rules are.
    public static let nothing = CORSRules(CORSCompiler(CORSDescription()))

    /// Whether pages of the origin may read answers; `origin` is the value of the only `Origin` line.
    public func allows(origin: ByteView) -> Bool {
        if allowsAnyOrigin { return true }
        guard origin.count <= CORSLimits.originBytes else { return false }
        if origins.position(of: origin) != nil { return true }
        guard !patterns.isEmpty, let label = Self.firstLabel(of: origin) else { return false }
        return patterns.position(of: origin[0, label.start], origin[label.end, origin.count]) != nil
    }

    /// Whether a page may send the method.
    public func allows(method: RequestMethod) -> Bool { methods & 1 << UInt16(method.rawValue) != 0 }

    /// Whether a page may set every field in the list, the value of one `Access-Control-Request-Headers` line.
    public func allows(headers list: ByteView) -> Bool {
        var names = ListElements(list)
        var count = 0
        while let name = names.next() {
            count &+= 1
            guard count <= CORSLimits.headers, ByteClass.token.matches(name) else { return false }
            if headers.position(of: name) != nil { continue }
            // The wildcard does not stand for credentials (Fetch, "CORS non-wildcard request-header name").
            guard allowsAnyHeader, !name.equalsIgnoringCase("authorization") else { return false }
        }
        return true
    }

    /// Where the first label of an origin's host is, when a wildcard may stand for it: whatever else is in the origin is compared
    /// with the rule byte by byte.
    private static func firstLabel(of origin: ByteView) -> ByteRange? {
        guard let colon = origin.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let start = colon &+ 3
        guard start < origin.count, origin[colon &+ 1] == UInt8(ascii: "/"), origin[colon &+ 2] == UInt8(ascii: "/") else {
            return nil
        }
        var end = start
        while end < origin.count, isLabelByte(origin[end]) { end &+= 1 }
        guard end > start, end &- start <= maximumLabelBytes, end < origin.count, origin[end] == UInt8(ascii: ".") else {
            return nil
        }
        return ByteRange(start, end)
    }

    /// Bytes of a label (RFC 1035 section 2.3.4).
    private static let maximumLabelBytes = 63

    /// Hosts are in lower case in every origin that a browser writes.
    private static func isLabelByte(_ byte: UInt8) -> Bool {
        byte &- 97 < 26 || ASCII.isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
