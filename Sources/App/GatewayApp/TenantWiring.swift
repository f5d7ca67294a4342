import Bytes
import DataPlane
import GatewayCore
import NIOCore
import Valkey

/// What each loop has beside itself for tenants, as the configuration says: Valkey, or the configuration's own table, and who is asked
/// where these say nothing.
struct TenantWiring {
    let makeDirectory: @Sendable () -> TenantDirectory
    let makeBackend: SharedState.BackendFactory
    let authorities: AuthorityWiring

    /// Throws `StartFault.valkey` when the store cannot be spoken to as configured; whether it answers is not asked here.
    init(_ configuration: PlatformConfiguration, hash: KeyedHash) throws {
        let settings = try configuration.valkey.map { try Self.settings($0) }
        let authorities = try AuthorityWiring(configuration)
        self.authorities = authorities
        var stale = StaleTimes()
        stale.permissions = configuration.iam.staleFor
        if let billing = configuration.billing { stale.plans = billing.staleFor }
        let times = stale
        guard let settings else {
            makeDirectory = { TenantDirectory(hash: hash, stale: times, isTracked: true, seed: .random(in: .min ... .max)) }
            makeBackend = { loop, directory, snapshot in
                ConfiguredBackend(snapshot, directory: directory, authorities: authorities.asked(on: loop))
            }
            return
        }
        let life = configuration.iam.timeToLive.components.seconds
        makeDirectory = {
            // Nobody tells of changes before there is a connection.
            TenantDirectory(hash: hash, stale: times, isTracked: false, seed: .random(in: .min ... .max))
        }
        makeBackend = { loop, directory, snapshot in
            do {
                return try ValkeyBackend(
                    loop: loop, directory: directory, snapshot: snapshot, settings: settings,
                    authorities: authorities.asked(on: loop), lifeSeconds: life,
                    milliseconds: { MonotonicClock.milliseconds() })
            } catch {
                // `settings` was held against the endpoint before.
                preconditionFailure("\(error)")
            }
        }
    }

    /// The endpoint and how it is secured; never repeats a part of the URL, which may hold a password.
    static func settings(_ valkey: PlatformConfiguration.Valkey) throws -> ValkeySettings {
        do {
            let endpoint = try ValkeyEndpoint(url: valkey.url)
            let security =
                endpoint.usesTLS
                ? try ValkeySecurity(
                    authorities: valkey.certificateAuthorityFile, certificate: valkey.certificateFile, key: valkey.keyFile,
                    serverName: valkey.serverName) : nil
            return ValkeySettings(endpoint: endpoint, security: security)
        } catch let error as ValkeyEndpointError {
            throw GatewayProcess.StartFault.valkey("valkey.url: \(error.message)")
        } catch {
            throw GatewayProcess.StartFault.valkey("valkey.tls: \(error)")
        }
    }
}
