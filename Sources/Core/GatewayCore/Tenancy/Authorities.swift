import Permissions
public import Plans

/// Who is asked for facts of which nothing is kept, on the loop that asks.
///
/// Each calls `completed` exactly once, on the same loop, within bounded time; with nil when it cannot be asked.
public struct Authorities {
    public typealias Ask<Answer> = (_ read: FactRead, _ completed: @escaping (Answer?) -> Void) -> Void

    /// IAM; nil for nobody.
    public var permissions: Ask<AuthorityAnswer<[String]>>?
    /// Billing; nil for nobody.
    public var plan: Ask<AuthorityAnswer<PlanInfo>>?

    public init() {}
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
    public func settle(_ read: FactRead, _ answer: AuthorityAnswer<[String]>?) {
        guard let answer else { return settle(read, .unavailable) }
        settle(read, .permissions(HeldPermissions(answer.value)), lifeMilliseconds: answer.lifeMilliseconds)
    }

    /// The end of a read by the word of Billing.
    public func settle(_ read: FactRead, _ answer: AuthorityAnswer<PlanInfo>?) {
        guard let answer else { return settle(read, .unavailable) }
        settle(read, .plan(answer.value), lifeMilliseconds: answer.lifeMilliseconds)
    }
}
