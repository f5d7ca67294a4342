import Bytes
import HTTP1
import HTTPSemantics
import Permissions
import ProblemDetails
import RateLimiting
import Routing
import TokenVerification

/// The stages that decide who the caller is and what the caller may do: token, rate limit, permission.
extension Pipeline {
    func authenticate(_ request: RequestContext) -> Verdict {
        guard request.operation?.isPublic != true else { return .proceed }
        let fields = request.fields
        guard let line = fields.first(.authorization) else { return refuse(request, .missing) }
        // Two credentials: whoever stands behind us might believe the other one.
        if fields.isRepeated(.authorization) { return refuse(request, .credentials) }
        let field = request.headBytes.view[line.value]
        switch BearerCredentials.token(in: field) {
        case .failure(let fault): return refuse(request, fault)
        case .success(let range): return accept(field[range], for: request)
        }
    }

    private func accept(_ token: ByteView, for request: RequestContext) -> Verdict {
        if let entry = tokens.lookup(token, now: unixSeconds) {
            if entry.payload.generation != snapshot.generation {
                entry.payload = Grants(entry.identity, snapshot: snapshot)
            }
            request.identity = entry.identity
            request.grants = entry.payload
            return .proceed
        }
        guard budget.take(turn: turn) else { return .wait(.verifyBudget) }
        switch verifier.verify(token, ring: ring, now: unixSeconds) {
        case .accepted(let identity):
            let snapshot = snapshot
            let entry = tokens.insert(token, identity, now: unixSeconds) { Grants($0, snapshot: snapshot) }
            request.identity = identity
            request.grants = entry.payload
            return .proceed
        case .refused(let fault): return refuse(request, fault)
        case .unknownKey(let key):
            // Asked once per request: what the issuer does not know now stays unknown to this request.
            guard !request.hasAskedForKeys else { return refuse(request, .unknownKey) }
            request.hasAskedForKeys = true
            return .wait(.key(key))
        }
    }

    private func refuse(_ request: RequestContext, _ fault: TokenFault) -> Verdict {
        request.tokenFault = fault
        request.reject(.unauthorized, fault.description)
        return .reject
    }

    func limit(_ request: RequestContext) -> Verdict {
        let applied = request.grants.map { $0.rateRule } ?? snapshot.addressRule
        guard let rule = applied else { return .proceed }
        if case .operational = request.operation?.kind { return .proceed }
        let key = request.identity?.userHash ?? request.clientHash(hash)
        let decision = buckets.take(key: key ^ rule.salt, rate: rule.rate, now: UInt64(max(0, now)))
        request.rateRule = rule
        request.rateDecision = decision
        guard !decision.isAllowed else { return .proceed }
        request.reject(rule.problem(decision))
        return .reject
    }

    func authorise(_ request: RequestContext) -> Verdict {
        guard let operation = request.operation, !operation.isPublic, let grants = request.grants else { return .proceed }
        if !operation.requiredRoles.isEmpty, !grants.hasAny(of: operation.requiredRoles, request.identity) {
            request.reject(.forbidden, "the caller has none of the roles this operation asks for")
            return .reject
        }
        guard let permission = operation.permission else { return .proceed }
        guard grants.allow(permission, capture: { request.path[request.captures[$0]] }) else {
            request.reject(.forbidden, "the caller does not hold the permission this operation asks for")
            return .reject
        }
        return .proceed
    }
}
