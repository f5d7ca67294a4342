/// What a breaker does with calls.
public enum BreakerPhase: String, Sendable {
    /// All calls pass.
    case closed
    /// No call passes.
    case open
    /// The time of refusal is over: one call at a time passes as a probe, and its end decides.
    case halfOpen = "half-open"
}
