import Bytes
import HTTP1
import HTTPSemantics
import ProblemDetails
import Routing
import TraceContext

/// The stages that need nobody's identity: trace, client address, target, route.
extension Pipeline {
    func identify(_ request: RequestContext) -> Verdict {
        let fields = request.head.fields
        let bytes = request.headBytes.view
        // A second traceparent makes both worthless (W3C Trace Context section 3.2.1: exactly one field).
        let parent = fields.isRepeated(.traceparent) ? nil : fields.first(.traceparent)
        request.trace = TraceContext(traceparent: parent.map { bytes[$0.value] }, random: &random)
        request.requestID = RequestID(client: fields.first(.xRequestID).map { bytes[$0.value] }, random: &random)
        request.problems = snapshot.problems
        return .proceed
    }

    func findClient(_ request: RequestContext) -> Verdict {
        guard !snapshot.trustedProxies.isEmpty else { return .proceed }
        request.resolveClient(trusting: snapshot.trustedProxies)
        return .proceed
    }

    func normalise(_ request: RequestContext) -> Verdict {
        if let fault = request.normaliseTarget() {
            request.reject(fault)
            return .reject
        }
        return .proceed
    }

    func match(_ request: RequestContext) -> Verdict {
        switch snapshot.routes.match(path: request.path, method: request.head.method, captures: request.captures) {
        case .found(let index):
            request.operation = snapshot.operations[index]
            return .proceed
        case .methodNotAllowed(let allow):
            request.allowedMethods = allow
            request.reject(.methodNotAllowed, "the path exists, but not with this method")
        case .notFound:
            request.reject(.notFound, "no operation has this path")
        }
        return .reject
    }
}
