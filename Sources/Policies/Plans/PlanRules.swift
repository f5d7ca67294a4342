public import Bytes
public import ProblemDetails

/// What a tenant's plan means for a request.
public enum PlanVerdict: Sendable, Hashable, CaseIterable {
    case allowed
    /// The subscription is suspended.
    case suspended
    /// The subscription has ended.
    case terminated
    /// There is no subscription.
    case missing
    /// A quota that the operation draws on is used up.
    case exceeded
    /// Nobody could say which plan the tenant has, and that is not to be let pass.
    case unknown

    /// What the request is answered with; nil when it is allowed.
    public var refusal: (slug: ProblemSlug, detail: StaticString)? {
        switch self {
        case .allowed: nil
        case .suspended: (.subscriptionSuspended, "the subscription is suspended")
        case .terminated: (.subscriptionTerminated, "the subscription has ended")
        case .missing: (.subscriptionTerminated, "there is no subscription")
        case .exceeded: (.planLimitExceeded, "a quota of the plan that this operation draws on is used up")
        case .unknown: (.serviceUnavailable, "the plan cannot be read at present")
        }
    }
}

/// What becomes of requests by the plan of their tenant.
public struct PlanRules: Sendable, Hashable {
    /// What to do where there is no plan to go by.
    public enum Choice: Sendable, Hashable {
        case allow
        case deny
    }

    /// For a tenant that has no subscription, as Billing says.
    public var onMissing: Choice
    /// When nobody says which plan the tenant has.
    public var onFailure: Choice

    public init(onMissing: Choice, onFailure: Choice) {
        self.onMissing = onMissing
        self.onFailure = onFailure
    }

    /// Judges a request of a tenant with this plan, nil when nobody knows it. Allocates nothing.
    ///
    /// `quota` is what the operation draws on; nil for nothing. `capture` answers the value of the path parameter with a number.
    public func verdict(_ plan: PlanInfo?, quota: QuotaPattern?, capture: (Int) -> ByteView) -> PlanVerdict {
        guard let plan else { return onFailure == .allow ? .allowed : .unknown }
        switch plan.status {
        case nil: return onMissing == .allow ? .allowed : .missing
        case .suspended: return .suspended
        case .terminated: return .terminated
        case .active, .trialing, .pastDue: break
        }
        guard let quota, plan.hasExceeded(quota, capture: capture) else { return .allowed }
        return .exceeded
    }
}
