public import Bytes

/// One HTTP/2 connection without its socket, for either role (RFC 9113).
///
/// Give it what the transport read with `receive`, then pull `nextEvent` until it answers nil. What is to be sent collects in
/// `output`: the transport sends all of it in one write at the end of its turn and empties it. Owned by one event loop. After
/// a connection fault every call is without effect.
public final class HTTP2Session {
    public enum Role: Sendable {
        case client
        case server
    }

    public let role: Role
    /// Bytes for the peer; whoever writes them to the transport removes them here.
    public let output = ByteWriter(capacity: 4096)
    /// The fields of the last `headers` event.
    public let fields = HeaderList()

    let limits: HTTP2Limits
    let decoder: HPACKDecoder
    let encoder = HPACKEncoder()
    let inbound = ByteWriter(capacity: 4096)
    /// Bytes of `inbound` that were taken.
    var taken = 0
    var table = StreamTable()
    var peer = PeerSettings()

    var awaitsPreface: Bool
    /// Whether the peer's SETTINGS have arrived: it speaks HTTP/2.
    public internal(set) var hasReceivedSettings = false
    /// Whether a connection fault ended the session.
    public internal(set) var isOver = false
    var unacknowledgedSettings = 1

    var sendWindow = Wire.initialWindow
    var receiveWindow: Int
    var unannounced = 0
    var isWaitingForWindow = false

    var nextLocalStream: UInt32
    /// The highest stream the peer has opened.
    var lastPeerStream: UInt32 = 0
    /// What the peer's GOAWAY said, or nil.
    var goAwayLastStream: UInt32?
    /// Next slot to look at for streams beyond the peer's GOAWAY; negative when there is nothing to look for.
    var sweep = -1
    var hasSentGoAway = false

    /// Stream of an unfinished header block, 0 when there is none.
    var blockStream: UInt32 = 0
    var blockEndsStream = false
    var blockFrames = 0
    let block = ByteWriter(capacity: 64)
    /// Where the header block being written starts in `output`.
    var writtenBlockStart = 0

    var controlAllowance: Int
    var resetAllowance: Int
    /// Identifiers of streams this side reset, by number: frames the peer had sent before are not errors.
    var resetMarks = [UInt32](repeating: 0, count: HTTP2Session.rememberedResets)
    static let rememberedResets = 256
    /// Identifiers that the peer passed over, oldest first; hardly any peer does.
    var skipped: [ClosedRange<UInt32>] = []
    static let rememberedSkips = 8

    /// A session whose preface and SETTINGS are already in `output`.
    public init(role: Role, limits: HTTP2Limits = HTTP2Limits()) {
        self.role = role
        self.limits = limits
        decoder = HPACKDecoder(tableSize: limits.headerTableSize)
        awaitsPreface = role == .server
        nextLocalStream = role == .client ? 1 : 2
        receiveWindow = max(limits.connectionWindow, Wire.initialWindow)
        controlAllowance = limits.controlFramesPerInterval
        resetAllowance = limits.resetsPerInterval
        writePreface()
    }

    /// Whether the peer sent GOAWAY: no stream can be opened any more.
    public var isDraining: Bool { goAwayLastStream != nil }

    /// Number of open streams.
    public var openStreams: Int { table.count }

    /// Streams this side may have open at a time: the smaller of the peer's limit and ours.
    public var streamLimit: Int { min(peer.maxConcurrentStreams, limits.concurrentStreams) }

    /// Whether `openStream` would succeed.
    public var canOpenStream: Bool {
        !isOver && goAwayLastStream == nil && table.count < streamLimit && nextLocalStream <= Wire.largestStream
    }

    /// Whether all stream identifiers are used up: only a new connection helps.
    public var isExhausted: Bool { nextLocalStream > Wire.largestStream }

    /// Whether a header block has begun and not ended: the peer owes CONTINUATION frames.
    public var isInsideHeaderBlock: Bool { blockStream != 0 }

    /// Whether bytes that begin a connection are an HTTP/2 client's (RFC 9113 section 3.4): four of them tell, as no method is `PRI`.
    public static func isPreface(_ bytes: ByteView) -> Bool { bytes.count >= 4 && bytes[0, 4] == "PRI " }

    /// Whether the stream is open in either direction.
    public func isOpen(_ stream: UInt32) -> Bool { table.slot(stream) >= 0 }

    /// Gives a stream that the peer opened the owner's number; unknown streams are ignored.
    public func setOwner(_ owner: Int, of stream: UInt32) {
        let slot = table.slot(stream)
        if slot >= 0 { table[slot].owner = owner }
    }

    /// Restores the allowances of `HTTP2Limits.controlFramesPerInterval` and `resetsPerInterval`; call it about once a second.
    public func replenishAllowances() {
        controlAllowance = limits.controlFramesPerInterval
        resetAllowance = limits.resetsPerInterval
    }

    private func writePreface() {
        if role == .client { output.append(Wire.clientPreface) }
        let start = output.count
        output.appendFrame(length: 0, type: FrameType.settings, flags: FrameFlag.none, stream: 0)
        if limits.headerTableSize != Wire.initialHeaderTableSize {
            writeSetting(PeerSettings.Identifier.headerTableSize, limits.headerTableSize)
        }
        if role == .client {
            writeSetting(PeerSettings.Identifier.enablePush, 0)
        } else {
            writeSetting(PeerSettings.Identifier.maxConcurrentStreams, limits.concurrentStreams)
        }
        writeSetting(PeerSettings.Identifier.initialWindowSize, limits.streamWindow)
        writeSetting(PeerSettings.Identifier.maxHeaderListSize, limits.headerListBytes)
        output.setFrame(
            length: output.count - start - FrameHeader.byteCount, type: FrameType.settings, flags: FrameFlag.none, at: start)
        if receiveWindow > Wire.initialWindow { writeWindowUpdate(stream: 0, receiveWindow - Wire.initialWindow) }
    }

    private func writeSetting(_ identifier: UInt16, _ value: Int) {
        output.append(bigEndian: identifier)
        output.append(bigEndian: UInt32(clamping: value))
    }

    func writeWindowUpdate(stream: UInt32, _ increment: Int) {
        output.appendFrame(length: 4, type: FrameType.windowUpdate, flags: FrameFlag.none, stream: stream)
        output.append(bigEndian: UInt32(clamping: increment))
    }

    func writeReset(_ stream: UInt32, _ code: HTTP2ErrorCode) {
        output.appendFrame(length: 4, type: FrameType.resetStream, flags: FrameFlag.none, stream: stream)
        output.append(bigEndian: code.rawValue)
        resetMarks[Int(stream >> 1) & (Self.rememberedResets - 1)] = stream
    }

    func writeGoAway(_ code: HTTP2ErrorCode) {
        output.appendFrame(length: 8, type: FrameType.goAway, flags: FrameFlag.none, stream: 0)
        output.append(bigEndian: lastPeerStream)
        output.append(bigEndian: code.rawValue)
        hasSentGoAway = true
    }

    /// Whether this side opens streams with such identifiers.
    @inline(__always)
    func isLocal(_ stream: UInt32) -> Bool { (stream & 1 == 1) == (role == .client) }

    /// Whether the stream was never opened (RFC 9113 section 5.1, idle).
    @inline(__always)
    func isIdle(_ stream: UInt32) -> Bool {
        isLocal(stream) ? stream >= nextLocalStream : stream > lastPeerStream
    }

    /// Whether late frames of a closed stream are to be expected: this side reset it, or it is too long ago to know.
    func isForgiven(_ stream: UInt32) -> Bool {
        if resetMarks[Int(stream >> 1) & (Self.rememberedResets - 1)] == stream { return true }
        let newest = isLocal(stream) ? nextLocalStream : lastPeerStream
        return newest > stream && (newest - stream) / 2 >= UInt32(Self.rememberedResets)
    }
}
