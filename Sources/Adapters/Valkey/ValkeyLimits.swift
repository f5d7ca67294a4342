public import RESP

/// The bounds of one client on one loop; times in milliseconds, kept to the next `tick`.
public struct ValkeyLimits: Sendable {
    /// Commands of one connection that were sent and not answered. Default 1024: at a millisecond a round trip a million a second.
    public var commandsInFlight = 1024
    /// Commands that wait for a connection, or for room on it. Default 1024: more would be answered after their time anyway.
    public var commandsWaiting = 1024
    /// Bytes of one command. Default 1 MiB.
    public var commandBytes = 1 << 20
    /// Bytes of commands that wait for one connection, and bytes one turn hands to it. Default 4 MiB.
    public var waitingBytes = 4 << 20
    /// How often a command is sent again in all, by redirects and by answers that ask to try again. Default 5.
    public var repeats = 5
    /// First delay before a command is sent again after `TRYAGAIN` and its like; it doubles. Default 25 ms, of which half is drawn.
    public var repeatDelay: Int64 = 25
    /// From the attempt to connect to the end of the handshake. Default 2 s.
    public var handshake: Int64 = 2000
    /// Delays between attempts to connect are drawn evenly between 0 and this, doubled with each failure in a row. Default 100 ms.
    public var backoff: Int64 = 100
    /// The longest such delay. Default 5 s: what a recovered server waits for its clients at most.
    public var longestBackoff: Int64 = 5000
    /// A connection that stayed usable for this long begins anew with the shortest delay when it is lost. Default 1 s.
    public var stable: Int64 = 1000
    /// Silence of a connection that owes answers, after which it is given up. Default 1 s.
    public var silence: Int64 = 1000
    /// Silence of a connection that owes nothing, after which a PING is sent. Default 10 s.
    public var keepAlive: Int64 = 10_000
    /// `keepAlive` of tracking connections. Default 300 ms: with the next one a change is seen, or staleness known, in a second.
    public var trackingKeepAlive: Int64 = 300
    /// `silence` of tracking connections. Default 500 ms.
    public var trackingSilence: Int64 = 500
    /// Distance between looks at who is primary of what, give or take a fifth. Default 10 s.
    public var refresh: Int64 = 10_000
    /// The same of a client that tracks keys, which misses the changes of a primary it has not heard of. Default 1 s.
    public var trackingRefresh: Int64 = 1000
    /// The closest distance between two such looks. Default 100 ms.
    public var refreshDistance: Int64 = 100
    /// Server processes of a cluster. Default 256; a map that names more is refused.
    public var nodes = 256
    /// Bounds of a reply.
    public var replies = RESPLimits()

    /// The defaults.
    public init() {}

    /// The same, with room for one command and what must go before it, and no more nodes than a slot's entry can tell apart.
    var tenable: ValkeyLimits {
        var limits = self
        limits.commandsInFlight = max(3, commandsInFlight)
        limits.nodes = max(1, min(nodes, ValkeyHashSlot.count))
        return limits
    }
}
