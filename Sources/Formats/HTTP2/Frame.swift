import Bytes

/// The nine bytes before each frame's payload (RFC 9113 section 4.1).
struct FrameHeader {
    static let byteCount = 9

    var length: Int
    var type: UInt8
    var flags: UInt8
    var stream: UInt32

    /// The header at `offset`; the caller has checked that nine bytes are there.
    @inline(__always)
    init(_ bytes: ByteView, at offset: Int) {
        let word = bytes.load8(at: offset)
        self.length = Int(UInt32(truncatingIfNeeded: word).byteSwapped >> 8)
        self.type = UInt8(truncatingIfNeeded: word >> 24)
        self.flags = UInt8(truncatingIfNeeded: word >> 32)
        let high = UInt32(truncatingIfNeeded: word >> 40) & 0xff_ffff
        self.stream = ((high | UInt32(bytes[offset &+ 8]) << 24).byteSwapped) & 0x7fff_ffff
    }
}

/// Frame types (RFC 9113 section 6).
enum FrameType {
    static let data: UInt8 = 0x0
    static let headers: UInt8 = 0x1
    static let priority: UInt8 = 0x2
    static let resetStream: UInt8 = 0x3
    static let settings: UInt8 = 0x4
    static let pushPromise: UInt8 = 0x5
    static let ping: UInt8 = 0x6
    static let goAway: UInt8 = 0x7
    static let windowUpdate: UInt8 = 0x8
    static let continuation: UInt8 = 0x9
}

/// Flag bits; `acknowledgement` and `endStream` share one value on different frame types.
enum FrameFlag {
    static let none: UInt8 = 0x0
    static let endStream: UInt8 = 0x1
    static let acknowledgement: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    static let padded: UInt8 = 0x8
    static let priority: UInt8 = 0x20
}

/// Facts both ends of a connection share.
enum Wire {
    /// What a client sends before its first frame (RFC 9113 section 3.4).
    static let clientPreface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    /// Initial windows and the smallest legal limit of frame payloads (RFC 9113 sections 6.5.2 and 6.9.2).
    static let initialWindow = 65_535
    static let smallestFrameLimit = 16_384
    static let largestFrameLimit = 16_777_215
    static let largestWindow = 0x7fff_ffff
    static let largestStream: UInt32 = 0x7fff_ffff
    /// Streams a client opens before it has seen the peer's SETTINGS.
    static let assumedConcurrentStreams = 100
    /// The dynamic table's size before any SETTINGS (RFC 9113 section 6.5.2).
    static let initialHeaderTableSize = 4096
}

extension ByteWriter {
    /// Appends a frame header.
    @inline(__always)
    func appendFrame(length: Int, type: UInt8, flags: UInt8, stream: UInt32) {
        append(bigEndian: UInt32(truncatingIfNeeded: length) << 8 | UInt32(type))
        append(flags)
        append(bigEndian: stream)
    }

    /// Rewrites length and flags of the frame header that starts at `offset`.
    @inline(__always)
    func setFrame(length: Int, type: UInt8, flags: UInt8, at offset: Int) {
        set(bigEndian: UInt32(truncatingIfNeeded: length) << 8 | UInt32(type), at: offset)
        set(flags, at: offset &+ 4)
    }
}

extension ByteView {
    /// Four bytes at `offset` in network order; the caller has checked that they are there.
    @inline(__always)
    func bigEndian32(at offset: Int) -> UInt32 {
        UInt32(self[offset]) << 24 | UInt32(self[offset &+ 1]) << 16 | UInt32(self[offset &+ 2]) << 8 | UInt32(self[offset &+ 3])
    }
}
