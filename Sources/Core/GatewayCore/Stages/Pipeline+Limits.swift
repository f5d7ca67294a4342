import Bytes
import ProblemDetails
import RateLimiting
import TokenVerification

/// The stage that decides how much a caller may ask for.
extension Pipeline {
    func limit(_ request: RequestContext) -> Verdict {
        if case .operational = request.operation?.kind { return .proceed }
        request.rates.removeAll()
        limiter.begin()
        if let grants = request.grants {
            guard let verdict = addLimits(of: grants, request) else { return decide(request) }
            return verdict
        }
        guard let rule = snapshot.addressRule, !isCounted(request) else { return .proceed }
        addressText.removeAll()
        request.peer.appendNetwork(to: addressText)
        add(rule, request, key: request.clientHash(hash), tag: addressText.view)
        return decide(request)
    }

    /// The limits of a known caller: what this process takes of the tenant, the user's, the tenant's own. A verdict where that is
    /// not known yet.
    private func addLimits(of grants: Grants, _ request: RequestContext) -> Verdict? {
        guard let identity = request.identity, let tenant = grants.tenant else { return .proceed }
        if let process = snapshot.tenantLimits.process { add(process, request, key: identity.tenantHash) }
        if let rule = grants.rateRule, !isCounted(request) {
            add(rule, request, key: identity.userHash, tag: identity.tenant, name: identity.subject)
        }
        switch directory.rate(of: tenant) {
        case .known(let ceiling):
            if let ceiling { add(ceiling, request, key: identity.tenantHash, tag: identity.tenant) }
        case .reading(let read): return wait(request, for: read)
        // Nobody knows of a ceiling: the user's own limit holds.
        case .unavailable: break
        }
        return nil
    }

    /// Whether an Envoy in front has counted the request for its user or address; the tenant's limits it does not ask about.
    private func isCounted(_ request: RequestContext) -> Bool {
        snapshot.tenantLimits.areCountedByProxies && request.isPeerTrusted
    }

    private func add(
        _ rule: RateRule, _ request: RequestContext, key: UInt64, tag: ByteView = .empty, name: ByteView = .empty
    ) {
        limiter.add(rule.limit, key: key, tag: tag, name: name)
        request.rates.add(rule)
    }

    private func decide(_ request: RequestContext) -> Verdict {
        let now = UInt64(max(0, now))
        // An explanation takes nothing.
        let outcome =
            request.explanation == nil
            ? limiter.decide(now: now, progress: &request.limitProgress) : limiter.peek(now: now)
        switch outcome {
        case .allowed:
            request.rates.settle(limiter, upTo: request.rates.count)
            return .proceed
        case .refused(let position):
            request.rates.settle(limiter, upTo: position + 1)
            request.reject(request.rates.rule(position).problem(limiter.decision(position)))
            return .reject
        case .unavailable:
            request.rates.removeAll()
            request.reject(
                Problem(.serviceUnavailable, "whether a limit is exceeded cannot be told at present", retryAfterSeconds: 1))
            return .reject
        case .wait(let ask): return .wait(.tokens(ask))
        }
    }
}
