import GatewayCore
import NIOCore
import RateLimiting
import Valkey
import ValkeyRateLimits
import ValkeyTenancy

/// What a loop has in Valkey: the facts of tenants and the buckets of limits, over one client.
final class ValkeyBackend: TenantBackend {
    private let client: ValkeyClient
    private let valkeyFacts: ValkeyFacts
    private let buckets: ValkeyLimitSource

    var facts: any FactSource { valkeyFacts }
    var limits: LimitSource? { buckets }

    /// A backend whose connections `tick` opens.
    init(
        loop: any EventLoop, directory: TenantDirectory, snapshot: Snapshot, settings: ValkeySettings, authorities: Authorities,
        lifeMilliseconds: Int64, milliseconds: @escaping () -> Int64
    ) throws(ValkeyEndpointError) {
        client = try ValkeyClient(
            loop: loop, endpoint: settings.endpoint, security: settings.security, tracking: FactTracker(directory).tracking,
            seed: .random(in: .min ... .max), nowMilliseconds: milliseconds())
        valkeyFacts = ValkeyFacts(
            directory: directory, client: client, limits: snapshot.tenantLimits, authorities: authorities,
            lifeMilliseconds: lifeMilliseconds, milliseconds: milliseconds)
        buckets = ValkeyLimitSource(client: client, loop: loop, milliseconds: milliseconds)
    }

    func tick(nowMilliseconds: Int64) { client.tick(nowMilliseconds: nowMilliseconds) }

    func adopt(_ snapshot: Snapshot) { valkeyFacts.adopt(snapshot.tenantLimits) }

    func shutDown() { client.shutdown() }
}
