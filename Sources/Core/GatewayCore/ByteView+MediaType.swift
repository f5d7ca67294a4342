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
}
