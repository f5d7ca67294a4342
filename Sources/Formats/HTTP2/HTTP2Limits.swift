/// The bounds of one HTTP/2 session, each with the attack or the cost it answers.
public struct HTTP2Limits: Sendable {
    /// Streams open at a time: for a server what it announces, for a client its own bound beside the peer's. Default 1024.
    public var concurrentStreams = 1024
    /// What the peer may send on one stream before we announce more, in bytes. Default 1 MiB: the bandwidth-delay product of
    /// a 10 Gbit/s network at 0.8 ms.
    public var streamWindow = 1 << 20
    /// What the peer may send on the whole connection before we announce more, in bytes. Default 4 MiB.
    public var connectionWindow = 4 << 20
    /// Bytes of the dynamic table that the peer may use to compress its header fields. Default 4096, the protocol's own;
    /// 0 turns it off.
    public var headerTableSize = 4096
    /// Size of a decoded header list, counted as RFC 9113 section 6.5.2 does (32 bytes a field extra). Default 32 KiB: twice
    /// what the gateway accepts over HTTP/1.1.
    public var headerListBytes = 32 << 10
    /// Compressed bytes of one header block over HEADERS and CONTINUATION frames. Default 64 KiB.
    public var headerBlockBytes = 64 << 10
    /// CONTINUATION frames of one header block; a flood of small ones costs more than their bytes (CVE-2024-27316).
    /// Default 16.
    public var continuationFrames = 16
    /// Frames without use (PING, SETTINGS, PRIORITY, empty DATA, unknown types) between two calls of
    /// `HTTP2Session.replenishAllowances`; each may cost an answer (CVE-2019-9512, -9515, -9518). Default 1000.
    public var controlFramesPerInterval = 1000
    /// Streams that end by RST_STREAM, sent by the client or provoked by it, between two calls of
    /// `HTTP2Session.replenishAllowances`; servers only (CVE-2023-44487, CVE-2025-8671). Default 200.
    public var resetsPerInterval = 200
    /// Bytes collected in `HTTP2Session.output` beyond which `sendData` accepts nothing until the transport took them.
    /// Default 1 MiB.
    public var outputBytes = 1 << 20

    /// The defaults.
    public init() {}
}
