public import Plans

/// Who is asked for facts of which nothing is kept, on the loop that asks.
///
/// Each calls `completed` exactly once, on the same loop, within bounded time.
public struct Authorities {
    public typealias Ask<Answer> = (_ read: FactRead, _ completed: @escaping (AuthorityOutcome<Answer>) -> Void) -> Void

    /// IAM, for the names of a user's permissions, none of which grants nothing; nil for nobody.
    public var permissions: Ask<[String]>?
    /// Billing; nil for nobody.
    public var plan: Ask<PlanInfo>?

    public init() {}

    /// Settles the read of a plan of which nothing is kept: only Billing can say that a tenant has no subscription.
    public func settlePlan(_ read: FactRead, in directory: TenantDirectory) {
        guard let plan else { return directory.settle(read, .unanswered) }
        plan(read) { directory.settle(read, $0) { .plan($0) } }
    }
}

/// How a question to an authority ends.
public enum AuthorityOutcome<Answer> {
    /// The answer, and how long it may be believed.
    case known(Answer, lifeMilliseconds: Int64)
    /// This question has no answer, which says nothing about others.
    case unanswered
    /// The authority cannot be asked at present.
    case unavailable

    /// The same, believed no longer than so many milliseconds.
    public func lasting(atMost limit: Int64) -> AuthorityOutcome {
        if case .known(let answer, let life) = self { .known(answer, lifeMilliseconds: min(life, limit)) } else { self }
    }
}

extension AuthorityOutcome: Sendable where Answer: Sendable {}

extension TenantDirectory {
    /// The end of a read by the word of an authority, of which `fact` makes the fact.
    public func settle<Answer>(_ read: FactRead, _ outcome: AuthorityOutcome<Answer>, _ fact: (Answer) -> FactAnswer) {
        switch outcome {
        case .known(let answer, let life): settle(read, fact(answer), lifeMilliseconds: life)
        case .unanswered: settle(read, .unanswered)
        case .unavailable: settle(read, .unavailable)
        }
    }
}
