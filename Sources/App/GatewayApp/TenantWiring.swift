import Bytes
import DataPlane
import GatewayCore
import NIOCore
import Valkey
import ValkeyTenancy

/// What each loop has beside itself for tenants, as the configuration says: Valkey, or the configuration's own table.
struct TenantWiring {
    let makeDirectory: @Sendable () -> TenantDirectory
    let makeBackend: SharedState.BackendFactory

    /// Throws `StartFault.valkey` when the store cannot be spoken to as configured; whether it answers is not asked here.
    init(_ configuration: PlatformConfiguration, hash: KeyedHash) throws {
        guard let valkey = configuration.valkey else {
            makeDirectory = { TenantDirectory(hash: hash, isTracked: true) }
            makeBackend = { _, directory, snapshot in ConfiguredBackend(snapshot, directory: directory) }
            return
        }
        let settings = try Self.settings(valkey)
        makeDirectory = {
            // Nobody tells of changes before there is a connection.
            TenantDirectory(hash: hash, isTracked: false, seed: .random(in: .min ... .max))
        }
        makeBackend = { loop, directory, snapshot in
            do {
                return try ValkeyBackend(
                    loop: loop, directory: directory, settings: settings, authority: nil, lifeSeconds: 300,
                    seed: .random(in: .min ... .max), nowMilliseconds: MonotonicClock.milliseconds())
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
