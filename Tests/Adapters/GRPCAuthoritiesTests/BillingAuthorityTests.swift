import GatewayCore
import Plans
import Testing

@testable import GRPCAuthorities

@Suite("Plans from Billing", .serialized, .timeLimit(.minutes(2)), .enabled(if: PythonPeer.isAvailable))
struct BillingAuthorityTests {
    @Test("an answer is the plan as the gateway reads it, a tenant without one included")
    func answers() async throws {
        let peer = try await PythonPeer.authorities()
        let billing = try BillingAuthority(settings(peer.port), timeToLive: .seconds(60))
        let usual = try await billing.ask("acme").get()
        #expect(usual.info.plan == "pro" && usual.info.status == .active && usual.info.exceeded.isEmpty)
        #expect(usual.timeToLive == .seconds(60) && usual.version == 1)
        for status in PlanInfo.Status.allCases where status != .active {
            #expect(try await billing.ask(status.rawValue).get().info.status == status)
        }
        #expect(try await billing.ask("exceeded").get().info.exceeded == ["crm.contacts"])
        #expect(try await billing.ask("short").get().timeToLive == .seconds(1))
        let missing = try await billing.ask("not-found").get()
        #expect(missing.info === PlanInfo.missing && missing.timeToLive == AuthorityLimits.default.unknownTimeToLive)
        await billing.shutdown()
    }

    static let faults: [(tenant: String, code: AuthorityFault.Code)] = [
        ("strange", .malformed), ("unsaid", .malformed), ("many", .malformed), ("unavailable", .unavailable),
        ("internal", .refused),
    ]

    @Test("what is no plan is no answer", arguments: faults)
    func malformed(tenant: String, code: AuthorityFault.Code) async throws {
        let peer = try await PythonPeer.authorities()
        let billing = try BillingAuthority(settings(peer.port), timeToLive: .seconds(60))
        let result = await billing.ask(tenant)
        await billing.shutdown()
        guard case .failure(let fault) = result else {
            Issue.record("it was taken")
            return
        }
        #expect(fault.code == code)
    }
}
