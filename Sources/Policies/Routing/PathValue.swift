public import Bytes

/// Percent-decoding of what a variable captured.
public enum PathValue {
    /// Appends the decoded value.
    ///
    /// A variable of several segments keeps `%2F` and `%2f` as they are, so that a slash in a value is told from one between
    /// segments (google/api/http.proto, "Path template syntax"). A `%` without two hexadecimal digits stays.
    public static func appendDecoded(_ value: ByteView, isMultiSegment: Bool, to output: ByteWriter) {
        appendDecoded(value, keepsSlash: isMultiSegment, plusIsSpace: false, to: output)
    }

    static func appendDecoded(_ value: ByteView, keepsSlash: Bool, plusIsSpace: Bool, to output: ByteWriter) {
        var at = 0
        while at < value.count {
            let byte = value[at]
            if byte == UInt8(ascii: "%"), at &+ 2 < value.count, let high = ASCII.hexValue(value[at &+ 1]),
                let low = ASCII.hexValue(value[at &+ 2]), !(keepsSlash && high == 2 && low == 15)
            {
                output.append(high << 4 | low)
                at &+= 3
                continue
            }
            output.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            at &+= 1
        }
    }
}
