public import CORS
public import Permissions
public import Plans

/// What there is to know of a tenant or a user.
public enum FactKind: UInt8, CaseIterable, Sendable {
    /// The modules that are active for a tenant.
    case modules
    /// A tenant's ceiling of requests.
    case rate
    /// What a tenant has paid for.
    case plan
    /// Which pages of other origins may read its answers.
    case cors
    /// What a user may do.
    case permissions

    /// A name for metric labels.
    public var label: StaticString {
        switch self {
        case .modules: "modules"
        case .rate: "rate"
        case .plan: "plan"
        case .cors: "cors"
        case .permissions: "permissions"
        }
    }
}

/// What a source says of a fact.
public enum FactAnswer {
    case modules(ModuleSet)
    /// Nil for no ceiling.
    case rate(RateRule?)
    case plan(PlanInfo)
    /// Nil for no rules of its own.
    case cors(CORSRules?)
    case permissions(HeldPermissions)
    /// This fact cannot be had, which says nothing about others.
    case unanswered
    /// The source cannot be asked at present; others of its facts could not be had either.
    case unavailable
}
