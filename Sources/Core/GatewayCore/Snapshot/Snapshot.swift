public import Bytes
public import Permissions
public import Plans
public import ProblemDetails
public import Routing

/// Everything the gateway knows from its configuration and documents, compiled, immutable, shared by all loops.
///
/// A reload builds a new one beside it; loops take it at their next turn, requests in flight keep the old one's operations.
public final class Snapshot: Sendable {
    /// Counts up with every snapshot of the process.
    public let generation: UInt64
    public let services: [Service]
    public let operations: [Operation]
    /// Path and method to an index of `operations`.
    public let routes: RouteTable
    /// Nil when no client may speak gRPC itself.
    public let grpcMethods: GRPCMethodTable?
    public let limits: DataPlaneLimits
    /// Networks whose `X-Forwarded-*` is believed.
    public let trustedProxies: [AddressRange]
    public let problems: ProblemWriter
    /// What each role may do (the embedded source of permissions).
    public let roles: RoleTable
    /// Limit of an authenticated user without a role of `roleRules`; nil for none.
    public let userRule: RateRule?
    /// Limits of roles; the most generous of a caller's roles counts.
    public let roleRules: [RoleRule]
    /// Limit of a client address on public operations; nil for none.
    public let addressRule: RateRule?
    /// Nil when the gateway has no rules on pages of other origins: what services say of them passes.
    public let cors: CORSPolicy?
    /// Nil when lists of requests are not taken.
    public let batch: BatchRule?
    /// Services whose documents are wrong.
    public let quarantined: [Quarantine]
    /// What the configuration says of tenants.
    public let tenants: TenantTable
    /// Who decides what a caller may do.
    public let permissionOrigin: PlatformConfiguration.PermissionOrigin
    /// What a tenant's plan means; nil when plans mean nothing.
    public let planRules: PlanRules?
    /// What limits a tenant beside its own ceiling.
    public let tenantLimits: TenantLimits
    /// What the services are described by.
    public let documents: PlatformDocuments

    public init(
        generation: UInt64, services: [Service], operations: [Operation], routes: RouteTable, limits: DataPlaneLimits,
        trustedProxies: [AddressRange], problems: ProblemWriter, roles: RoleTable, userRule: RateRule?,
        roleRules: [RoleRule], addressRule: RateRule?, batch: BatchRule? = nil, grpcMethods: GRPCMethodTable? = nil,
        cors: CORSPolicy? = nil, quarantined: [Quarantine] = [], tenants: TenantTable,
        permissionOrigin: PlatformConfiguration.PermissionOrigin, planRules: PlanRules?, tenantLimits: TenantLimits
    ) {
        self.generation = generation
        self.services = services
        self.operations = operations
        self.routes = routes
        self.grpcMethods = grpcMethods
        self.limits = limits
        self.trustedProxies = trustedProxies
        self.problems = problems
        self.roles = roles
        self.userRule = userRule
        self.roleRules = roleRules
        self.addressRule = addressRule
        self.batch = batch
        self.cors = cors
        self.quarantined = quarantined
        self.tenants = tenants
        self.permissionOrigin = permissionOrigin
        self.planRules = planRules
        self.tenantLimits = tenantLimits
        documents = PlatformDocuments(services: [])
    }

    /// What `base` says, with other services and routes.
    init(
        generation: UInt64, services: [Service], operations: [Operation], routes: RouteTable, grpcMethods: GRPCMethodTable?,
        documents: PlatformDocuments, base: Snapshot
    ) {
        self.generation = generation
        self.services = services
        self.operations = operations
        self.routes = routes
        self.grpcMethods = grpcMethods
        self.documents = documents
        limits = base.limits
        trustedProxies = base.trustedProxies
        problems = base.problems
        roles = base.roles
        userRule = base.userRule
        roleRules = base.roleRules
        addressRule = base.addressRule
        batch = base.batch
        cors = base.cors
        quarantined = base.quarantined
        tenants = base.tenants
        permissionOrigin = base.permissionOrigin
        planRules = base.planRules
        tenantLimits = base.tenantLimits
    }

    /// The limit of a user: of the most generous of its roles, or that of users without such a role. Nil for none; a role without a limit
    /// is as generous as can be.
    public func rateRule(hasRole: (ByteView) -> Bool) -> RateRule? {
        var best: RateRule?
        for entry in roleRules where entry.role.withByteView(hasRole) {
            guard let rule = entry.rule else { return nil }
            if best.map({ $0.perSecond < rule.perSecond }) ?? true { best = rule }
        }
        return best ?? userRule
    }

    /// The operation at `index`, or nil when this snapshot has fewer.
    public func operation(_ index: Int) -> Operation? { index < operations.count ? operations[index] : nil }

    /// A role's own limit.
    public struct RoleRule: Sendable {
        public let role: [UInt8]
        /// Nil for no limit.
        public let rule: RateRule?

        public init(role: [UInt8], rule: RateRule?) {
            self.role = role
            self.rule = rule
        }
    }
}
