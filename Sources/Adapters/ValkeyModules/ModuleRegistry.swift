import Bytes
public import GatewayCore
import JSON
public import NIOCore
import Synchronization
public import Valkey

/// The registry of modules that gateways share in Valkey.
///
/// | key | value |
/// |---|---|
/// | `modules:registry` | HASH of slug to `{"version":"1.2.0","digest":"sha256:..."}` |
/// | `modules:package:{slug}` | the package: `{"files":{"module.yaml":"text","data.pb":{"base64":"..."}}}` |
///
/// The digest is that of the package as it is stored. Changes of the hash are told by the server; a connection that is lost
/// leaves everything as it is, and once it is back all is read again.
public final class ModuleRegistry: ModuleSource {
    static let registryKey = "modules:registry"
    static func packageKey(_ slug: String) -> String { "modules:package:\(slug)" }

    /// Pause before the registry is read again after a fault, doubled up to the longest.
    private static let shortestPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(5)
    /// Reads of a package that is not the one the registry names before it counts as wrong: whoever replaces it writes twice.
    private static let tornReads = 10

    private let connection: RegistryConnection
    private let held = Mutex<[String: Held]>([:])

    private struct Held {
        let digest: String
        let package: ModulePackage
    }

    /// What one entry of the hash says.
    private struct Entry {
        let slug: String
        /// Nil when the entry is not what it should be.
        let digest: String?
    }

    /// - Parameter loop: Where its connections live.
    public init(_ endpoint: ValkeyEndpoint, security: ValkeySecurity?, loop: any EventLoop) async throws {
        connection = try await RegistryConnection(endpoint, security: security, tracking: Self.registryKey, loop: loop)
    }

    public func packages() async -> [ModulePackage]? { try? await readUntilWhole() }

    public func run(_ changed: @escaping @Sendable ([ModulePackage]) async -> Void) async {
        var last: [ObjectIdentifier]?
        await withTaskCancellationHandler {
            for await _ in connection.changes {
                var pause = Self.shortestPause
                while !Task.isCancelled {
                    if let packages = try? await readUntilWhole() {
                        let now = packages.map { ObjectIdentifier($0) }
                        if now != last { await changed(packages) }
                        last = now
                        break
                    }
                    try? await Task.sleep(for: pause)
                    pause = min(pause * 2, Self.longestPause)
                }
            }
        } onCancel: {
            connection.close()
        }
    }

    /// Reads until no package is being replaced; throws when the server does not answer.
    private func readUntilWhole() async throws -> [ModulePackage] {
        for attempt in 1... {
            let (packages, isTorn) = try await read(takesTorn: attempt >= Self.tornReads)
            if !isTorn { return packages }
            try await Task.sleep(for: Self.shortestPause)
        }
        return []
    }

    private func read(takesTorn: Bool) async throws -> (packages: [ModulePackage], isTorn: Bool) {
        guard case .list(let pairs) = try await connection.call("HGETALL", key: Self.registryKey) else { return ([], false) }
        let entries = stride(from: 0, to: pairs.count - 1, by: 2).prefix(ModuleLimits.modules).map { index in
            Self.entry(pairs[index], pairs[index + 1])
        }
        let known = held.withLock { $0 }
        var next: [String: Held] = [:]
        var bytes = 0
        for entry in entries.sorted(by: { $0.slug < $1.slug }) {
            if let digest = entry.digest, let same = known[entry.slug], same.digest == digest {
                next[entry.slug] = same
            } else if let package = try await package(entry, takesTorn: takesTorn) {
                next[entry.slug] = Held(digest: entry.digest ?? "", package: package)
            } else {
                return ([], true)
            }
            bytes += next[entry.slug]?.package.files.reduce(0) { $0 + $1.value.count } ?? 0
            if bytes > ModuleLimits.totalBytes {
                next[entry.slug] = Held(
                    digest: "", package: Self.refused(entry.slug, "modules-too-large", "there is no room left for it"))
            }
        }
        held.withLock { [next] in $0 = next }
        return (next.values.map(\.package).sorted { $0.slug < $1.slug }, false)
    }

    /// Nil when the package is not the one the registry names, which may be so for a moment.
    private func package(_ entry: Entry, takesTorn: Bool) async throws -> ModulePackage? {
        let slug = entry.slug
        guard ModulePackage.isSlug(slug) else { return Self.refused(slug, "module-slug", "its name is no slug") }
        guard let digest = entry.digest else {
            return Self.refused(slug, "module-entry", "its entry is no object with \"version\" and \"digest\"")
        }
        guard case .text(let value) = try await connection.call("GET", key: Self.packageKey(slug)) else {
            return takesTorn ? Self.refused(slug, "module-missing", "the registry names a package that is not there") : nil
        }
        guard ModuleArchive.digest(value) == digest else {
            return takesTorn
                ? Self.refused(slug, "module-digest", "the package is not the one whose digest the registry has") : nil
        }
        do throws(ModuleArchive.Fault) {
            return ModulePackage(
                slug: slug, origin: .registry, root: Self.root(slug), files: try ModuleArchive.decode(value))
        } catch {
            return Self.refused(slug, "module-package", error.message)
        }
    }

    private static func root(_ slug: String) -> String { "\(packageKey(slug))/" }

    private static func refused(_ slug: String, _ code: String, _ message: String) -> ModulePackage {
        ModulePackage(slug: slug, origin: .registry, root: root(slug), code: code, fault: message)
    }

    private static func entry(_ name: [UInt8], _ value: [UInt8]) -> Entry {
        let text = String(decoding: name.prefix(ModuleLimits.slugBytes + 1), as: UTF8.self)
        let slug = ModulePackage.isSlug(text) ? text : "invalid:" + String(text.map { $0.isASCII && $0.isLetter ? $0 : "_" })
        return Entry(slug: slug, digest: value.withByteView { RegistryEntry.digest($0) })
    }
}

/// A value of the registry's hash.
enum RegistryEntry {
    /// Larger values are no entries.
    private static let maximumBytes = 4096

    static func digest(_ value: ByteView) -> String? { member("digest", value) }
    static func version(_ value: ByteView) -> String? { member("version", value) }

    private static func member(_ name: StaticString, _ value: ByteView) -> String? {
        let tape = JSONTape()
        guard value.count <= maximumBytes, tape.parse(value) == nil, tape.kind(0) == .object,
            let member = tape.member(of: 0, named: name), tape.kind(member) == .string
        else { return nil }
        return tape.string(member)
    }

    static func encode(version: String, digest: String) -> [UInt8] {
        let out = ByteWriter()
        out.append("{")
        out.append(member: "version", version)
        out.append(member: "digest", digest)
        out.append("}")
        return Array(out.view)
    }
}
