import HTTP2

/// The bounds of the control plane's listener, each with what it is against.
public struct ControlLimits: Sendable {
    /// Connections of the process: a few for each of a thousand Envoys. Further ones are closed at once. Default 4096.
    public var connections = 4096
    /// Calls and streams of one connection at a time; an Envoy allows itself 1024 requests to a cluster unless told otherwise.
    /// Default 1024.
    public var streams = 1024
    /// Size of a decoded header list, as HTTP/2 counts it. Calls of Envoy carry a few hundred bytes of it. Default 16 KiB.
    public var headerListBytes = 16 << 10
    /// Bytes of messages of one connection that have begun and not come to their end. Default 16 MiB.
    public var partialBytes = 16 << 20
    /// Bytes that one stream may have waiting for its client; a method that sends more loses the stream. Default 64 MiB.
    public var unsentBytes = 64 << 20
    /// Bytes waiting for a client from which on a stream is not writable. Default 256 KiB.
    public var writableBytes = 256 << 10
    /// How long a connection without streams is kept. Default 15 min.
    public var idleMilliseconds: Int64 = 900_000
    /// How long a new connection has for its first SETTINGS, and any for the rest of a header block. Default 10 s.
    public var headMilliseconds: Int64 = 10_000
    /// Silence after which a connection with streams is asked for a sign of life: a peer whose machine died says nothing. Default 30 s.
    public var keepAliveMilliseconds: Int64 = 30_000
    /// How long the sign of life may take. Default 20 s.
    public var keepAliveTimeoutMilliseconds: Int64 = 20_000
    /// How long a connection may take nothing of what waits for it. Default 60 s.
    public var stalledMilliseconds: Int64 = 60_000

    /// The defaults.
    public init() {}

    /// Floods of frames and resets are bounded by the session's own defaults.
    var session: HTTP2Limits {
        var bounds = HTTP2Limits()
        bounds.concurrentStreams = streams
        bounds.headerListBytes = headerListBytes
        bounds.streamWindow = 256 << 10
        bounds.connectionWindow = 1 << 20
        // Envoy ends calls whose time is over by resets, a whole loop's worth of them when Valkey stalls.
        bounds.resetsPerInterval = 4 * streams
        return bounds
    }
}
