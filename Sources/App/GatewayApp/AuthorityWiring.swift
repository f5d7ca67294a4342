import GRPCAuthorities
import GatewayCore
import NIOCore

/// IAM and Billing as the configuration names them: one client of each for the process.
final class AuthorityWiring: Sendable {
    private let iam: IAMAuthority?
    private let billing: BillingAuthority?

    /// Throws `StartFault.tls` when the trusted roots of one cannot be read; whether they answer is not asked here.
    init(_ configuration: PlatformConfiguration) throws {
        do {
            iam = try configuration.iam.authority.map { try IAMAuthority($0, timeToLive: configuration.iam.timeToLive) }
            billing = try configuration.billing.flatMap { billing in
                try billing.authority.map { try BillingAuthority($0, timeToLive: billing.timeToLive) }
            }
        } catch {
            throw GatewayProcess.StartFault.tls("\(error)")
        }
    }

    /// Both as one loop asks them.
    func asked(on loop: any EventLoop) -> Authorities {
        var authorities = Authorities()
        authorities.permissions = iam?.asked(on: loop)
        authorities.plan = billing?.asked(on: loop)
        return authorities
    }

    func shutDown() async {
        await iam?.shutdown()
        await billing?.shutdown()
    }
}
