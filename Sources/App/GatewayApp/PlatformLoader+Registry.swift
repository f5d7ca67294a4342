import GatewayCore
import Logging
import NIOPosix
import ValkeyModules
import ValkeyTenancy

extension PlatformLoader {
    /// Reads the registry of modules for the first time, where there is one, and lets it be followed from then on.
    ///
    /// The gateway starts without the registry's modules when Valkey does not answer; they come once it does.
    /// - Returns: What the platform came to with them; nil without a registry.
    func followRegistry(
        _ configuration: PlatformConfiguration, _ valkey: ValkeySettings?, to logger: Logger
    ) async throws -> Snapshot? {
        guard let registry = try await registry(configuration, valkey) else { return nil }
        modules.follow(registry, as: .registry)
        guard let packages = await registry.packages() else {
            logger.warning("the registry of modules does not answer; its modules are served once it does")
            return nil
        }
        modules.take(packages, from: .registry)
        return await modules.settle(beside: nil, generation: 1)?.snapshot
    }

    /// The platform with the modules of the registry; nil without one.
    func withRegistry(_ configuration: PlatformConfiguration) async throws(VersionFault) -> Snapshot? {
        let found: ModuleRegistry?
        do {
            found = try await registry(configuration, try configuration.valkey.map { try ValkeySettings($0) })
        } catch { throw VersionFault("\(error)") }
        guard let found else { return nil }
        guard let packages = await found.packages() else {
            throw VersionFault("the registry of modules does not answer; what its modules offer would be missing")
        }
        modules.take(packages, from: .registry)
        return await modules.settle(beside: nil, generation: 1)?.snapshot
    }

    private func registry(_ configuration: PlatformConfiguration, _ valkey: ValkeySettings?) async throws -> ModuleRegistry? {
        guard configuration.modules.usesRegistry, let settings = valkey else { return nil }
        return try await ModuleRegistry(
            settings.endpoint, security: settings.security, loop: MultiThreadedEventLoopGroup.singleton.any())
    }
}
