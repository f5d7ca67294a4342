public import Bytes

/// Spellings of gRPC over HTTP/2 that clients, servers and the gateway between them share.
public enum GRPCSyntax {
    /// Whether a `content-type` is gRPC's: `application/grpc`, alone or followed by `+` or `;`.
    public static func isGRPC(contentType: ByteView) -> Bool {
        let prefix: StaticString = "application/grpc"
        let length = prefix.utf8CodeUnitCount
        guard contentType.count >= length, contentType[0, length].equalsIgnoringCase(prefix) else { return false }
        return contentType.count == length || contentType[length] == UInt8(ascii: "+") || contentType[length] == UInt8(ascii: ";")
    }

    /// Appends a `grpc-message` percent-encoded: all but visible ASCII and the blank, and the percent sign (gRPC over HTTP/2, "Responses").
    public static func appendPercentEncoded(_ text: ByteView, to out: ByteWriter) {
        for index in 0..<text.count {
            let byte = text[index]
            if byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "%") {
                out.append(byte)
            } else {
                out.append("%")
                out.append(upperHex(byte >> 4))
                out.append(upperHex(byte & 15))
            }
        }
    }

    private static func upperHex(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 55 + value }
}
