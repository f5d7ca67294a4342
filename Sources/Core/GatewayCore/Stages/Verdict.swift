public import RateLimiting
public import TokenVerification

/// What a stage answers.
public enum Verdict {
    /// On to the next stage.
    case proceed
    /// The request is refused; `RequestContext.problem` says why.
    case reject
    /// The same stage runs again when what it waits for is there.
    case wait(WaitReason)
}

/// What a request may wait for without holding up its loop.
public enum WaitReason {
    /// The next turn: this one has spent its time on new tokens.
    case verifyBudget
    /// A fresh look at the issuer's keys.
    case key(UnknownKey)
    /// What is known of the tenant or the user is being read.
    case fact(FactRead)
    /// Tokens of its limits are being asked for.
    case tokens(LimitAsk)
    /// The audit trail has no room for its record.
    case auditRoom
}
