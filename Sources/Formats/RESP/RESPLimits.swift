/// Bounds of one reply; a reply beyond any of them is a fault, and its connection is of no more use.
public struct RESPLimits: Sendable {
    /// Bytes of a whole reply with everything in it. Default 16 MiB: a connection's memory is bounded by it. More than
    /// 1 GiB counts as 1 GiB: places in a reply are kept in 32 bits.
    public var replyBytes = 16 << 20
    /// Bytes of one bulk string, bulk error or verbatim string. Default 8 MiB, far above any value the gateway keeps.
    public var bulkBytes = 8 << 20
    /// Bytes of one line: simple strings, errors, big numbers. Default 64 KiB: errors of scripts carry their text.
    public var lineBytes = 64 << 10
    /// Values of a reply, aggregates and attributes counted. Default 262 144: a set of a quarter million members.
    public var values = 1 << 18
    /// Aggregates inside each other. Default 16; the deepest answer of a command the gateway sends has 5.
    public var depth = 16

    /// The defaults.
    public init() {}
}
