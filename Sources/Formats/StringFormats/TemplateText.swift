import Bytes

/// URI templates (RFC 6570 section 2).
enum TemplateText {
    static func isTemplate(_ text: ByteView) -> Bool {
        var scanner = Scanner(text)
        while let next = scanner.peek {
            switch next {
            case UInt8(ascii: "{"): guard takeExpression(&scanner) else { return false }
            case UInt8(ascii: "%"): guard scanner.takeEscape() else { return false }
            default: guard let point = scanner.takePoint(), isLiteral(point) else { return false }
            }
        }
        return true
    }

    /// What may stand outside of expressions; the apostrophe by erratum 6937.
    private static func isLiteral(_ point: UInt32) -> Bool {
        guard let byte = UInt8(exactly: point), byte < 0x80 else { return URIText.isInternational(point, isPrivateToo: true) }
        return byte > 0x20 && byte < 0x7F && ByteView("\"%<>\\^`{|}").firstIndex(of: byte) == nil
    }

    private static func takeExpression(_ scanner: inout Scanner) -> Bool {
        guard scanner.take(UInt8(ascii: "{")) else { return false }
        if let sign = scanner.peek, ByteView("+#./;?&=,!@|").firstIndex(of: sign) != nil { _ = scanner.take(sign) }
        repeat {
            guard takeVariable(&scanner) else { return false }
        } while scanner.take(UInt8(ascii: ","))
        return scanner.take(UInt8(ascii: "}"))
    }

    /// A name, then a length of up to four digits or an asterisk.
    private static func takeVariable(_ scanner: inout Scanner) -> Bool {
        repeat {
            guard takeNamePart(&scanner) else { return false }
        } while scanner.take(UInt8(ascii: "."))
        if scanner.take(UInt8(ascii: "*")) { return true }
        guard scanner.take(UInt8(ascii: ":")) else { return true }
        return scanner.peek != UInt8(ascii: "0") && (1...4).contains(scanner.takeDigits())
    }

    private static func takeNamePart(_ scanner: inout Scanner) -> Bool {
        let start = scanner.at
        while let next = scanner.peek {
            if ASCII.isLetter(next) || ASCII.isDigit(next) || next == UInt8(ascii: "_") {
                _ = scanner.take(next)
            } else if !scanner.takeEscape() {
                break
            }
        }
        return scanner.at > start
    }
}
