import Bytes

/// JSON pointers: RFC 6901, and the relative ones of draft-bhutton-relative-json-pointer-00.
enum PointerText {
    static func isPointer(_ text: ByteView) -> Bool {
        if text.isEmpty { return true }
        guard text[0] == UInt8(ascii: "/") else { return false }
        var at = 0
        while let tilde = text.firstIndex(of: UInt8(ascii: "~"), from: at) {
            guard tilde &+ 1 < text.count, text[tilde &+ 1] == UInt8(ascii: "0") || text[tilde &+ 1] == UInt8(ascii: "1") else {
                return false
            }
            at = tilde &+ 2
        }
        return true
    }

    static func isRelative(_ text: ByteView) -> Bool {
        var scanner = Scanner(text)
        let digits = scanner.takeDigits()
        guard digits > 0, digits == 1 || text[0] != UInt8(ascii: "0") else { return false }
        if scanner.take(UInt8(ascii: "#")) { return scanner.isAtEnd }
        return isPointer(scanner.rest)
    }
}
