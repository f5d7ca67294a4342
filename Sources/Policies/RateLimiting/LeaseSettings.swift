/// How a loop leases tokens; the defaults fit every deployment, tests scale them down.
public struct LeaseSettings: Sendable {
    /// Requests a second of one key on one loop from which tokens are leased; below, each request asks for its own. Default 50.
    public var hotPerSecond = 50
    /// How much of its own demand a loop leases at a time. Default 250 ms.
    public var leaseMilliseconds = 250
    /// A lease is no smaller than this, so that calls stay rare among requests, within `longestLeaseMilliseconds`. Default 100 tokens.
    public var leaseTokens = 100
    /// Upper bound of `leaseTokens` in time. Default 750 ms: with what is left when the next lease is asked for it stays below `lifeMilliseconds`.
    public var longestLeaseMilliseconds = 750
    /// When a leased token expires, counted from the moment it was asked for. Default 1 s.
    public var lifeMilliseconds = 1000
    /// The shortest time between two questions for a hot key that is out of tokens. Default 50 ms.
    public var shortestHoldMilliseconds = 50
    /// How much a bucket may refill beyond what a gateway last knew of it before it takes it for one that forgot. Default 1 s, more than
    /// two questions of one gateway can overtake each other.
    public var hintSlackMilliseconds = 1000
    /// Entries of the table of one loop; 72 bytes each. Default 16 384.
    public var entries = 16_384
    /// Requests of one loop that wait at a time; further ones take the fallback of their limit. Default 4096.
    public var waiting = 4096
    /// Questions of one loop that are on their way at a time. Default 512.
    public var asks = 512
    /// Questions that one request waits for at most, before it takes the fallback of its limit. Default 4.
    public var asksOfRequest = 4
    /// Distance of the questions that find out whether Valkey is back, give or take a half. Default 500 ms.
    public var probeMilliseconds = 500
    /// Time over which the keys return to Valkey after an outage. Default 1 s.
    public var returnMilliseconds = 1000
    /// Distance of an instance's signs of life, give or take a fifth. Default 3 s.
    public var beatMilliseconds = 3000

    /// The defaults.
    public init() {}
}
