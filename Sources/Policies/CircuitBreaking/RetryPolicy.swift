/// Whether a failed call is made once more, and when.
public struct RetryPolicy: Hashable, Sendable {
    /// Retries of one request; default 1, 0 turns them off.
    public var retries = 1
    /// Milliseconds before a retry; default 100.
    public var delayMilliseconds: Int64 = 100
    /// The delay is lengthened by up to this share of it at random, in percent; default 0, so that the delay is the contract's number.
    public var jitterPercent: Int64 = 0
    /// Milliseconds that must be left when the retry starts; default 50. A retry with less would be cut off and only add load.
    public var leastRemainingMilliseconds: Int64 = 50

    public init() {}

    public enum Decision: Hashable, Sendable {
        case no
        /// Make the call again after so many milliseconds.
        case after(milliseconds: Int64)
    }

    /// Decides about a call that failed with `failure`.
    ///
    /// - Parameters:
    ///   - isRead: whether the client's method is GET or HEAD. No other is ever repeated: the service may have acted on it.
    ///   - attempt: the number of the call that failed, from 1.
    ///   - remaining: milliseconds left of the request's deadline.
    ///   - random: any random number, for the jitter.
    ///
    /// A yes is to be confirmed by the `RetryBudget`.
    public func decide(
        isRead: Bool, attempt: Int, failure: CallFailureClass, remaining: Int64, pushback: RetryPushback = .none,
        random: UInt64 = 0
    ) -> Decision {
        guard isRead, attempt <= retries, Self.isWorthRepeating(failure) else { return .no }
        let delay: Int64
        switch pushback {
        case .never: return .no
        case .after(let milliseconds): delay = milliseconds
        case .none: delay = lengthened(random)
        }
        // Subtracted, not added: a delay may be any number a configuration holds.
        guard delay <= remaining - leastRemainingMilliseconds else { return .no }
        return .after(milliseconds: delay)
    }

    /// Failures that may be gone a moment later.
    private static func isWorthRepeating(_ failure: CallFailureClass) -> Bool {
        switch failure {
        case .connection, .deadline, .unavailable, .fault: true
        case .answered, .clientDeadline, .clientLeft, .notSent: false
        }
    }

    private func lengthened(_ random: UInt64) -> Int64 {
        let (most, overflow) = delayMilliseconds.multipliedReportingOverflow(by: jitterPercent)
        guard jitterPercent > 0, delayMilliseconds > 0, !overflow else { return max(0, delayMilliseconds) }
        let extra = Int64(truncatingIfNeeded: random % UInt64(most / 100 + 1))
        return delayMilliseconds &+ extra
    }
}
