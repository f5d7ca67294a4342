public import Bytes
public import HTTPSemantics

/// Writes the parts of an HTTP/1.1 message that the gateway sends: start lines, field lines copied from a head, chunk framing.
///
/// Nothing is checked here: ranges come from the parsers and literals from the code.
public enum HeadWriter {
    /// "METHOD path?query HTTP/1.1" and CRLF; a nil query leaves the question mark out.
    public static func appendRequestLine(method: ByteView, path: ByteView, query: ByteView?, to writer: ByteWriter) {
        writer.append(method)
        writer.append(Byte.space)
        writer.append(path)
        if let query {
            writer.append(UInt8(ascii: "?"))
            writer.append(query)
        }
        writer.append(" HTTP/1.1\r\n")
    }

    /// "HTTP/1.1 status phrase" and CRLF, with the registered phrase or none.
    public static func appendStatusLine(_ status: Int, to writer: ByteWriter) {
        writer.append("HTTP/1.1 ")
        writer.append(decimal: status)
        writer.append(Byte.space)
        writer.append(ReasonPhrase.text(status))
        writer.append("\r\n")
    }

    /// Copies every line of `table` that is not dropped, as it was sent; lines without a gap between them in one copy.
    ///
    /// `bytes` are those the head was parsed in. The blank line after the fields is left to the caller.
    public static func appendFields(from bytes: ByteView, _ table: FieldTable, to writer: ByteWriter) {
        var run = ByteRange.empty
        for index in 0..<table.count {
            let line = table[index]
            if line.isDropped { continue }
            if line.line.lower == run.upper {
                run.upper = line.line.upper
            } else {
                if !run.isEmpty { writer.append(bytes[run]) }
                run = line.line
            }
        }
        if !run.isEmpty { writer.append(bytes[run]) }
    }

    /// "name: value" and CRLF.
    public static func appendField(_ name: StaticString, _ value: ByteView, to writer: ByteWriter) {
        appendField(ByteView(name), value, to: writer)
    }

    /// "name: value" and CRLF.
    public static func appendField(_ name: ByteView, _ value: ByteView, to writer: ByteWriter) {
        writer.append(name)
        writer.append(": ")
        writer.append(value)
        writer.append("\r\n")
    }

    /// The size line of a chunk of `count` bytes, which must be at least one; after the bytes comes a CRLF.
    public static func appendChunkSize(_ count: Int, to writer: ByteWriter) {
        writer.append(shortHex: UInt64(count))
        writer.append("\r\n")
    }

    /// A chunk of `bytes`; nothing for none, because an empty chunk would be the last.
    public static func appendChunk(_ bytes: ByteView, to writer: ByteWriter) {
        guard !bytes.isEmpty else { return }
        appendChunkSize(bytes.count, to: writer)
        writer.append(bytes)
        writer.append("\r\n")
    }

    /// The last chunk, the trailer lines (each with its CRLF; what `ChunkedDecoder` collected), and the end of the message.
    public static func appendLastChunk(trailers: ByteView, to writer: ByteWriter) {
        writer.append("0\r\n")
        writer.append(trailers)
        writer.append("\r\n")
    }
}
