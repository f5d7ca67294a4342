import Bytes
import GRPCCore
import GRPCProtobuf
public import GatewayCore
public import NIOCore
public import Plans
import SwiftProtobuf

/// What Billing says of a tenant.
public struct AuthorityPlan: Sendable {
    /// `PlanInfo.missing` for a tenant without a subscription.
    public let info: PlanInfo
    /// How long a copy may be used: what is configured, or less if Billing says so, and a short time for an unknown tenant.
    public let timeToLive: Duration
    /// Grows with every change of the plan; 0 when Billing does not count.
    public let version: Int64
}

/// Billing, asked over gRPC for a tenant's plan (`septem.billing.v1.PlanService`). Never asked on the request path.
///
/// Bounded as `IAMAuthority`. Safe to call from any thread.
public final class BillingAuthority: Sendable {
    private let authority: Authority<String, AuthorityPlan>

    /// Connects in the background, and keeps trying.
    ///
    /// `timeToLive` is the longest that a copy may be used. Throws `.configuration` when the trusted roots cannot be read. Ends
    /// with `shutdown`.
    public init(
        _ settings: PlatformConfiguration.Authority, timeToLive: Duration, limits: AuthorityLimits = .default
    ) throws(AuthorityFault) {
        let longest = timeToLive
        authority = try Authority(settings, limits: limits) { client, tenant, options in
            try await client.unary(
                request: ClientRequest(message: Septem_Billing_V1_GetPlanRequest.with { $0.tenantID = tenant }),
                descriptor: MethodDescriptor(fullyQualifiedService: "septem.billing.v1.PlanService", method: "GetPlan"),
                serializer: ProtobufSerializer<Septem_Billing_V1_GetPlanRequest>(),
                deserializer: ProtobufDeserializer<Septem_Billing_V1_Plan>(), options: options
            ) { response in
                do {
                    return try AuthorityPlan(try response.message, timeToLive: longest)
                } catch let error as RPCError where error.code == .notFound {
                    return AuthorityPlan(
                        info: .missing, timeToLive: min(longest, limits.unknownTimeToLive), version: 0)
                }
            }
        }
    }

    /// Asks for the plan of a tenant, named as in the token.
    ///
    /// `completed` is called exactly once: on any thread, or before this returns when nothing is asked. Takes no longer than the
    /// timeout, about twice that in a burst. A fault leaves the question open.
    public func plan(tenant: [UInt8], completed: @escaping @Sendable (Result<AuthorityPlan, AuthorityFault>) -> Void) {
        guard let tenant = String(validating: tenant, as: UTF8.self) else {
            return completed(.failure(AuthorityFault(.malformed, "the name of the tenant is no text")))
        }
        authority.ask(tenant, completed)
    }

    /// The same for one loop's facts: asked on `loop`, answered there.
    public func asked(on loop: any EventLoop) -> Authorities.Ask<PlanInfo> {
        { [self] read, completed in
            let completed = hop(to: loop, completed)
            plan(tenant: Array(read.tenant.name)) { result in
                completed(result.outcome { ($0.info, $0.timeToLive) })
            }
        }
    }

    /// What it was asked and how that went.
    public var counters: AuthorityCounters { authority.counters }

    /// Ends what is under way with `.closed` and closes the connections.
    public func shutdown() async { await authority.shutdown() }
}

extension AuthorityPlan {
    init(_ plan: Septem_Billing_V1_Plan, timeToLive: Duration) throws(AuthorityFault) {
        let status: PlanInfo.Status? =
            switch plan.status {
            case .active: .active
            case .trialing: .trialing
            case .pastDue: .pastDue
            case .suspended: .suspended
            case .terminated: .terminated
            case .unspecified, .UNRECOGNIZED: nil
            }
        guard let status else { throw AuthorityFault(.malformed, "the plan has no status that is known here") }
        do throws(PlanFault) {
            info = try PlanInfo(plan: plan.plan, status: status, exceeded: plan.exceeded)
        } catch {
            throw AuthorityFault(.malformed, "the plan is none: \(error.rawValue)")
        }
        self.timeToLive = timeToLive.capped(bySeconds: plan.ttlSeconds)
        version = plan.version
    }
}
