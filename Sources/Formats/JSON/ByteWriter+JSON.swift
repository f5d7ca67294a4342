public import Bytes

extension ByteWriter {
    /// Appends text as the contents of a JSON string, without the quotes around it.
    ///
    /// Quotes, backslashes and control characters are escaped; each byte that is not part of well-formed UTF-8 becomes U+FFFD,
    /// so the result is valid whatever the text is. At most six bytes are written for one.
    public func append(jsonEscaped text: ByteView) {
        var at = 0
        while true {
            let end = JSONWord.plainEnd(text.base, at, text.count)
            append(text[at, end])
            if end == text.count { return }
            let byte = text.base[end]
            at = end &+ 1
            if byte >= 0x80 {
                let length = UTF8Scan.sequence(text.base, end, text.count)
                if length == 0 {
                    append("\u{fffd}")
                } else {
                    at = end &+ length
                    append(text[end, at])
                }
            } else {
                append(jsonEscape: byte)
            }
        }
    }

    /// Appends a member of an object with text for its value, after a comma unless it is the first of its object.
    public func append(member name: StaticString, _ text: String) {
        appendName(of: name)
        append(jsonString: text)
    }

    /// Appends a member of an object with a number for its value, after a comma unless it is the first of its object.
    public func append(member name: StaticString, _ number: Int) {
        appendName(of: name)
        append(decimal: number)
    }

    /// `name` is written as it is.
    private func appendName(of name: StaticString) {
        if count > 0, view[count - 1] != UInt8(ascii: "{") { append(",") }
        append("\"")
        append(name)
        append("\":")
    }

    /// Appends text as a JSON string with its quotes.
    public func append(jsonString text: ByteView) {
        append(UInt8(ascii: "\""))
        append(jsonEscaped: text)
        append(UInt8(ascii: "\""))
    }

    /// Appends text as a JSON string with its quotes. Off the hot path only.
    public func append(jsonString text: String) { text.withByteView { append(jsonString: $0) } }

    private func append(jsonEscape byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0c: append("\\f")
        case 0x0d: append("\\r")
        default:
            append("\\u00")
            append(ASCII.hexDigit(byte >> 4))
            append(ASCII.hexDigit(byte & 15))
        }
    }

    /// Appends an array of objects; `body` writes the members of each.
    public func append<Items: Sequence>(objects items: Items, _ body: (Items.Element) -> Void) {
        var separator: StaticString = "[{"
        var isEmpty = true
        for item in items {
            append(separator)
            body(item)
            separator = "},{"
            isEmpty = false
        }
        if isEmpty { append("[]") } else { append("}]") }
    }
}
