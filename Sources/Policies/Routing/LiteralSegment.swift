import Bytes
import HTTPSemantics

/// The normal form of literal path segments, the same that request paths are brought to before they are matched.
///
/// Percent-encoding is undone where the byte is unreserved (RFC 3986 section 6.2.2) and uses upper-case digits elsewhere;
/// bytes that cannot stand in a path are percent-encoded.
public enum LiteralSegment {
    /// The normal form of `text`; nil when a `%` is not followed by two hexadecimal digits.
    public static func normalised(_ text: some Sequence<UInt8>) -> String? {
        let bytes = Array(text)
        let output = ByteWriter(capacity: bytes.count + 16)
        var at = 0
        while at < bytes.count {
            var byte = bytes[at]
            var isEncoded = false
            if byte == UInt8(ascii: "%") {
                guard at + 2 < bytes.count, let high = ASCII.hexValue(bytes[at + 1]), let low = ASCII.hexValue(bytes[at + 2])
                else { return nil }
                byte = high << 4 | low
                isEncoded = true
                at += 2
            }
            at += 1
            if ByteClass.unreserved.contains(byte) || (!isEncoded && ByteClass.segment.contains(byte)) {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                for digit in [byte >> 4, byte & 15] { output.append(digit < 10 ? 48 + digit : 55 + digit) }
            }
        }
        return String(output.view)
    }

    /// Whether no normalised request path has this segment in the middle: it is empty, or a dot segment.
    static func isUnreachable(_ segment: String) -> Bool { segment == "." || segment == ".." }
}
