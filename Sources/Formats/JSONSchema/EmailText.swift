import Bytes

/// The `Mailbox` of RFC 5321 section 4.1.2 in ASCII.
enum EmailText {
    /// RFC 5321 section 4.5.3.1.
    private static let mostLocalBytes = 64
    private static let mostDomainBytes = 255
    private static let mostLabelBytes = 63

    static func isAddress(_ text: ByteView) -> Bool {
        guard let at = lastIndex(of: UInt8(ascii: "@"), in: text) else { return false }
        let local = text[0, at]
        return (isDotString(local) || isQuoted(local)) && local.count <= mostLocalBytes && isDomain(text[at &+ 1, text.count])
    }

    private static func lastIndex(of byte: UInt8, in text: ByteView) -> Int? {
        var index = text.count
        while index > 0 {
            index &-= 1
            if text[index] == byte { return index }
        }
        return nil
    }

    private static func isDotString(_ text: ByteView) -> Bool {
        everyPart(of: text) { part in
            part.allBytes { ASCII.isLetter($0) || ASCII.isDigit($0) || ByteView("!#$%&'*+-/=?^_`{|}~").firstIndex(of: $0) != nil }
        }
    }

    private static func isQuoted(_ text: ByteView) -> Bool {
        guard text.count >= 2, text[0] == UInt8(ascii: "\""), text[text.count &- 1] == UInt8(ascii: "\"") else { return false }
        var index = 1
        while index < text.count &- 1 {
            if text[index] == UInt8(ascii: "\\") { index &+= 1 } else if text[index] == UInt8(ascii: "\"") { return false }
            guard index < text.count &- 1, text[index] >= 0x20, text[index] < 0x7f else { return false }
            index &+= 1
        }
        return true
    }

    private static func isDomain(_ text: ByteView) -> Bool {
        guard !text.isEmpty, text.count <= mostDomainBytes else { return false }
        if text[0] == UInt8(ascii: "[") { return isLiteral(text) }
        return everyPart(of: text) { label in
            label.count <= mostLabelBytes && label[0] != UInt8(ascii: "-") && label[label.count &- 1] != UInt8(ascii: "-")
                && label.allBytes { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// An address in brackets: four numbers to 255, or `IPv6:` and hexadecimal groups.
    private static func isLiteral(_ text: ByteView) -> Bool {
        guard text.count > 2, text[text.count &- 1] == UInt8(ascii: "]") else { return false }
        let inner = text[1, text.count &- 1]
        if inner.hasPrefix("IPv6:") {
            return inner.count > 7
                && inner[5, inner.count].allBytes {
                    ASCII.hexValue($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                }
        }
        var parts = 0
        return everyPart(of: inner) { part in
            parts += 1
            guard part.count <= 3, part.allBytes(ASCII.isDigit) else { return false }
            var value = 0
            for index in 0..<part.count { value = value * 10 + Int(part[index] &- 48) }
            return value <= 255
        } && parts == 4
    }

    /// Whether every part between dots is there and satisfies `test`.
    private static func everyPart(of text: ByteView, _ test: (ByteView) -> Bool) -> Bool {
        var start = 0
        while start <= text.count {
            let end = text.firstIndex(of: UInt8(ascii: "."), from: start) ?? text.count
            if start == end || !test(text[start, end]) { return false }
            start = end &+ 1
        }
        return true
    }
}

extension ByteView {
    fileprivate func allBytes(_ test: (UInt8) -> Bool) -> Bool {
        var index = 0
        while index < count {
            if !test(self[index]) { return false }
            index &+= 1
        }
        return true
    }
}
