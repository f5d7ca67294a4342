import Bytes
import Transcoding

/// What bytes say about the message that they begin with (gRPC over HTTP/2, "Length-Prefixed-Message").
enum MessageFrame {
    /// A flag and a length.
    static let prefixBytes = 5

    /// Fewer bytes than a prefix.
    case none
    /// A message of so many bytes, all of it or a beginning.
    case message(Int)
    /// What may not be taken.
    case refused(GRPCServerStatus)

    init(_ bytes: ByteView, limit: Int) {
        guard bytes.count >= Self.prefixBytes else {
            self = .none
            return
        }
        let length = Int(bytes[1]) << 24 | Int(bytes[2]) << 16 | Int(bytes[3]) << 8 | Int(bytes[4])
        switch bytes[0] {
        case 0 where length <= limit: self = .message(length)
        case 0: self = .refused(GRPCServerStatus(.resourceExhausted, "message larger than \(limit) bytes"))
        // Encodings are refused with the headers that name them, so that this one was not named.
        case 1: self = .refused(GRPCServerStatus(.internal, "compressed message without grpc-encoding"))
        default: self = .refused(GRPCServerStatus(.internal, "malformed message prefix"))
        }
    }

    /// Overwrites `prefix` with that of a message of `count` bytes.
    static func write(_ count: Int, to prefix: ByteWriter) {
        prefix.removeAll()
        prefix.append(0)
        prefix.append(bigEndian: UInt32(truncatingIfNeeded: count))
    }
}
