import Bytes

/// Addresses of the Internet Protocol in text.
enum AddressText {
    /// Four decimal numbers to 255 without leading zeros (RFC 2673 section 3.2).
    static func isIPv4(_ text: ByteView) -> Bool {
        var scanner = Scanner(text)
        for part in 0..<4 {
            if part > 0, !scanner.take(UInt8(ascii: ".")) { return false }
            let start = scanner.at
            let digits = scanner.takeDigits()
            guard (1...3).contains(digits), digits == 1 || text[start] != UInt8(ascii: "0") else { return false }
            var value = 0
            for index in start..<start + digits { value = value * 10 + Int(text[index] &- 48) }
            if value > 255 { return false }
        }
        return scanner.isAtEnd
    }

    /// Eight groups of hexadecimal digits, with `::` for some of them and IPv4 for the last two (RFC 4291 section 2.2).
    static func isIPv6(_ text: ByteView) -> Bool {
        // The longest is 45 bytes, with IPv4 at its end.
        guard text.count >= 2, text.count <= 45 else { return false }
        var groups = 0
        var isShortened = false
        var at = 0
        if text[0] == UInt8(ascii: ":") {
            guard text[1] == UInt8(ascii: ":") else { return false }
            isShortened = true
            at = 2
        }
        while at < text.count {
            let start = at
            while at < text.count, ASCII.hexValue(text[at]) != nil { at &+= 1 }
            if at < text.count, text[at] == UInt8(ascii: ".") {
                guard isIPv4(text[start, text.count]) else { return false }
                groups &+= 2
                break
            }
            guard (1...4).contains(at &- start) else { return false }
            groups &+= 1
            if at == text.count { break }
            guard text[at] == UInt8(ascii: ":") else { return false }
            at &+= 1
            if at == text.count { return false }
            if text[at] == UInt8(ascii: ":") {
                if isShortened { return false }
                isShortened = true
                at &+= 1
            }
        }
        return isShortened ? groups <= 7 : groups == 8
    }
}
