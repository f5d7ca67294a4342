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

    private let connection: ValkeyCaller
    private let held = Mutex<[String: Held]>([:])

    private struct Held {
        /// Nil for an entry without one.
        let digest: String?
        let package: ModulePackage
        /// Whether the package is not the one the registry names.
        var isTorn = false
    }

    /// What one entry of the hash says.
    private struct Entry {
        let slug: String
        /// Nil when the entry is not what it should be.
        let digest: String?
    }

    /// - Parameter loop: Where its connections live.
    public init(_ endpoint: ValkeyEndpoint, security: ValkeySecurity?, loop: any EventLoop) async throws {
        connection = try await ValkeyCaller(
            endpoint, security: security, tracking: Self.registryKey, maximumBytes: ModuleArchive.maximumBytes,
            name: "septem-gateway-modules", loop: loop)
    }

    public func packages() async -> [ModulePackage]? {
        guard let read = try? await readUntilWhole(each: { _ in }) else { return nil }
        return read
    }

    public func run(_ changed: @escaping @Sendable ([ModulePackage]) async -> Void) async {
        var last: [ModulePackage]?
        func tell(_ packages: [ModulePackage]) async {
            let isSame = last.map { $0.count == packages.count && zip($0, packages).allSatisfy { $0 === $1 } } ?? false
            if !isSame { await changed(packages) }
            last = packages
        }
        await withTaskCancellationHandler {
            for await _ in connection.changes {
                var pause = Self.shortestPause
                while !Task.isCancelled, (try? await readUntilWhole(each: tell)) == nil {
                    try? await Task.sleep(for: pause)
                    pause = min(pause * 2, Self.longestPause)
                }
            }
        } onCancel: {
            connection.close()
        }
    }

    /// Reads until no package is being replaced, and tells what there is each time; throws when the server does not answer.
    @discardableResult
    private func readUntilWhole(each tell: ([ModulePackage]) async -> Void) async throws -> [ModulePackage] {
        var attempt = 1
        while true {
            let (packages, isTorn) = try await read(takesTorn: attempt >= Self.tornReads)
            await tell(packages)
            if !isTorn { return packages }
            try await Task.sleep(for: Self.shortestPause)
            attempt += 1
        }
    }

    /// What the registry has; a package that is being replaced is the earlier one for as long as `takesTorn` is false.
    private func read(takesTorn: Bool) async throws -> (packages: [ModulePackage], isTorn: Bool) {
        var pairs: [[UInt8]] = []
        if case .list(let list) = try await connection.call("HGETALL", key: Self.registryKey) { pairs = list }
        let entries = stride(from: 0, to: pairs.count - 1, by: 2).prefix(ModuleLimits.modules).map { index in
            Self.entry(pairs[index], pairs[index + 1])
        }
        let known = held.withLock { $0 }
        var next: [String: Held] = [:]
        var isTorn = false
        var bytes = 0
        for entry in entries.sorted(by: { $0.slug < $1.slug }) {
            let before = known[entry.slug]
            if let before, before.digest == entry.digest, !before.isTorn {
                next[entry.slug] = before
            } else {
                let found = try await find(entry)
                let isGivenUp = before?.isTorn == true && before?.digest == entry.digest
                if !found.isTorn || takesTorn {
                    next[entry.slug] = isGivenUp && found.isTorn ? before : found
                } else {
                    isTorn = isTorn || !isGivenUp
                    next[entry.slug] = before
                }
            }
            bytes += next[entry.slug]?.package.files.reduce(0) { $0 + $1.value.count } ?? 0
            if bytes > ModuleLimits.totalBytes {
                let package = Self.refused(entry.slug, "modules-too-large", "there is no room left for it")
                next[entry.slug] = Held(digest: nil, package: package)
            }
        }
        held.withLock { [next] in $0 = next }
        return (next.values.map(\.package).sorted { $0.slug < $1.slug }, isTorn)
    }

    /// The package of an entry; torn when it is not the one that the entry names, which may be so for a moment.
    private func find(_ entry: Entry) async throws -> Held {
        let slug = entry.slug
        func refused(_ code: String, _ message: String, isTorn: Bool = false) -> Held {
            Held(digest: entry.digest, package: Self.refused(slug, code, message), isTorn: isTorn)
        }
        guard ModulePackage.isSlug(slug) else { return refused("module-slug", "its name is no slug") }
        guard let digest = entry.digest else {
            return refused("module-entry", "its entry is no object with \"version\" and \"digest\"")
        }
        guard case .text(let value) = try await connection.call("GET", key: Self.packageKey(slug)) else {
            return refused("module-missing", "the registry names a package that is not there", isTorn: true)
        }
        guard ModuleArchive.digest(value) == digest else {
            return refused("module-digest", "the package is not the one whose digest the registry has", isTorn: true)
        }
        do throws(ModuleArchive.Fault) {
            let files = try ModuleArchive.decode(value)
            return Held(
                digest: digest, package: ModulePackage(slug: slug, origin: .registry, root: Self.root(slug), files: files))
        } catch {
            return refused("module-package", error.message)
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
