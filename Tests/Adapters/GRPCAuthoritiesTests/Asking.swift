import GatewayCore
import Plans
import Testing

@testable import GRPCAuthorities

func settings(
    _ ports: Int..., timeout: Duration = .seconds(20), tls: Service.ClientTLS? = nil
) -> PlatformConfiguration.Authority {
    PlatformConfiguration.Authority(
        addresses: ports.map { .init(host: "127.0.0.1", port: $0) }, tls: tls, timeout: timeout)
}

extension IAMAuthority {
    func ask(_ tenant: String, _ user: String) async -> Result<AuthorityPermissions, AuthorityFault> {
        await withCheckedContinuation { continuation in
            permissions(tenant: Array(tenant.utf8), user: Array(user.utf8)) { continuation.resume(returning: $0) }
        }
    }

    /// The fault an asker is told; nil for an answer.
    func fault(_ tenant: String, _ user: String) async -> AuthorityFault? {
        if case .failure(let fault) = await ask(tenant, user) { fault } else { nil }
    }

    /// Runs `body` with an authority and closes it.
    static func with<Value>(
        _ settings: PlatformConfiguration.Authority, timeToLive: Duration = .seconds(300), limits: AuthorityLimits = .default,
        _ body: (IAMAuthority) async throws -> Value
    ) async throws -> Value {
        let authority = try IAMAuthority(settings, timeToLive: timeToLive, limits: limits)
        do {
            let value = try await body(authority)
            await authority.shutdown()
            return value
        } catch {
            await authority.shutdown()
            throw error
        }
    }
}

extension BillingAuthority {
    func ask(_ tenant: String) async -> Result<AuthorityPlan, AuthorityFault> {
        await withCheckedContinuation { continuation in
            plan(tenant: Array(tenant.utf8)) { continuation.resume(returning: $0) }
        }
    }
}
