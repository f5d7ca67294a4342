import Bytes
import CORS
import HTTP1
import HTTPSemantics
import ProblemDetails
import Routing
import TokenVerification

/// The stages for pages of other origins: preflights before the token, the caller's tenant after it.
extension Pipeline {
    /// Notes in the first stage whether there are rules: all answers that follow depend on it.
    func noteOrigin(_ request: RequestContext) {
        guard snapshot.cors != nil else { return }
        request.crossOrigin.isGoverned = true
        request.crossOrigin.isPreflight =
            request.head.method == .options && request.fields.contains(.origin)
            && request.fields.contains(.accessControlRequestMethod)
    }

    /// Finds the operation that a preflight asks about; none is no refusal yet.
    func matchPreflight(_ request: RequestContext) -> Verdict {
        let (method, token) = request.requestedMethod
        switch snapshot.routes.match(path: request.path, method: method, customMethod: token, captures: request.captures) {
        case .found(let index): request.operation = snapshot.operations[index]
        case .methodNotAllowed, .notFound:
            // What is sent there is not known yet: it may be a call of gRPC-Web.
            guard method == .post, let methods = snapshot.grpcMethods,
                case .found(let index) = methods.routes.match(
                    path: request.path, method: .post, customMethod: .empty, captures: request.captures)
            else { break }
            request.operation = snapshot.operations[methods.operations[index]]
        }
        return .proceed
    }

    /// Applies the rules of the host's tenant, or of the route's, and decides a preflight.
    ///
    /// Whatever is decided, the preflight goes on as a public operation and is answered after the limit of its address: a refused
    /// one costs its sender as much as an allowed one.
    func admitOrigin(_ request: RequestContext) -> Verdict {
        guard request.crossOrigin.isGoverned, request.fields.contains(.origin) else { return .proceed }
        if let read = adoptRulesOfArrival(request) { return wait(request, for: read) }
        guard request.crossOrigin.isPreflight else { return .proceed }
        if let rules = request.crossOrigin.rules {
            let isAllowed = request.crossOrigin.isAllowed && request.operation != nil && request.isAllowedPreflight(by: rules)
            request.crossOrigin.adopt(rules, isAllowed: isAllowed)
        }
        request.operation = snapshot.cors?.preflight
        return .proceed
    }

    /// Rules that count while the caller is not known: of the host, else of the route, else of everybody. A read where they are not
    /// there yet; until then nothing is allowed.
    @discardableResult
    func adoptRulesOfArrival(_ request: RequestContext) -> FactRead? {
        guard let policy = snapshot.cors, request.fields.contains(.origin) else { return nil }
        guard let tenant = policy.tenant(ofHost: request.authority) ?? request.operation?.corsTenant else {
            adopt(policy.standard, for: request)
            return nil
        }
        return tenant.withByteView { adoptRules(ofTenant: $0, hash: hash($0), for: request) }
    }

    /// Puts a tenant's own rules in force, or those of everybody where it has none. A read where they are not there yet.
    ///
    /// Where nobody can say at present nothing is allowed: the rules of everybody might allow more.
    private func adoptRules(ofTenant name: ByteView, hash: UInt64, for request: RequestContext) -> FactRead? {
        adopt(.nothing, for: request)
        guard let tenant = directory.tenant(name, hash: hash) else { return nil }
        switch directory.cors(of: tenant) {
        case .known(let own): adopt(own ?? snapshot.cors?.standard, for: request)
        case .reading(let read): return read
        case .unavailable: break
        }
        return nil
    }

    /// Puts the rules of the caller's tenant in force, and refuses upgrades of pages they do not allow: browsers let every page open
    /// a WebSocket, with the user's cookies, and leave it to the server to look at `Origin` (RFC 6455 section 10.2).
    func adoptCaller(_ request: RequestContext) -> Verdict {
        guard request.crossOrigin.isGoverned, request.fields.contains(.origin) else { return .proceed }
        if let identity = request.identity,
            let read = adoptRules(ofTenant: identity.tenant, hash: identity.tenantHash, for: request)
        {
            return wait(request, for: read)
        }
        guard request.isUpgrade, request.crossOrigin.rules != nil, !request.crossOrigin.isAllowed, !request.isSameHost else {
            return .proceed
        }
        request.reject(.forbidden, "pages of this origin may not connect")
        return .reject
    }

    private func adopt(_ rules: CORSRules?, for request: RequestContext) {
        let isAllowed = rules.map { rules in request.soleOrigin.map { rules.allows(origin: $0) } ?? false } ?? false
        request.crossOrigin.adopt(rules, isAllowed: isAllowed)
    }
}

extension RequestContext {
    /// The method a preflight asks for, and its token; two lines ask for none.
    fileprivate var requestedMethod: (method: RequestMethod, token: ByteView) {
        guard !fields.isRepeated(.accessControlRequestMethod), let line = fields.first(.accessControlRequestMethod) else {
            return (.other, .empty)
        }
        let token = headBytes.view[line.value]
        return (RequestMethod(token: token), token)
    }

    fileprivate func isAllowedPreflight(by rules: CORSRules) -> Bool {
        guard rules.allows(method: requestedMethod.method) else { return false }
        var next = fields.firstIndex(.accessControlRequestHeaders)
        while let index = next {
            guard rules.allows(headers: headBytes.view[fields[index].value]) else { return false }
            next = fields.nextIndex(.accessControlRequestHeaders, after: index)
        }
        return true
    }
}
