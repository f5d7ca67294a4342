/// Building blocks of HTTP/2 byte streams for targets that need to get past a connection's start.
enum HTTP2Frames {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let size = payload.count
        let head: [UInt8] = [UInt8(size >> 16 & 255), UInt8(size >> 8 & 255), UInt8(size & 255), type, flags]
        let identifier = withUnsafeBytes(of: stream.bigEndian) { Array($0) }
        return head + identifier + payload
    }

    static let settings = frame(4)
    static let settingsAcknowledged = frame(4, flags: 1)
}
