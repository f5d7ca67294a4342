/// The circuit breakers of one service as reports show them.
public struct BreakerStatus: Sendable, Hashable {
    /// A tenant that is refused.
    public struct Tenant: Sendable, Hashable {
        /// A hash that is the tenant's as long as the process runs; its name is not kept.
        public let hash: UInt64
        public let retryAfterMs: Int64

        public init(hash: UInt64, retryAfterMs: Int64) { (self.hash, self.retryAfterMs) = (hash, retryAfterMs) }
    }

    public let service: String
    /// `closed`, `open` or `half-open`.
    public let state: String
    /// What a refused caller would be told now; 0 when calls pass.
    public let retryAfterMs: Int64
    /// How often the service breaker opened since the start.
    public let openings: Int
    /// How often a tenant was isolated since the start.
    public let isolations: Int
    /// How many tenants are refused now.
    public let isolatedTenants: Int
    /// Some of them, those refused longest first.
    public let tenants: [Tenant]

    public init(
        service: String, state: String, retryAfterMs: Int64, openings: Int, isolations: Int, isolatedTenants: Int,
        tenants: [Tenant]
    ) {
        self.service = service
        self.state = state
        self.retryAfterMs = retryAfterMs
        self.openings = openings
        self.isolations = isolations
        self.isolatedTenants = isolatedTenants
        self.tenants = tenants
    }

    /// The member of `/health`: what concerns the service as a whole.
    var summary: String {
        "\(service.jsonString):{\"state\":\(state.jsonString),\"retryAfterMs\":\(retryAfterMs),"
            + "\"isolatedTenants\":\(isolatedTenants)}"
    }

    /// Everything, as the admin listener shows it.
    private var detail: String {
        let tenants = tenants.map { tenant in
            "{\"hash\":\"\(String(tenant.hash, radix: 16))\",\"retryAfterMs\":\(tenant.retryAfterMs)}"
        }
        return "{\"service\":\(service.jsonString),\"state\":\(state.jsonString),\"retryAfterMs\":\(retryAfterMs),"
            + "\"openings\":\(openings),\"isolations\":\(isolations),\"isolatedTenants\":\(isolatedTenants),"
            + "\"tenants\":[\(tenants.joined(separator: ","))]}"
    }

    /// `{"breakers":[…]}`.
    public static func json(_ statuses: [BreakerStatus]) -> String {
        "{\"breakers\":[\(statuses.map(\.detail).joined(separator: ","))]}"
    }
}
