/// What the limits say to a request.
public enum LimitOutcome: Equatable {
    /// One token of each limit was taken.
    case allowed
    /// The limit at this position refuses: 429. No shared token was taken.
    case refused(Int)
    /// The limit at this position cannot be asked and is closed meanwhile: 503.
    case unavailable(Int)
    /// Valkey is being asked: the request is to be added to those who wait for the question, is resumed, and begins again.
    case wait(LimitAsk)
}

/// What a request has waited for so far; part of its context, reset with it.
public struct LimitProgress: Sendable {
    var asked: UInt8 = 0

    /// Of a request that was not decided yet.
    public init() {}
}

/// What a limiter did since its start.
public struct LimiterCounters: Equatable, Sendable {
    /// Questions sent.
    public var asks = 0
    /// Questions without an answer.
    public var failures = 0
    /// Times that Valkey was found to be away.
    public var outages = 0
    /// Times that a request had to wait.
    public var waits = 0
    /// Decisions of one limit by its fallback.
    public var fallbacks = 0
    /// Tokens granted by Valkey, and those of them that expired unused.
    public var granted = 0
    public var expired = 0

    /// Nothing yet.
    public init() {}
}
