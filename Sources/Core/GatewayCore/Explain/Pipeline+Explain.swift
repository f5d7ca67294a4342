import Bytes
import HTTP1
import HTTPSemantics
import JSON
import OpenAPI
import Permissions
import Plans
import RateLimiting
import Routing
import TokenVerification

/// The stages for a request that is explained: the same functions, but nothing is taken or recorded, and each says what it found.
extension Pipeline {
    func runExplained(_ request: RequestContext, _ explanation: Explanation) -> Verdict {
        while true {
            let stage = request.stage
            // Explained requests are no calls of the platform.
            let verdict = stage == .audit ? .proceed : perform(stage, request)
            switch verdict {
            case .wait: return verdict
            case .reject: explanation.note(stage.name, .refused) { describe(stage, request, $0) }
            case .proceed: if stage != .audit { explanation.note(stage.name, .passed) { describe(stage, request, $0) } }
            }
            guard case .proceed = verdict, let next = Stage(rawValue: stage.rawValue + 1) else {
                if case .reject = verdict, stage.rawValue < Stage.cors.rawValue { adoptRulesOfArrival(request) }
                return verdict
            }
            request.stage = next
        }
    }

    private func describe(_ stage: Stage, _ request: RequestContext, _ out: ByteWriter) {
        switch stage {
        case .trace:
            out.append(member: "traceId", request.traceIDText)
            out.append(member: "requestId", request.requestIDText)
        case .clientAddress: out.append(member: "address", String(decoding: request.peer.text, as: UTF8.self))
        case .target: out.append(member: "path", String(request.path))
        case .route: describeRoute(request, out)
        case .token:
            guard request.operation?.isPublic != true else {
                return out.append(member: "access", "public: no token is looked at")
            }
            guard let identity = request.identity else { return }
            out.append(member: "tenant", String(identity.tenant))
            out.append(member: "user", String(identity.subject))
            out.append(member: "roles", String(identity.joinedRoles))
        case .rateLimit: describeLimits(request, out)
        case .module:
            guard let module = request.operation?.module else { return }
            out.append(member: "module", request.withName(of: module) { String($0) })
        case .flag:
            guard let flag = request.operation?.flag else { return }
            out.append(member: "flag", (flag.isNegated ? "not " : "") + flag.name)
        case .permission: describePermission(request, out)
        case .plan: if let quota = request.operation?.quota { out.append(member: "quota", quota.text) }
        case .cors, .origin, .audit, .parameters: break
        }
    }

    private func describeRoute(_ request: RequestContext, _ out: ByteWriter) {
        if let operation = request.operation {
            out.append(member: "operation", operation.name)
            out.append(member: "method", operation.method)
            out.append(member: "template", operation.template)
            if let service = operation.service { out.append(member: "service", service.name) }
        }
        let others = RouteCandidate.all(
            of: String(request.path), method: String(request.headBytes.view[request.head.methodRange]), in: snapshot,
            chosen: request.operation)
        guard !others.isEmpty else { return }
        out.append(",\"others\":[")
        for (index, other) in others.enumerated() {
            out.append(index == 0 ? "{" : ",{")
            out.append(member: "method", other.operation.method)
            out.append(member: "template", other.operation.template)
            out.append(member: "operation", other.operation.name)
            out.append(member: "lost", other.reason)
            out.append("}")
        }
        out.append("]")
    }

    private func describeLimits(_ request: RequestContext, _ out: ByteWriter) {
        guard request.rates.count > 0 else { return }
        out.append(",\"limits\":[")
        for index in 0..<request.rates.count {
            let rule = request.rates.rule(index)
            out.append(index == 0 ? "{" : ",{")
            out.append(member: "name", String(decoding: rule.name, as: UTF8.self))
            out.append(member: "requests", rule.rate.quota)
            out.append(member: "seconds", rule.rate.windowSeconds)
            out.append(member: "burst", rule.rate.burst)
            if let decision = request.rates.decision(index) { out.append(member: "remaining", decision.remaining) }
            out.append("}")
        }
        out.append("]")
    }

    private func describePermission(_ request: RequestContext, _ out: ByteWriter) {
        guard let operation = request.operation, !operation.isPublic else { return }
        if !operation.requiredRoles.isEmpty {
            out.append(
                member: "roles", operation.requiredRoles.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " or "))
        }
        guard let permission = operation.permission else { return }
        out.append(
            member: "needed", permission.name { request.path[request.captures[$0]] } ?? permission.text)
        out.append(
            member: "source",
            (request.grants?.user == nil ? PlatformConfiguration.PermissionOrigin.roles : .directory).rawValue)
    }
}

extension Stage {
    /// As explanations call it.
    var name: StaticString {
        switch self {
        case .trace: "trace"
        case .clientAddress: "clientAddress"
        case .target: "target"
        case .audit: "audit"
        case .route: "route"
        case .cors: "cors"
        case .token: "token"
        case .origin: "origin"
        case .rateLimit: "rateLimit"
        case .module: "module"
        case .flag: "flag"
        case .permission: "permission"
        case .plan: "plan"
        case .parameters: "parameters"
        }
    }
}
