import Bytes
import CZlib

/// Decompresses gzip messages with a bound on what comes out; one for each upstream, its state reused.
final class GRPCInflater {
    enum Outcome {
        case done
        case malformed
        case tooLarge
    }

    private static let chunk = 16 << 10
    /// The window of 32 KiB, and gzip framing.
    private static let windowBits: Int32 = 15 + 16

    private var stream = z_stream()
    private let isUsable: Bool

    init() {
        isUsable =
            inflateInit2_(&stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit { if isUsable { inflateEnd(&stream) } }

    /// Appends the decompressed `input`, at most `limit` bytes, to `output`.
    func inflate(_ input: ByteView, into output: ByteWriter, limit: Int) -> Outcome {
        guard isUsable, inflateReset(&stream) == Z_OK else { return .malformed }
        stream.next_in = UnsafeMutablePointer(mutating: input.base)
        stream.avail_in = UInt32(clamping: input.count)
        var room = limit
        while true {
            var status = Z_OK
            // One byte more than allowed, to tell "exactly the limit" from "more".
            let step = min(Self.chunk, room + 1)
            output.append(room: step) { buffer in
                stream.next_out = buffer
                stream.avail_out = UInt32(step)
                status = CZlib.inflate(&stream, Z_NO_FLUSH)
                let written = step - Int(stream.avail_out)
                room -= written
                return written
            }
            if room < 0 { return .tooLarge }
            if status == Z_STREAM_END { return stream.avail_in == 0 ? .done : .malformed }
            guard status == Z_OK, stream.avail_in > 0 || stream.avail_out == 0 else { return .malformed }
        }
    }
}
