/// What the peer announced in SETTINGS (RFC 9113 section 6.5.2).
struct PeerSettings {
    enum Identifier {
        static let headerTableSize: UInt16 = 0x1
        static let enablePush: UInt16 = 0x2
        static let maxConcurrentStreams: UInt16 = 0x3
        static let initialWindowSize: UInt16 = 0x4
        static let maxFrameSize: UInt16 = 0x5
        static let maxHeaderListSize: UInt16 = 0x6
    }

    var headerTableSize = Wire.initialHeaderTableSize
    var maxConcurrentStreams = Wire.assumedConcurrentStreams
    var initialWindow = Wire.initialWindow
    var maxFrameSize = Wire.smallestFrameLimit

    /// Takes one setting; answers the connection error when its value is illegal. Unknown identifiers are ignored.
    mutating func apply(_ identifier: UInt16, _ value: UInt32, peerIsServer: Bool) -> HTTP2ErrorCode? {
        switch identifier {
        case Identifier.headerTableSize: headerTableSize = Int(value)
        case Identifier.enablePush:
            if value > 1 || (peerIsServer && value != 0) { return .protocolError }
        case Identifier.maxConcurrentStreams: maxConcurrentStreams = Int(value)
        case Identifier.initialWindowSize:
            if Int(value) > Wire.largestWindow { return .flowControlError }
            initialWindow = Int(value)
        case Identifier.maxFrameSize:
            let size = Int(value)
            if size < Wire.smallestFrameLimit || size > Wire.largestFrameLimit { return .protocolError }
            maxFrameSize = size
        default: break
        }
        return nil
    }
}
