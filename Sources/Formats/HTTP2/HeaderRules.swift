import Bytes

/// What makes a decoded header list a well-formed HTTP message part (RFC 9113 sections 8.1 to 8.3).
enum HeaderRules {
    /// Facts the session needs from a well-formed list.
    struct Facts {
        /// The three-digit status of a response, 0 otherwise.
        var status = 0
        /// The declared `content-length`, or -1.
        var contentLength: Int64 = -1
    }

    /// Facts of a request's header section, or nil when it is malformed.
    static func request(_ list: HeaderList) -> Facts? {
        var facts = Facts()
        var seen: UInt8 = 0
        var isPastPseudo = false
        var isConnect = false
        for index in 0..<list.count {
            let name = list.name(index)
            let value = list.value(index)
            guard isLegal(value) else { return nil }
            if name.first == UInt8(ascii: ":") {
                guard !isPastPseudo, let bit = requestPseudo(name), seen & bit == 0 else { return nil }
                seen |= bit
                if bit == Pseudo.method { isConnect = value == "CONNECT" }
                if bit != Pseudo.authority && value.isEmpty { return nil }
            } else {
                isPastPseudo = true
                guard regular(name, value, isRequest: true, &facts) else { return nil }
            }
        }
        let required = isConnect ? Pseudo.method | Pseudo.authority : Pseudo.method | Pseudo.scheme | Pseudo.path
        let refused = isConnect ? Pseudo.scheme | Pseudo.path : 0
        return seen & required == required && seen & refused == 0 ? facts : nil
    }

    /// Facts of a response's header section, or nil when it is malformed.
    static func response(_ list: HeaderList) -> Facts? {
        var facts = Facts()
        guard list.count > 0, list.name(0) == ":status", let status = status(list.value(0)) else { return nil }
        facts.status = status
        for index in 1..<max(1, list.count) {
            let name = list.name(index)
            let value = list.value(index)
            guard name.first != UInt8(ascii: ":"), isLegal(value), regular(name, value, isRequest: false, &facts) else {
                return nil
            }
        }
        return facts
    }

    /// Whether a trailer section is well formed: no pseudo-fields.
    static func trailers(_ list: HeaderList) -> Bool {
        var facts = Facts()
        for index in 0..<list.count {
            let name = list.name(index)
            let value = list.value(index)
            guard name.first != UInt8(ascii: ":"), isLegal(value), regular(name, value, isRequest: false, &facts) else {
                return false
            }
        }
        return true
    }

    private enum Pseudo {
        static let method: UInt8 = 1
        static let scheme: UInt8 = 2
        static let path: UInt8 = 4
        static let authority: UInt8 = 8
    }

    private static func requestPseudo(_ name: ByteView) -> UInt8? {
        if name == ":method" { return Pseudo.method }
        if name == ":scheme" { return Pseudo.scheme }
        if name == ":path" { return Pseudo.path }
        if name == ":authority" { return Pseudo.authority }
        return nil
    }

    private static func status(_ value: ByteView) -> Int? {
        guard value.count == 3, value[0] >= 0x31, value[0] <= 0x39, ASCII.isDigit(value[1]), ASCII.isDigit(value[2]) else {
            return nil
        }
        return Int(value[0] &- 48) * 100 + Int(value[1] &- 48) * 10 + Int(value[2] &- 48)
    }

    /// A field that is not a pseudo-field: lowercase token, not specific to an HTTP/1.1 connection.
    @inline(__always)
    private static func regular(_ name: ByteView, _ value: ByteView, isRequest: Bool, _ facts: inout Facts) -> Bool {
        guard !name.isEmpty else { return false }
        for index in 0..<name.count where !isLowercaseToken(name[index]) { return false }
        switch name.count {
        case 2:
            if name == "te" { return isRequest && value.equalsIgnoringCase("trailers") }
        case 7: return !(name == "upgrade")
        case 10: return !(name == "connection" || name == "keep-alive")
        case 14:
            if name == "content-length" { return contentLength(value, &facts) }
        case 16: return !(name == "proxy-connection")
        case 17: return !(name == "transfer-encoding")
        default: break
        }
        return true
    }

    private static func contentLength(_ value: ByteView, _ facts: inout Facts) -> Bool {
        // Eighteen digits stay below 2^63.
        guard value.count >= 1 && value.count <= 18 else { return false }
        var length: Int64 = 0
        for index in 0..<value.count {
            guard ASCII.isDigit(value[index]) else { return false }
            length = length * 10 + Int64(value[index] &- 48)
        }
        if facts.contentLength >= 0 && facts.contentLength != length { return false }
        facts.contentLength = length
        return true
    }

    /// No NUL, CR or LF anywhere and no blank at either end (RFC 9113 section 8.2.1).
    @inline(__always)
    private static func isLegal(_ value: ByteView) -> Bool {
        let count = value.count
        if count == 0 { return true }
        if isBlank(value[0]) || isBlank(value[count &- 1]) { return false }
        var index = 0
        // Eight bytes at a time while none of them is below 0x0e, as hardly any ever is.
        while index &+ 8 <= count {
            let word = value.load8(at: index)
            if (word &- 0x0e0e_0e0e_0e0e_0e0e) & ~word & 0x8080_8080_8080_8080 != 0 { break }
            index &+= 8
        }
        while index < count {
            let byte = value[index]
            if byte < 0x0e && (byte == 0 || byte == 0x0a || byte == 0x0d) { return false }
            index &+= 1
        }
        return true
    }

    @inline(__always)
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Whether a byte may stand in a lowercase token (RFC 9110 section 5.6.2): bits of two words, 0 to 63 and 64 to 127.
    @inline(__always)
    private static func isLowercaseToken(_ byte: UInt8) -> Bool {
        // Digits and !#$%&'*+-. in the one, small letters and ^_`|~ in the other.
        let bits: UInt64 = byte < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C000_0000
        return byte < 128 && bits &>> UInt64(byte & 63) & 1 != 0
    }
}

extension ByteView {
    fileprivate var first: UInt8? { isEmpty ? nil : self[0] }
}
