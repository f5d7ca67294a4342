import Documents
import GRPCReflection
import GatewayCore
import Synchronization

/// The descriptor sets that services tell of themselves, fetched anew for each load.
///
/// A service that told once and does not answer now is served with what it told last, so that a reload never depends on every
/// service being up. At the start there is nothing to fall back on.
final class ReflectedDescriptors: Sendable {
    /// What a set belongs to: a service that moved elsewhere is another one.
    private struct Origin: Hashable {
        let addresses: [Service.Address]
        let tls: Service.ClientTLS?
    }

    /// Sets that are kept; past this the ones of services that were not asked just now go.
    private static let mostKept = 4096

    private let last = Mutex<[Origin: [UInt8]]>([:])

    /// Asks the services of every module at once.
    func fetch(_ modules: [String: [PlatformConfiguration.Upstream]]) async -> [String: ReflectedSets] {
        await withTaskGroup(of: (String, ReflectedSets).self) { tasks in
            for (slug, services) in modules {
                tasks.addTask { (slug, await self.fetch(services, file: "\(slug)/\(ModulePackage.manifestName)")) }
            }
            return await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// Asks those of the services that are configured so, all at once.
    /// - Parameter file: What describes them, for findings.
    func fetch(_ services: [PlatformConfiguration.Upstream], file: String) async -> ReflectedSets {
        let services = services.filter { $0.descriptors == .reflection }
        let answers = await withTaskGroup(of: (Int, Result<DescriptorReflection.Outcome, ReflectionFault>).self) { tasks in
            for (index, service) in services.enumerated() {
                tasks.addTask { (index, await Self.ask(service)) }
            }
            return await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        var sets = ReflectedSets()
        var kept: [Origin: [UInt8]] = [:]
        let earlier = last.withLock { $0 }
        for (index, service) in services.enumerated() {
            guard let answer = answers[index], let name = service.descriptorFile else { continue }
            let origin = Origin(addresses: service.addresses, tls: service.tls)
            func warn(_ code: String, _ message: String) {
                sets.findings.append(
                    Finding(
                        severity: .warning, file: file, line: 0, column: 0, pointer: "/services", code: code,
                        message: "\(service.name): \(message)"))
            }
            switch answer {
            case .success(let outcome):
                sets.files[name] = .success(outcome.descriptorSet)
                kept[origin] = outcome.descriptorSet
                if !outcome.undescribed.isEmpty {
                    warn("reflection-incomplete", "it lists services without describing them: \(Self.list(outcome.undescribed))")
                }
            case .failure(let fault):
                if let set = earlier[origin] {
                    sets.files[name] = .success(set)
                    kept[origin] = set
                    warn(
                        "reflection-\(fault.code.rawValue)",
                        "its earlier descriptors stay, for now it cannot be asked: \(fault.message)")
                } else {
                    sets.files[name] = .failure(FileSource.Fault("the service cannot be asked: \(fault.message)"))
                }
            }
        }
        last.withLock { last in
            last = last.count + kept.count > Self.mostKept ? kept : last.merging(kept) { $1 }
        }
        return sets
    }

    private static func ask(
        _ service: PlatformConfiguration.Upstream
    ) async -> Result<DescriptorReflection.Outcome, ReflectionFault> {
        do throws(ReflectionFault) {
            return .success(try await DescriptorReflection(addresses: service.addresses, tls: service.tls).fetch())
        } catch {
            return .failure(error)
        }
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
}
