/// References of schemas to one another (RFC 3986 section 5), as text: nothing is fetched.
struct SchemaURI {
    var scheme: Substring?
    var authority: Substring?
    var path: Substring
    var query: Substring?
    /// Nil when there is no `#`.
    var fragment: Substring?

    /// Splits a reference as RFC 3986 appendix B does.
    init(_ text: String) {
        var rest = text[...]
        if let hash = rest.firstIndex(of: "#") {
            fragment = rest[rest.index(after: hash)...]
            rest = rest[..<hash]
        }
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        if let colon = rest.firstIndex(of: ":"), colon != rest.startIndex,
            !rest[..<colon].contains(where: { $0 == "/" }), rest[rest.startIndex].isLetter
        {
            scheme = rest[..<colon]
            rest = rest[rest.index(after: colon)...]
        }
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex(of: "/") ?? rest.endIndex
            authority = rest[..<end]
            rest = rest[end...]
        }
        path = rest
    }

    /// The reference without its fragment, absolute as far as `base` is (RFC 3986 section 5.2.2).
    func resolved(against base: String) -> String {
        if scheme != nil { return text(scheme, authority, Self.withoutDots(path), query) }
        let base = SchemaURI(base)
        if authority != nil { return text(base.scheme, authority, Self.withoutDots(path), query) }
        if path.isEmpty { return text(base.scheme, base.authority, String(base.path), query ?? base.query) }
        if path.hasPrefix("/") { return text(base.scheme, base.authority, Self.withoutDots(path), query) }
        let folder = base.path.lastIndex(of: "/").map { base.path[...$0] } ?? (base.authority == nil ? "" : "/")
        return text(base.scheme, base.authority, Self.withoutDots(folder + path), query)
    }

    private func text(_ scheme: Substring?, _ authority: Substring?, _ path: String, _ query: Substring?) -> String {
        var text = ""
        if let scheme { text += scheme + ":" }
        if let authority { text += "//" + authority }
        text += path
        if let query { text += "?" + query }
        return text
    }

    /// RFC 3986 section 5.2.4.
    private static func withoutDots(_ path: Substring) -> String {
        guard path.contains(".") else { return String(path) }
        var parts: [Substring] = []
        let isRooted = path.hasPrefix("/")
        let all = path.split(separator: "/", omittingEmptySubsequences: false)
        for (index, part) in all.enumerated() {
            let isLast = index == all.count - 1
            switch part {
            case ".": if isLast { parts.append("") }
            case "..":
                if let last = parts.last, last != "..", !(isRooted && parts.count == 1) { parts.removeLast() }
                if isLast { parts.append("") }
            default: parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }
}
