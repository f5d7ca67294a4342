import Permissions
public import Plans

/// Who is asked for facts of which nothing is kept, on the loop that asks.
///
/// Each calls `completed` exactly once, on the same loop, within bounded time.
public struct Authorities {
    public typealias Ask<Answer> = (_ read: FactRead, _ completed: @escaping (AuthorityOutcome<Answer>) -> Void) -> Void

    /// IAM; nil for nobody.
    public var permissions: Ask<AuthorityAnswer<[String]>>?
    /// Billing; nil for nobody.
    public var plan: Ask<AuthorityAnswer<PlanInfo>>?

    public init() {}
}

/// How a question to an authority ends.
public enum AuthorityOutcome<Answer> {
    case known(Answer)
    /// This question has no answer, which says nothing about others.
    case unanswered
    /// The authority cannot be asked at present.
    case unavailable

    /// What becomes of the fact without an answer.
    public var failure: FactAnswer { if case .unanswered = self { .unanswered } else { .unavailable } }
}

/// What an authority says.
public struct AuthorityAnswer<Value> {
    public let value: Value
    /// How long it may be believed.
    public let lifeMilliseconds: Int64

    public init(_ value: Value, lifeMilliseconds: Int64) {
        self.value = value
        self.lifeMilliseconds = lifeMilliseconds
    }
}

extension TenantDirectory {
    /// The end of a read by the word of IAM.
    public func settle(_ read: FactRead, _ outcome: AuthorityOutcome<AuthorityAnswer<[String]>>) {
        guard case .known(let answer) = outcome else { return settle(read, outcome.failure) }
        settle(read, .permissions(HeldPermissions(answer.value)), lifeMilliseconds: answer.lifeMilliseconds)
    }

    /// The end of a read by the word of Billing.
    public func settle(_ read: FactRead, _ outcome: AuthorityOutcome<AuthorityAnswer<PlanInfo>>) {
        guard case .known(let answer) = outcome else { return settle(read, outcome.failure) }
        settle(read, .plan(answer.value), lifeMilliseconds: answer.lifeMilliseconds)
    }
}
