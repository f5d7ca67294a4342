import Bytes
import HTTP1
import HTTPSemantics
import ProblemDetails
import Routing
import TraceContext

/// The stages that need nobody's identity: trace, client address, target, route.
extension Pipeline {
    func identify(_ request: RequestContext) -> Verdict {
        let fields = request.fields
        let bytes = request.headBytes.view
        // A second traceparent makes both worthless (W3C Trace Context section 3.2.1: exactly one field).
        let parent = fields.isRepeated(.traceparent) ? nil : fields.first(.traceparent)
        request.trace = TraceContext(traceparent: parent.map { bytes[$0.value] }, random: &random)
        let id = fields.isRepeated(.xRequestID) ? nil : fields.first(.xRequestID)
        request.requestID = RequestID(client: id.map { bytes[$0.value] }, random: &random)
        request.problems = snapshot.problems
        noteOrigin(request)
        if snapshot.grpcMethods != nil, request.head.method == .post {
            request.grpcForm = GRPCForm(mediaType: request.contentType.mediaType)
        }
        return .proceed
    }

    func findClient(_ request: RequestContext) -> Verdict {
        guard !snapshot.trustedProxies.isEmpty else { return .proceed }
        request.resolveClient(trusting: snapshot.trustedProxies)
        return .proceed
    }

    func normalise(_ request: RequestContext) -> Verdict {
        // `OPTIONS *` asks about the server itself (RFC 9110 section 9.3.7); what a gateway allows is known for a path only.
        if request.head.target.form == .asterisk {
            request.reject(.notFound, "the asterisk names no resource; ask with a path")
            return .reject
        }
        if let fault = request.normaliseTarget() {
            request.reject(fault)
            return .reject
        }
        if let versions { request.notice = versions.notice(of: request.path) }
        return .proceed
    }

    func match(_ request: RequestContext) -> Verdict {
        if request.crossOrigin.isPreflight { return matchPreflight(request) }
        if request.grpcForm != nil, let verdict = matchMethod(request) { return verdict }
        let head = request.head
        let outcome = snapshot.routes.match(
            path: request.path, method: head.method, customMethod: request.headBytes.view[head.methodRange],
            captures: request.captures)
        if case .found(let index) = outcome { request.operation = snapshot.operations[index] }
        if let notice = request.notice, notice.isOver(at: unixSeconds) {
            request.rejectSunset(notice)
            return .reject
        }
        switch outcome {
        case .found: return .proceed
        case .methodNotAllowed(let allow):
            request.allowedMethods = allow
            request.reject(.methodNotAllowed, "the path exists, but not with this method")
        case .notFound:
            request.reject(.notFound, "no operation has this path")
        }
        return .reject
    }

    /// The operation of a method that the client calls by gRPC itself; nil when the path names none that is offered.
    private func matchMethod(_ request: RequestContext) -> Verdict? {
        guard let methods = snapshot.grpcMethods,
            case .found(let index) = methods.routes.match(
                path: request.path, method: .post, customMethod: .empty, captures: request.captures)
        else { return nil }
        if request.grpcForm == .native, !request.takesTrailers {
            // Nor would it find the status of a gRPC answer.
            request.grpcForm = nil
            request.reject(
                .unsupportedMediaType, "the status of a gRPC call is in its trailers; ask for them with TE, or use gRPC-Web")
            return .reject
        }
        request.operation = snapshot.operations[methods.operations[index]]
        request.isFramedCall = true
        return .proceed
    }
}
