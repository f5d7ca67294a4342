import Documents
import Files
import Foundation
import GatewayCore
import Synchronization

/// The modules beside the platform: what their sources say, and what came of it.
final class InstalledModules: Sendable {
    /// What a change came to.
    struct Settlement: Sendable {
        let snapshot: Snapshot
        /// The modules that stand otherwise than before.
        let changed: [ModuleReport]
        /// Slugs of those that are gone.
        let removed: [String]
    }

    private let reflected: ReflectedDescriptors
    private let state: Mutex<State>

    private struct State {
        var ledger: ModuleLedger
        var platform: PlatformPart?
        var sources: [ModulePackage.Origin: any ModuleSource] = [:]
        /// What each source said last.
        var packages: [ModulePackage.Origin: [ModulePackage]] = [:]
    }

    init(environment: [String: String], reflected: ReflectedDescriptors) {
        self.reflected = reflected
        state = Mutex(State(ledger: ModuleLedger(environment: environment)))
    }

    /// Whom to follow; complete after `attach`.
    var sources: [(ModulePackage.Origin, any ModuleSource)] { state.withLock { Array($0.sources) }.map { ($0, $1) } }

    /// What they are beside; nil before the first load.
    var platform: PlatformPart? { state.withLock { $0.platform } }

    /// How the modules stand, by slug.
    var reports: [ModuleReport] { state.withLock { $0.ledger.reports } }

    /// The services in force of modules in the folder.
    var services: [PlatformConfiguration.Upstream] { state.withLock { $0.ledger.services } }

    /// Whether a module may be taken at another try although its package is the same.
    var isWorthAnotherTry: Bool { state.withLock { $0.ledger.isWorthAnotherTry } }

    /// Looks into the folder for the first time. Another folder counts from the next start.
    /// - Parameter file: The configuration's own path, for findings.
    func attach(_ modules: PlatformConfiguration.Modules, file: String) async -> [Finding] {
        guard let path = modules.folder, state.withLock({ $0.sources[.folder] == nil }) else { return [] }
        let folder = ModuleFolder(path, poll: modules.poll)
        follow(folder, as: .folder)
        guard let packages = await folder.packages() else {
            return [
                Finding(
                    severity: .warning, file: file, line: 0, column: 0, pointer: "/modules/folder", code: "modules-unreadable",
                    message: "the folder \(path) cannot be read; its modules are taken once it can")
            ]
        }
        take(packages, from: .folder)
        return []
    }

    /// Adds a source to those that are followed.
    func follow(_ source: any ModuleSource, as origin: ModulePackage.Origin) {
        state.withLock { $0.sources[origin] = source }
    }

    /// Notes what a source says; `settle` puts it in force.
    func take(_ packages: [ModulePackage], from origin: ModulePackage.Origin) {
        state.withLock { $0.packages[origin] = packages }
    }

    /// How the package would stand if it came to what is installed now; nothing is installed.
    func report(of package: ModulePackage) async -> ModuleReport? {
        let installed = state.withLock { $0.packages[package.origin] ?? [] }
        take(installed.filter { $0.slug != package.slug } + [package], from: package.origin)
        _ = await settle(beside: nil, generation: 1)
        return reports.first { $0.slug == package.slug }
    }

    /// Compiles what is new and puts it together with what is not; nil when there is no platform to put it beside.
    ///
    /// Calls do not overlap: asking services for their descriptors takes time.
    /// - Parameters:
    ///   - platform: Nil for the one of the last call.
    ///   - retries: Whether services that could not be asked before are asked again.
    func settle(beside platform: PlatformPart?, generation: UInt64, retries: Bool = false) async -> Settlement? {
        guard let platform = platform ?? self.platform else { return nil }
        // A copy: whoever asks how modules stand does not wait for compilers.
        var (ledger, packages) = state.withLock { ($0.ledger, Self.merged($0.packages)) }
        let sets = await reflected.fetch(ledger.reflecting(packages, beside: platform, retries: retries))
        let before = Set(ledger.reports.map(\.slug))
        let changed = ledger.update(
            packages, beside: platform, reflected: sets, retries: retries, now: Int64(Date.now.timeIntervalSince1970))
        let snapshot = ledger.snapshot(generation: generation)
        state.withLock { [ledger] state in
            state.ledger = ledger
            state.platform = platform
        }
        let removed = before.subtracting(packages.map(\.slug)).sorted()
        return snapshot.map { Settlement(snapshot: $0, changed: changed, removed: removed) }
    }

    /// One package for each slug: the folder's goes before the registry's.
    private static func merged(_ sources: [ModulePackage.Origin: [ModulePackage]]) -> [ModulePackage] {
        let registry = sources[.registry] ?? []
        let shadowed = Set(registry.map(\.slug))
        let folder = (sources[.folder] ?? []).map { package in
            guard shadowed.contains(package.slug) else { return package }
            let finding = Finding(
                severity: .warning, file: package.root + ModulePackage.manifestName, line: 0, column: 0, pointer: "",
                code: "module-twice", message: "the registry has this module too; the folder's is taken")
            return ModulePackage(
                slug: package.slug, origin: package.origin, root: package.root, files: package.files,
                findings: package.findings + [finding])
        }
        let own = Set(folder.map(\.slug))
        return folder + registry.filter { !own.contains($0.slug) }
    }
}
