import Bytes
import HTTPSemantics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One entry of `origins`, read strictly: what a browser can never send is a mistake, not a rule without effect.
enum OriginPattern {
    /// `*`.
    case any
    /// An origin as browsers write it, or `null`.
    case exact([UInt8])
    /// `https://` and `.example.com:8443`, with one label between them.
    case label(head: [UInt8], tail: [UInt8])

    /// Why a text is no such entry.
    struct Fault: Error {
        let message: String
    }

    init(_ text: String) throws(Fault) {
        if text == "*" {
            self = .any
        } else if text == "null" {
            self = .exact(Array(text.utf8))
        } else {
            self = try Self.read(text)
        }
    }

    private static func read(_ text: String) throws(Fault) -> OriginPattern {
        guard text.utf8.count <= CORSLimits.originBytes else { throw Fault(message: "is too long for an origin") }
        guard let colon = text.firstRange(of: "://") else {
            throw Fault(message: "is no origin; write the scheme too, as in https://app.example.com")
        }
        let scheme = text[..<colon.lowerBound]
        let authority = text[colon.upperBound...]
        guard isScheme(scheme) else { throw Fault(message: "does not begin with a scheme such as https://") }
        if let end = authority.firstIndex(where: { $0 == "/" || $0 == "?" || $0 == "#" }) {
            throw Fault(message: "has more than an origin; leave \"\(authority[end...])\" out")
        }
        if authority.contains("@") { throw Fault(message: "holds user information, which no origin has") }
        let isPattern = authority.hasPrefix("*.")
        let rest = isPattern ? authority.dropFirst(2) : authority
        if rest.contains("*") { throw Fault(message: "may have one \"*\", as the whole first label: https://*.example.com") }
        let host = try host(rest, scheme)
        let lowered = text.lowercased()
        if lowered != text { throw Fault(message: "is written as browsers never do; write \(lowered)") }
        guard isPattern else { return .exact(Array(text.utf8)) }
        // A whole top-level domain belongs to nobody; below `localhost` there is only this machine.
        let isDomain = host.contains(".") && !host.hasPrefix("[") && !isIPv4(host)
        guard isDomain || host == "localhost" else {
            throw Fault(message: "would allow the hosts of more than one owner; name a domain after \"*.\"")
        }
        return .label(head: Array("\(scheme)://".utf8), tail: Array(".\(rest)".utf8))
    }

    /// The host of an authority, whose port is checked.
    private static func host(_ authority: Substring, _ scheme: Substring) throws(Fault) -> Substring {
        let count = String(authority).withByteView { Authority.isValid($0) ? Authority.hostLength($0) : nil }
        guard let count else { throw Fault(message: "names no valid host and port") }
        let host = Substring(authority.utf8.prefix(count))
        if host.hasSuffix(".") || host.hasPrefix(".") || host.contains("..") {
            throw Fault(message: "has an empty label in its host")
        }
        if host.hasPrefix("["), let canonical = canonicalIPv6(host), canonical != host.lowercased() {
            throw Fault(message: "is written as browsers never do; write the address as \(canonical)")
        }
        guard count < authority.utf8.count else { return host }
        let port = String(Substring(authority.utf8.dropFirst(count + 1)))
        guard let number = Int(port), "\(number)" == port, number > 0 else {
            throw Fault(message: "has a port that browsers never write; leave it out or write a number from 1")
        }
        let standard = ["http": 80, "ws": 80, "https": 443, "wss": 443][scheme.lowercased()]
        if number == standard { throw Fault(message: "names the port that browsers leave out; leave \":\(number)\" out") }
        return host
    }

    /// `scheme` of RFC 3986 section 3.1; pages of applications that are no web sites have their own.
    private static func isScheme(_ scheme: Substring) -> Bool {
        guard let first = scheme.utf8.first, ASCII.isLetter(first) else { return false }
        return scheme.utf8.allSatisfy { byte in
            ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".")
        }
    }

    private static func isIPv4(_ host: Substring) -> Bool {
        host.split(separator: ".").last?.utf8.allSatisfy { ASCII.isDigit($0) } ?? false
    }

    /// The address as RFC 5952 writes it, in brackets; nil for none.
    private static func canonicalIPv6(_ host: Substring) -> String? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &address) == 1 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(INET6_ADDRSTRLEN)) != nil else { return nil }
        return "[" + String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + "]"
    }
}
