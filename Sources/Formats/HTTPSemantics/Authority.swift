public import Bytes

/// The syntax of `host [":" port]` as it stands in `Host`, `:authority` and an absolute target (RFC 3986 section 3.2).
///
/// Stricter than the grammar in one place: a registered name holds letters, digits and `- . _ ~` only. Its percent-escapes and
/// sub-delimiters name no host that a resolver knows, and systems disagree on what they mean.
public enum Authority {
    /// Longest host accepted: the 253 characters of a domain name (RFC 1035 section 2.3.4) and its closing dot.
    public static let maximumHostBytes = 254

    /// Whether the bytes are a host with an optional port of at most 65535; an empty host, user information and an IPv6 zone
    /// are refused.
    public static func isValid(_ authority: ByteView) -> Bool {
        guard let host = hostLength(authority) else { return false }
        return host == authority.count || isPort(authority[host, authority.count])
    }

    /// Number of leading bytes that are the host, brackets of an IPv6 address included; nil when they are not a valid host.
    ///
    /// What follows is empty or starts with the colon of the port, which is not checked.
    public static func hostLength(_ authority: ByteView) -> Int? {
        guard authority.count > 0 else { return nil }
        if authority.base[0] == UInt8(ascii: "[") {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")), isIPv6(authority[1, close]) else { return nil }
            let end = close + 1
            return end == authority.count || authority.base[end] == UInt8(ascii: ":") ? end : nil
        }
        var end = 0
        while end < authority.count, authority.base[end] != UInt8(ascii: ":") {
            guard ByteClass.unreserved.contains(authority.base[end]) else { return nil }
            end &+= 1
        }
        return end > 0 && end <= maximumHostBytes ? end : nil
    }

    /// A colon and no, or up to five, digits.
    private static func isPort(_ bytes: ByteView) -> Bool {
        guard bytes.count <= 6, bytes.base[0] == UInt8(ascii: ":") else { return false }
        var port = 0
        for index in 1..<bytes.count {
            guard ASCII.isDigit(bytes.base[index]) else { return false }
            port = port * 10 + Int(bytes.base[index] &- 48)
        }
        return port <= 65535
    }

    /// Eight groups of one to four hexadecimal digits; `::` stands for at least one group; the last two may be an IPv4 address.
    static func isIPv6(_ bytes: ByteView) -> Bool {
        var groups = 0
        var compressed = false
        var index = 0
        if bytes.count >= 2, bytes.base[0] == UInt8(ascii: ":"), bytes.base[1] == UInt8(ascii: ":") {
            compressed = true
            index = 2
        }
        while index < bytes.count {
            let start = index
            while index < bytes.count, ASCII.hexValue(bytes.base[index]) != nil { index += 1 }
            if index < bytes.count, bytes.base[index] == UInt8(ascii: ".") {
                guard isIPv4(bytes[start, bytes.count]) else { return false }
                groups += 2
                break
            }
            guard (1...4).contains(index - start) else { return false }
            groups += 1
            if index == bytes.count { break }
            guard bytes.base[index] == UInt8(ascii: ":") else { return false }
            index += 1
            guard index < bytes.count else { return false }
            if bytes.base[index] == UInt8(ascii: ":") {
                guard !compressed else { return false }
                compressed = true
                index += 1
            }
        }
        return compressed ? groups < 8 : groups == 8
    }

    /// Four decimal numbers of at most 255 without leading zeros.
    private static func isIPv4(_ bytes: ByteView) -> Bool {
        var parts = 0
        var index = 0
        while index < bytes.count {
            let start = index
            var value = 0
            while index < bytes.count, index - start < 3, ASCII.isDigit(bytes.base[index]) {
                value = value * 10 + Int(bytes.base[index] &- 48)
                index += 1
            }
            guard index > start, value <= 255, index - start == 1 || bytes.base[start] != UInt8(ascii: "0") else { return false }
            parts += 1
            if index == bytes.count { break }
            guard bytes.base[index] == UInt8(ascii: "."), index + 1 < bytes.count else { return false }
            index += 1
        }
        return parts == 4
    }
}
