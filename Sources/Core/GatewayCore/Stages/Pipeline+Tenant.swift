import Bytes
import Permissions
import Plans
import ProblemDetails
import Routing
import TokenVerification

/// The stages that hold a known caller to what is known of the tenant and the user: module, permission, plan.
extension Pipeline {
    func checkModule(_ request: RequestContext) -> Verdict {
        guard let operation = request.operation, let module = operation.module, let tenant = request.grants?.tenant else {
            return .proceed
        }
        switch directory.modules(of: tenant) {
        case .known(let active):
            if let active, request.withName(of: module, { active.contains($0) }) { return .proceed }
            note(
                request, .module, needed: request.withName(of: module) { String($0) }, held: active?.count ?? 0, .directory)
            request.reject(.moduleNotFound, "the module is not active for the caller's tenant")
            return .reject
        case .reading(let read): return wait(request, for: read)
        case .unavailable: return refuseUnknown(request, "whether the module is active for the tenant cannot be told at present")
        }
    }

    func authorise(_ request: RequestContext) -> Verdict {
        guard let operation = request.operation, !operation.isPublic, let grants = request.grants else { return .proceed }
        if !operation.requiredRoles.isEmpty, !grants.hasAny(of: operation.requiredRoles, request.identity) {
            let roles = operation.requiredRoles.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
            note(request, .role, needed: roles, held: request.identity?.roleCount ?? 0, .roles)
            request.reject(.forbidden, "the caller has none of the roles this operation asks for")
            return .reject
        }
        guard let permission = operation.permission else { return .proceed }
        guard let user = grants.user else { return decide(request, permission, grants.held, .roles) }
        switch directory.permissions(of: user) {
        case .known(let held): return decide(request, permission, held ?? .none, .directory)
        case .reading(let read): return wait(request, for: read)
        case .unavailable: return refuseUnknown(request, "what the caller may do cannot be told at present")
        }
    }

    private func decide(
        _ request: RequestContext, _ permission: PermissionPattern, _ held: HeldPermissions,
        _ source: PlatformConfiguration.PermissionOrigin
    ) -> Verdict {
        if held.allows(permission, capture: { request.path[request.captures[$0]] }) { return .proceed }
        let name = permission.name { request.path[request.captures[$0]] } ?? permission.text
        note(request, .permission, needed: name, held: held.count, source)
        request.reject(.forbidden, "the caller does not hold the permission this operation asks for")
        return .reject
    }

    func checkPlan(_ request: RequestContext) -> Verdict {
        guard let rules = snapshot.planRules, let operation = request.operation, operation.service != nil, !operation.ignoresPlan,
            let tenant = request.grants?.tenant
        else { return .proceed }
        let plan: PlanInfo?
        switch directory.plan(of: tenant) {
        case .known(let known): plan = known ?? .missing
        case .reading(let read): return wait(request, for: read)
        case .unavailable: plan = nil
        }
        let verdict = rules.verdict(plan, quota: operation.quota) { request.path[request.captures[$0]] }
        guard let refusal = verdict.refusal else { return .proceed }
        note(request, verdict == .unknown ? .unknown : .plan, needed: operation.quota?.text ?? "", held: 0, .directory)
        request.reject(
            Problem(refusal.slug, refusal.detail, retryAfterSeconds: refusal.slug == .serviceUnavailable ? 1 : nil))
        return .reject
    }

    // MARK: What is not known

    /// A fact that one request waits for again and again changes all the time, or its source lies.
    private static var mostWaits: Int { 8 }

    func wait(_ request: RequestContext, for read: FactRead) -> Verdict {
        request.factWaits += 1
        guard request.factWaits <= Self.mostWaits else {
            return refuseUnknown(request, "what is known of the caller changes faster than it can be read")
        }
        return .wait(.fact(read))
    }

    /// Nobody can say: refused, because what is not known is not allowed.
    private func refuseUnknown(_ request: RequestContext, _ detail: StaticString) -> Verdict {
        note(request, .unknown, needed: "", held: 0, .directory)
        request.reject(Problem(.serviceUnavailable, detail, retryAfterSeconds: 1))
        return .reject
    }

    private func note(
        _ request: RequestContext, _ reason: Denial.Reason, needed: String, held: Int,
        _ source: PlatformConfiguration.PermissionOrigin
    ) {
        guard let identity = request.identity, let operation = request.operation else { return }
        let status =
            switch reason {
            case .role, .permission: 403
            case .module: 404
            case .plan: 402
            case .unknown: 503
            }
        let denial = Denial(
            time: unixSeconds, requestID: request.requestIDText, traceID: request.traceIDText,
            tenant: String(identity.tenant), user: String(identity.subject), roles: String(identity.joinedRoles),
            operation: operation.name, status: status, reason: reason, needed: needed, source: source, held: held)
        if let explanation = request.explanation { explanation.denial = denial } else { denials.note(denial) }
    }
}
