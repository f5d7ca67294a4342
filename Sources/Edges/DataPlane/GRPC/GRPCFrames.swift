import Bytes

/// Follows the prefixes of framed messages that arrive in pieces, so that nothing goes on that is no gRPC or too large.
struct GRPCFrames {
    /// Why bytes are not passed on.
    enum Fault: Error {
        /// A flag that no request has.
        case malformed
        case tooLarge
    }

    /// Bytes of one message, and of all of them; prefixes do not count.
    private let messageLimit: Int
    private let totalLimit: Int
    /// Messages whose prefix was seen.
    private(set) var count = 0
    private var total = 0
    /// Bytes of the message under way that have not come.
    private var rest = 0

    init(messageLimit: Int, totalLimit: Int) {
        self.messageLimit = messageLimit
        self.totalLimit = totalLimit
    }

    /// Whether what was taken ends with a whole message.
    var isWhole: Bool { rest == 0 }

    /// How many of the bytes that follow those taken before may go on: all but a prefix that is not complete.
    mutating func take(_ bytes: ByteView) throws(Fault) -> Int {
        var position = 0
        while position < bytes.count {
            if rest == 0 {
                guard bytes.count - position >= GRPCUpstream.prefixBytes else { break }
                try begin(bytes[position, position + GRPCUpstream.prefixBytes])
                position += GRPCUpstream.prefixBytes
            }
            let part = min(rest, bytes.count - position)
            rest -= part
            position += part
        }
        return position
    }

    private mutating func begin(_ prefix: ByteView) throws(Fault) {
        guard prefix[0] <= 1 else { throw .malformed }
        let length = Int(prefix[1]) << 24 | Int(prefix[2]) << 16 | Int(prefix[3]) << 8 | Int(prefix[4])
        guard length <= messageLimit, length <= totalLimit - total else { throw .tooLarge }
        count += 1
        total += length
        rest = length
    }
}
