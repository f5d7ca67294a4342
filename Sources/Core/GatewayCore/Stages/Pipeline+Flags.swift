import Bytes
import Flags
import OpenAPI
import ProblemDetails
import TokenVerification

/// Operations that are there for some callers alone.
extension Pipeline {
    /// Refuses as if there were no such operation: whom a feature is not for need not know of it.
    func checkFlag(_ request: RequestContext) -> Verdict {
        guard let operation = request.operation, let flag = operation.flag else { return .proceed }
        let isOn = flags?.isOn(flag.name, CallerSubject(request), now: unixSeconds &* 1000) ?? false
        if isOn != flag.isNegated { return .proceed }
        request.reject(.notFound, "no operation has this path")
        return .reject
    }
}

/// The caller as flags know it.
private struct CallerSubject: FlagSubject {
    private let identity: Identity?

    init(_ request: RequestContext) { identity = request.identity }

    /// The user, so that one has the same of a share each time; strangers are one.
    var key: ByteView { identity?.subject ?? ByteView("anonymous") }

    func operand(_ name: ByteView) -> FlagOperand? {
        if name == "tenantId" { return identity.map { .text($0.tenant) } }
        if name == "userId" { return identity.map { .text($0.subject) } }
        if name == "targetingKey" || name == "key" { return .text(key) }
        if name == "anonymous" { return .bool(identity == nil) }
        if name == "role" { return identity.flatMap { $0.roleCount > 0 ? .text($0.role(0)) : nil } }
        if name == "roles" { return .something }
        let prefix = ByteView("roles.")
        if name.count > prefix.count, name[0, prefix.count] == prefix {
            return identity?.hasRole(name[prefix.count, name.count]) == true ? .bool(true) : nil
        }
        return nil
    }
}
