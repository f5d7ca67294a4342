import Bytes
public import GatewayCore
import NIOCore
import NIOPosix
public import Valkey

/// Writes the registry of modules: what `gateway module` does for operators.
public final class RegistryWriter: Sendable {
    /// Why a package was not written.
    public struct Fault: Error, Sendable {
        public let message: String
    }

    private let connection: ValkeyCaller

    public init(_ endpoint: ValkeyEndpoint, security: ValkeySecurity?) async throws {
        connection = try await ValkeyCaller(
            endpoint, security: security, tracking: nil, maximumBytes: ModuleArchive.maximumBytes,
            name: "septem-gateway-modules", loop: MultiThreadedEventLoopGroup.singleton.any())
    }

    /// The package first, then the entry that names it: a gateway that reads in between finds another digest and reads again.
    public func install(_ package: ModulePackage, version: String) async throws {
        let value = ModuleArchive.encode(package.files)
        guard value.count <= ModuleArchive.maximumBytes else {
            throw Fault(message: "the package has more than \(ModuleArchive.maximumBytes) bytes as one value")
        }
        let entry = RegistryEntry.encode(version: version, digest: ModuleArchive.digest(value))
        try await connection.call("SET", key: ModuleRegistry.packageKey(package.slug), [value])
        try await connection.call("HSET", key: ModuleRegistry.registryKey, [Array(package.slug.utf8), entry])
    }

    /// The entry first, then the package it named; false when there was no such module.
    public func remove(_ slug: String) async throws -> Bool {
        let answer = try await connection.call("HDEL", key: ModuleRegistry.registryKey, [Array(slug.utf8)])
        try await connection.call("DEL", key: ModuleRegistry.packageKey(slug))
        if case .number(let count) = answer { return count > 0 }
        return false
    }

    /// Slugs and versions, by slug.
    public func list() async throws -> [(slug: String, version: String)] {
        guard case .list(let pairs) = try await connection.call("HGETALL", key: ModuleRegistry.registryKey) else { return [] }
        return stride(from: 0, to: pairs.count - 1, by: 2).map { index in
            (String(decoding: pairs[index], as: UTF8.self), pairs[index + 1].withByteView { RegistryEntry.version($0) } ?? "?")
        }.sorted { $0.0 < $1.0 }
    }

    public func close() { connection.close() }
}
