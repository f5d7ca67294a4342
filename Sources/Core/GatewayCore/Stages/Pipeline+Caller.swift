import Bytes
import HTTP1
import HTTPSemantics
import ProblemDetails
import Routing
import TokenVerification

/// The stage that decides who the caller is: token.
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
            if entry.payload.generation != snapshot.generation || !entry.payload.isLinked {
                entry.payload = Grants(entry.identity, snapshot: snapshot, directory: directory)
            }
            return admit(entry, request)
        }
        guard budget.take(turn: turn) else { return .wait(.verifyBudget) }
        switch verifier.verify(token, ring: ring, now: unixSeconds) {
        case .accepted(let identity):
            let (snapshot, directory) = (snapshot, directory)
            let entry = tokens.insert(token, identity, now: unixSeconds) {
                Grants($0, snapshot: snapshot, directory: directory)
            }
            return admit(entry, request)
        case .refused(let fault): return refuse(request, fault)
        case .unknownKey(let key):
            // Asked once per request: what the issuer does not know now stays unknown to this request.
            guard !request.hasAskedForKeys else { return refuse(request, .unknownKey) }
            request.hasAskedForKeys = true
            return .wait(.key(key))
        }
    }

    private func admit(_ entry: CachedToken<Grants>, _ request: RequestContext) -> Verdict {
        request.identity = entry.identity
        request.grants = entry.payload
        if entry.payload.tenant != nil { return .proceed }
        // It could become part of a key that means something else.
        request.reject(.forbidden, "the token's tenant is no name of a tenant")
        return .reject
    }

    private func refuse(_ request: RequestContext, _ fault: TokenFault) -> Verdict {
        request.tokenFault = fault
        request.reject(.unauthorized, fault.description)
        return .reject
    }
}
