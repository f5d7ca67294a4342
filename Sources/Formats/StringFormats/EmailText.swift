import Bytes

/// The `Mailbox` of RFC 5321 section 4.1.2, and its international form of RFC 6531 section 3.3.
enum EmailText {
    /// Octets before the at sign (RFC 5321 section 4.5.3.1.1).
    private static let mostLocalBytes = 64

    static func isAddress(_ text: ByteView, isInternational: Bool) -> Bool {
        guard let at = text.lastIndex(of: UInt8(ascii: "@")) else { return false }
        let local = text[0, at]
        let domain = text[at &+ 1, text.count]
        guard local.count <= mostLocalBytes, isDotString(local, isInternational) || isQuoted(local, isInternational) else {
            return false
        }
        if domain.hasPrefix("[") { return isLiteral(domain) }
        return isInternational ? HostText.isInternational(domain, hasWideStops: false) : HostText.isHostname(domain)
    }

    /// Words with one dot between each two.
    private static func isDotString(_ text: ByteView, _ isInternational: Bool) -> Bool {
        var isAfterDot = true
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                if isAfterDot { return false }
                isAfterDot = true
            } else {
                guard isAtom(byte) || isInternational && byte >= 0x80 else { return false }
                isAfterDot = false
            }
            index &+= 1
        }
        return !isAfterDot
    }

    /// `atext` of RFC 5322 section 3.2.3.
    private static func isAtom(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || ByteView("!#$%&'*+-/=?^_`{|}~").firstIndex(of: byte) != nil
    }

    private static func isQuoted(_ text: ByteView, _ isInternational: Bool) -> Bool {
        guard text.count >= 2, text[0] == UInt8(ascii: "\""), text[text.count &- 1] == UInt8(ascii: "\"") else { return false }
        var index = 1
        while index < text.count &- 1 {
            let isEscaped = text[index] == UInt8(ascii: "\\")
            if isEscaped { index &+= 1 } else if text[index] == UInt8(ascii: "\"") { return false }
            guard index < text.count &- 1 else { return false }
            let byte = text[index]
            guard byte >= 0x20 && byte < 0x7F || isInternational && byte >= 0x80 && !isEscaped else { return false }
            index &+= 1
        }
        return true
    }

    /// An address in brackets: IPv4, or `IPv6:` and IPv6.
    private static func isLiteral(_ text: ByteView) -> Bool {
        guard text.count > 2, text[text.count &- 1] == UInt8(ascii: "]") else { return false }
        let inner = text[1, text.count &- 1]
        guard inner.count > 5, inner[0, 5].equalsIgnoringCase("IPv6:") else { return AddressText.isIPv4(inner) }
        return AddressText.isIPv6(inner[5, inner.count])
    }
}
