import HTTP2

/// The bounds of one service's gRPC upstream on one loop; times in milliseconds.
struct GRPCUpstreamLimits: Sendable {
    /// A reply's message, after decompression; each of a stream's. Default 4 MiB, gRPC's own. A stream whose owner pauses holds
    /// this, five bytes and `HTTP2Limits.streamWindow` at most.
    var replyBytes = 4 << 20
    /// Request bytes of a stream that the service does not take yet, beyond which `GRPCUpstream.send` asks its caller to wait;
    /// one message may exceed it. Default 64 KiB: one read of a client's socket.
    var heldRequestBytes = 64 << 10
    /// Calls that wait for a connection or for a free stream. Default 1024.
    var queuedCalls = 1024
    /// How long a call waits while there is no connection at all before it fails. Default 1 s: long enough to bridge the
    /// restart of a service that is quickly back, short enough to leave time within the usual deadline of 5 s.
    var connectWait: Int64 = 1000
    /// From the connection attempt to the peer's SETTINGS. Default 3 s.
    var handshake: Int64 = 3000
    /// First delay between attempts that fail; it doubles up to `longestBackoff`, give or take a fifth. Default 1 s.
    var backoff: Int64 = 1000
    /// Default 30 s.
    var longestBackoff: Int64 = 30_000
    /// While calls wait, attempts follow each other at this distance at the closest. Default 100 ms.
    var demandBackoff: Int64 = 100
    /// Silence on a connection with open calls after which a PING is sent. Default 20 s; doubles each time the service
    /// complains of too many.
    var keepAlive: Int64 = 20_000
    /// The same where only streams are open, which are silent for good reasons. Default 330 s: gRPC's servers hang up on peers
    /// that send PINGs more often than every 300 s without data in between.
    var streamKeepAlive: Int64 = 330_000
    /// How long the answer to that PING may take. Default 5 s.
    var keepAliveTimeout: Int64 = 5000
    /// Bounds of each HTTP/2 session.
    var http2 = HTTP2Limits()
}
