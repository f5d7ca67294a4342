import Bytes
public import Documents
import Files
import Foundation
public import GatewayCore
import JSON
import Valkey
import ValkeyModules

/// Installs and removes modules for operators, in the watched folder or in the registry.
public struct ModuleInstaller: Sendable {
    /// Why nothing was done.
    public enum Fault: Error, Sendable {
        /// There is no package, or no place for it.
        case unusable(String)
        /// The findings say what is wrong; `--force` installs it all the same.
        case refused([Finding])
        /// The folder or the registry failed.
        case failed(String)
    }

    private enum Place {
        case folder(String)
        case registry(RegistryWriter)
    }

    private let loader: PlatformLoader
    private let place: Place

    /// - Parameter valkey: URL of the registry's Valkey; nil for the folder that the configuration names.
    public init(_ loader: PlatformLoader, valkey: String?) async throws(Fault) {
        self.loader = loader
        let outcome = await loader.load()
        guard let configuration = outcome.configuration else { throw .refused(outcome.findings) }
        if let valkey {
            place = .registry(try await Self.registry(valkey))
        } else if let folder = configuration.modules.folder {
            place = .folder(folder)
        } else {
            throw .unusable(
                "\(loader.file) names no folder of modules (\"modules.folder\"); name one, or a registry with --valkey")
        }
    }

    private static func registry(_ url: String) async throws(Fault) -> RegistryWriter {
        do {
            let endpoint = try ValkeyEndpoint(url: url)
            return try await RegistryWriter(
                endpoint, security: endpoint.usesTLS ? try ValkeySecurity(authorities: nil) : nil)
        } catch let error as ValkeyEndpointError {
            throw .unusable(error.message)
        } catch {
            throw .failed("\(error)")
        }
    }

    /// Checks the package in a folder against what is installed, and installs it: written aside, then renamed into place.
    /// - Returns: How it stands then.
    public func install(_ folder: String, isForced: Bool) async throws(Fault) -> ModuleReport {
        var origin = ModulePackage.Origin.folder
        if case .registry = self.place { origin = .registry }
        let place = URL(fileURLWithPath: folder).standardizedFileURL
        let name = place.lastPathComponent
        guard let found = ModuleFolder.package(at: place.path, slug: ModulePackage.isSlug(name) ? name : "unnamed") else {
            throw .unusable("\(folder) is no package: there is no \(ModulePackage.manifestName) in it")
        }
        let package = ModulePackage(
            slug: ModuleManifest.slug(of: found) ?? found.slug, origin: origin, root: found.root, files: found.files,
            findings: found.findings)
        guard let report = await loader.modules.report(of: package) else { throw .unusable("\(folder) cannot be compiled") }
        guard report.state == .served || (isForced && !package.files.isEmpty) else { throw .refused(report.findings) }
        do {
            switch self.place {
            case .folder(let path): try Self.write(package, into: path)
            case .registry(let registry):
                try await registry.install(package, version: report.versionWanted ?? "")
                registry.close()
            }
        } catch {
            throw .failed("\(error)")
        }
        return report
    }

    /// Whether there was such a module.
    public func remove(_ slug: String) async throws(Fault) -> Bool {
        guard ModulePackage.isSlug(slug) else { throw .unusable("\"\(slug)\" is no slug") }
        do {
            switch place {
            case .registry(let registry):
                defer { registry.close() }
                return try await registry.remove(slug)
            case .folder(let path):
                let files = FileManager.default
                guard files.fileExists(atPath: "\(path)/\(slug)") else { return false }
                let aside = "\(path)/.\(slug).\(UUID().uuidString)"
                try files.moveItem(atPath: "\(path)/\(slug)", toPath: aside)
                try files.removeItem(atPath: aside)
                return true
            }
        } catch {
            throw .failed("\(error)")
        }
    }

    /// How the modules of the folder stand, or which versions the registry has: how these stand, the gateways know.
    public func list() async throws(Fault) -> (text: String, json: String) {
        guard case .registry(let registry) = place else {
            let listing = ModuleListing(loader.modules.reports)
            return (listing.text, listing.json)
        }
        do {
            defer { registry.close() }
            let entries = try await registry.list()
            return (TextTable.render(entries.map { [$0.slug, $0.version] }), Self.json(entries))
        } catch {
            throw .failed("\(error)")
        }
    }

    private static func json(_ entries: [(slug: String, version: String)]) -> String {
        let out = ByteWriter()
        out.append("{\"modules\":[")
        for (index, entry) in entries.enumerated() {
            if index > 0 { out.append(",") }
            out.append("{")
            out.append(member: "slug", entry.slug)
            out.append(member: "wanted", entry.version)
            out.append("}")
        }
        out.append("]}")
        return String(out.view)
    }

    /// Names that begin with a dot are not looked at, and renaming shows the package whole. What it replaces is gone for the
    /// moment between two renames, too short to be taken for removed.
    private static func write(_ package: ModulePackage, into folder: String) throws {
        let files = FileManager.default
        let aside = "\(folder)/.\(package.slug).\(UUID().uuidString)"
        defer { try? files.removeItem(atPath: aside) }
        for (path, content) in package.files {
            let file = URL(fileURLWithPath: "\(aside)/new/\(path)")
            try files.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content).write(to: file)
        }
        let target = "\(folder)/\(package.slug)"
        if files.fileExists(atPath: target) { try files.moveItem(atPath: target, toPath: "\(aside)/old") }
        do {
            try files.moveItem(atPath: "\(aside)/new", toPath: target)
        } catch {
            try? files.moveItem(atPath: "\(aside)/old", toPath: target)
            throw error
        }
    }
}
