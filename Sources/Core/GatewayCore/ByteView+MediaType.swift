public import Bytes

extension ByteView {
    /// The `type/subtype` of a `Content-Type` value without its parameters (RFC 9110 section 8.3.1).
    public var mediaType: ByteView {
        var end = 0
        while end < count, self[end] != UInt8(ascii: ";"), self[end] != UInt8(ascii: " "), self[end] != UInt8(ascii: "\t") {
            end += 1
        }
        return self[0, end]
    }

    /// Whether a `Content-Type` value is `application/json` or a `+json` type, with or without parameters (RFC 8259 section 11,
    /// RFC 6839 section 3.1).
    var isJSONType: Bool {
        let type = mediaType
        if type.equalsIgnoringCase("application/json") { return true }
        return type.count > 5 && type[type.count - 5, type.count].equalsIgnoringCase("+json")
    }
}
