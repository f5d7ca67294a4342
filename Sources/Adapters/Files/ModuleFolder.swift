import Foundation
public import GatewayCore
import Synchronization

/// A folder of modules: each folder in it with a `module.yaml` is a package, and its name the module's slug.
///
/// A change counts when two looks in a row see the same files: a package that is still being copied is not taken, and one that
/// is gone between two renames is not removed. Names that begin with a dot are not looked at, so that a package can be written
/// aside and renamed into place. A folder that cannot be read changes nothing.
public final class ModuleFolder: ModuleSource {
    private let path: String
    private let poll: Duration
    private let state = Mutex(State())

    private struct State {
        var modules: [String: Watched] = [:]
    }

    /// One package as it is followed.
    private struct Watched {
        /// What the package was read from; nil before the first time.
        var taken: PackageScan?
        /// What the last look saw, unless that is taken.
        var pending: PackageScan?
        var isMissing = false
        var package: ModulePackage?
    }

    /// - Parameters:
    ///   - path: The folder, which need not exist yet.
    ///   - poll: How often it is looked at.
    public init(_ path: String, poll: Duration = .seconds(1)) {
        self.path = path.hasSuffix("/") ? String(path.dropLast()) : path
        self.poll = poll
    }

    public func packages() async -> [ModulePackage]? {
        look(settles: false) == nil ? nil : all
    }

    public func run(_ changed: @escaping @Sendable ([ModulePackage]) async -> Void) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: poll) } catch { return }
            if hasChanged() { await changed(all) }
        }
    }

    /// Looks once more; whether there is something to tell.
    func hasChanged() -> Bool { look(settles: true) ?? false }

    /// Every package taken, by slug.
    var all: [ModulePackage] { state.withLock { $0.modules.values.compactMap(\.package) }.sorted { $0.slug < $1.slug } }

    /// Looks at the folder; whether a package was taken or let go, nil when the folder cannot be read.
    private func look(settles: Bool) -> Bool? {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return nil }
        return state.withLock { state in
            var seen: Set<String> = []
            var hasChanged = false
            for name in names.sorted() where !name.hasPrefix(".") {
                guard let scan = PackageScan(folder: "\(path)/\(name)") else { continue }
                let slug = ModulePackage.isSlug(name) ? name : Self.invalid(name)
                guard state.modules[slug] != nil || state.modules.count < ModuleLimits.modules else { continue }
                seen.insert(slug)
                var watched = state.modules[slug] ?? Watched()
                if observe(scan, settles, &watched) {
                    let room = ModuleLimits.totalBytes - bytes(state, but: slug)
                    if let package = Self.read(slug, "\(path)/\(name)/", scan, room: room) {
                        watched.package = package
                        hasChanged = true
                    } else {
                        watched.taken = nil
                    }
                }
                state.modules[slug] = watched
            }
            for slug in Array(state.modules.keys) where !seen.contains(slug) {
                guard settles, state.modules[slug]?.isMissing == false else {
                    hasChanged = state.modules.removeValue(forKey: slug)?.package != nil || hasChanged
                    continue
                }
                state.modules[slug]?.isMissing = true
            }
            return hasChanged
        }
    }

    /// The package in one folder, for whoever installs it; nil without a manifest there, or when it is being written.
    public static func package(at folder: String, slug: String) -> ModulePackage? {
        let path = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        return PackageScan(folder: path).flatMap { read(slug, "\(path)/", $0, room: ModuleLimits.totalBytes) }
    }

    /// Whether the package is to be read.
    private func observe(_ scan: PackageScan, _ settles: Bool, _ watched: inout Watched) -> Bool {
        watched.isMissing = false
        guard scan != watched.taken else {
            watched.pending = nil
            return false
        }
        guard !settles || scan == watched.pending else {
            watched.pending = scan
            return false
        }
        watched.taken = scan
        watched.pending = nil
        return true
    }

    private func bytes(_ state: State, but slug: String) -> Int {
        state.modules.reduce(0) { $0 + ($1.key == slug ? 0 : Int($1.value.taken?.bytes ?? 0)) }
    }

    /// The package; nil when its files changed while they were read.
    private static func read(_ slug: String, _ root: String, _ scan: PackageScan, room: Int) -> ModulePackage? {
        func refused(_ code: String, _ message: String) -> ModulePackage {
            ModulePackage(slug: slug, origin: .folder, root: root, code: code, fault: message)
        }
        if !ModulePackage.isSlug(slug) {
            return refused("module-slug", "the name of its folder is no slug: lower-case letters, digits, - and _")
        }
        if let fault = scan.fault { return refused(fault.code, fault.message) }
        guard scan.bytes <= room else {
            return refused("modules-too-large", "with it the modules have more than \(ModuleLimits.totalBytes) bytes")
        }
        var files: [String: [UInt8]] = [:]
        for (file, stamp) in scan.stamps {
            guard case .success(let content) = FileReader.read(root + file, maximumBytes: ModuleLimits.packageBytes),
                content.stamp == stamp
            else { return nil }
            files[file] = content.bytes
        }
        return ModulePackage(slug: slug, origin: .folder, root: root, files: files)
    }

    /// What a package whose folder has no slug for a name goes by; fit for a label, and no slug.
    private static func invalid(_ name: String) -> String {
        let safe = name.utf8.prefix(ModuleLimits.slugBytes).map { byte in
            let isSafe = (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            return isSafe ? byte : UInt8(ascii: "_")
        }
        return "invalid:" + String(decoding: safe, as: UTF8.self)
    }
}
