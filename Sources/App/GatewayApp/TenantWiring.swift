import Bytes
import DataPlane
import GatewayCore
import NIOCore
import Valkey

/// What each loop has beside itself for tenants, as the configuration says: Valkey, or the configuration's own table, and who is asked
/// where these say nothing.
struct TenantWiring {
    let makeTenants: SharedState.TenantFactory
    let authorities: AuthorityWiring

    /// - Parameter settings: of the store, nil where there is none.
    init(_ configuration: PlatformConfiguration, _ settings: ValkeySettings?, hash: KeyedHash) throws {
        let authorities = try AuthorityWiring(configuration)
        self.authorities = authorities
        let stale = StaleTimes(
            permissions: configuration.iam.staleFor, plans: configuration.billing?.staleFor ?? StaleTimes().plans)
        let life = configuration.iam.timeToLive.milliseconds
        makeTenants = { loop, snapshot in
            // Without a store nothing changes but by a new configuration, which says so itself; with one nobody tells of changes
            // before there is a connection.
            let directory = TenantDirectory(
                hash: hash, stale: stale, isTracked: settings == nil, seed: .random(in: .min ... .max))
            let asked = authorities.asked(on: loop)
            guard let settings else {
                return (directory, ConfiguredBackend(snapshot, directory: directory, authorities: asked))
            }
            do {
                let backend = try ValkeyBackend(
                    loop: loop, directory: directory, snapshot: snapshot, settings: settings, authorities: asked,
                    lifeMilliseconds: life, milliseconds: { MonotonicClock.milliseconds() })
                return (directory, backend)
            } catch {
                // `settings` was held against the endpoint before.
                preconditionFailure("\(error)")
            }
        }
    }
}
