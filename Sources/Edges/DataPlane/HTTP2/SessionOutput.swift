import Bytes
import HTTP2
import NIOCore

/// What a session has to say, as the buffer to write; its memory is reused once the socket took it all.
struct SessionOutput {
    /// A buffer that grew beyond this is not kept.
    private static let keptBytes = 256 << 10

    private var buffer = ByteBuffer()

    /// Takes all of the session's output.
    mutating func take(from session: HTTP2Session) -> ByteBuffer {
        let bytes = session.output.view
        if buffer.capacity > Self.keptBytes && bytes.count <= Self.keptBytes { buffer = ByteBuffer() }
        buffer.clear()
        buffer.writeBytes(UnsafeRawBufferPointer(start: bytes.base, count: bytes.count))
        session.output.removeAll()
        return buffer
    }
}
