import Bytes
public import CORS
import HTTPSemantics

/// The rules on pages of other origins that the configuration holds, and whose rules count before a caller is known.
public final class CORSPolicy: Sendable {
    /// Answers every preflight that is admitted. Public, so that the stages after `cors` treat a preflight as any request of a stranger:
    /// no token, no permission, and the limit of its address.
    let preflight = Operation(
        index: .max, name: "gateway.preflight", method: "OPTIONS", template: "", kind: .preflight, service: nil, isPublic: true,
        maximumBodyBytes: 0, timeoutMilliseconds: 0)
    /// For tenants without rules of their own, and where no tenant is known; nil allows nothing.
    let standard: CORSRules?
    private let tenants: SortedNames
    private let tenantRules: [CORSRules]
    private let hosts: SortedNames
    private let hostTenants: [[UInt8]]

    /// - Parameters:
    ///   - standard: Rules of tenants without their own.
    ///   - tenants: Rules by tenant.
    ///   - hosts: Tenants by host, without port, in any case.
    public init(standard: CORSRules?, tenants: [(name: [UInt8], rules: CORSRules)], hosts: [(host: [UInt8], tenant: [UInt8])]) {
        self.standard = standard
        self.tenants = SortedNames(tenants.map(\.name))
        tenantRules = tenants.map(\.rules)
        self.hosts = SortedNames(hosts.map(\.host), ignoresCase: true)
        hostTenants = hosts.map(\.tenant)
    }

    /// The tenant's own rules; nil when it has none.
    func rules(ofTenant tenant: ByteView) -> CORSRules? { tenants.position(of: tenant).map { tenantRules[$0] } }

    /// The tenant whose host an authority names; nil for a host of nobody's.
    func tenant(ofHost authority: ByteView) -> [UInt8]? {
        guard !hosts.isEmpty, let end = Authority.hostLength(authority) else { return nil }
        return hosts.position(of: authority[0, end]).map { hostTenants[$0] }
    }
}
