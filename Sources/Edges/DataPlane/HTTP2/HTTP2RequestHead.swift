import Bytes
import HTTP1
import HTTP2

/// Writes the fields of an HTTP/2 request as the HTTP/1.1 head that the stages read.
///
/// One parser decides what a request means, whatever version brought it: targets, hosts, lengths and field values are judged by
/// `RequestHead` alone. Nothing here can make one field into two: a session refuses CR, LF and NUL in values and everything but
/// lowercase tokens as names (RFC 9113 section 8.2.1), and a blank in a pseudo-field leaves a request line of too many parts.
enum HTTP2RequestHead {
    /// Appends the head; false, and whatever was appended to be dropped, when the fields contradict each other.
    ///
    /// - Parameter isChunked: The body follows in chunks, because nothing says how long it is.
    static func write(_ fields: HeaderList, isChunked: Bool, to head: ByteWriter) -> Bool {
        guard let method = fields.first(":method") else { return false }
        let authority = fields.first(":authority")
        // CONNECT has no path and names its authority as the target (RFC 9113 section 8.5).
        guard let target = fields.first(":path") ?? authority else { return false }
        // The absolute form is another version's (RFC 9113 section 8.3.1).
        if fields.first(":path") != nil, target[0] != UInt8(ascii: "/"), !(target == "*") { return false }
        head.append(method)
        head.append(" ")
        head.append(target)
        head.append(" HTTP/1.1\r\n")
        if let authority { HeadWriter.appendField("host", authority, to: head) }
        var hasCookie = false
        for index in 0..<fields.count {
            let name = fields.name(index)
            if name[0] == UInt8(ascii: ":") { continue }
            if name == "host", let authority {
                guard fields.value(index).equalsIgnoringCase(authority) else { return false }
                continue
            }
            if name == "cookie" {
                if !hasCookie { appendCookies(fields, from: index, to: head) }
                hasCookie = true
                continue
            }
            HeadWriter.appendField(name, fields.value(index), to: head)
        }
        head.append(isChunked ? "transfer-encoding: chunked\r\n\r\n" : "\r\n")
        return true
    }

    /// Clients split cookies to compress them; services know one line (RFC 9113 section 8.2.3).
    private static func appendCookies(_ fields: HeaderList, from first: Int, to head: ByteWriter) {
        head.append("cookie: ")
        for index in first..<fields.count where fields.name(index) == "cookie" {
            if index > first { head.append("; ") }
            head.append(fields.value(index))
        }
        head.append("\r\n")
    }

    /// Appends a trailer section as the lines that follow a last chunk.
    static func writeTrailers(_ fields: HeaderList, to lines: ByteWriter) {
        for index in 0..<fields.count { HeadWriter.appendField(fields.name(index), fields.value(index), to: lines) }
    }
}
