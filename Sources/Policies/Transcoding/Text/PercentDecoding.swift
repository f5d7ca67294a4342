import Bytes

/// Percent-decoding of RFC 3986 section 2.1, as google.api.http applies it to paths and forms to queries.
enum PercentDecoding {
    struct Rule {
        /// Leaves `%2F` as it is, so that a value of several segments keeps its borders.
        var keepsSlash = false
        var plusIsSpace = false
    }

    /// Appends the decoded text; false at an escape without two hexadecimal digits.
    static func append(_ text: ByteView, _ rule: Rule, to out: ByteWriter) -> Bool {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "%") {
                guard index &+ 2 < text.count, let high = ASCII.hexValue(text[index &+ 1]),
                    let low = ASCII.hexValue(text[index &+ 2])
                else { return false }
                let decoded = high << 4 | low
                if rule.keepsSlash && decoded == UInt8(ascii: "/") {
                    out.append(text[index, index &+ 3])
                } else {
                    out.append(decoded)
                }
                index &+= 3
            } else {
                out.append(byte == UInt8(ascii: "+") && rule.plusIsSpace ? UInt8(ascii: " ") : byte)
                index &+= 1
            }
        }
        return true
    }
}
