import GRPCCore
import GRPCProtobuf
import SwiftProtobuf

/// `septem.iam.v1.PermissionService`: what the directory's users hold at this moment.
struct PermissionService: Septem_Iam_V1_PermissionService.SimpleServiceProtocol {
    let directory: Directory

    func listPermissions(
        request: Septem_Iam_V1_ListPermissionsRequest, context: ServerContext
    ) async throws -> Septem_Iam_V1_ListPermissionsResponse {
        guard let names = await directory.permissions(tenant: request.tenantID, id: request.userID) else {
            throw RPCError(code: .notFound, message: "the tenant has no such user")
        }
        let version = await directory.version
        return .with {
            $0.permissions = names
            $0.version = Int64(version)
        }
    }
}

/// `septem.billing.v1.PlanService`: which plans the tenants have at this moment.
struct PlanService: Septem_Billing_V1_PlanService.SimpleServiceProtocol {
    let directory: Directory

    func getPlan(request: Septem_Billing_V1_GetPlanRequest, context: ServerContext) async throws -> Septem_Billing_V1_Plan {
        guard let plan = await directory.plan(of: request.tenantID) else {
            throw RPCError(code: .notFound, message: "the tenant has no subscription")
        }
        let version = await directory.version
        return .with {
            $0.plan = plan.plan
            $0.status = Septem_Billing_V1_SubscriptionStatus(plan.status)
            $0.exceeded = plan.exceeded ?? []
            $0.version = Int64(version)
        }
    }
}

extension Septem_Billing_V1_SubscriptionStatus {
    init(_ name: String) {
        self =
            switch name {
            case "active": .active
            case "trialing": .trialing
            case "past_due": .pastDue
            case "suspended": .suspended
            case "terminated": .terminated
            default: .unspecified
            }
    }
}
