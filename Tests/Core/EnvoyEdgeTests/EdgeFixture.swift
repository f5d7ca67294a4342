import Discovery
import Documents
import EnvoyAPI
import SwiftProtobuf
import Testing

@testable import EnvoyEdge
@testable import GatewayCore

/// Platforms with two services and what Envoys are told of them.
struct EdgeFixture {
    static let base = """
        trusted_proxies: [127.0.0.1]
        issuers:
          - { issuer: https://iam.example, jwks: { file: keys.json } }
        services:
          - { name: files, protocol: http, addresses: ["f:1"], openapi: files.yaml }
          - { name: notes, protocol: http, addresses: ["n:1"], openapi: notes.yaml, timeout: 90s }
        """
    private static let files = """
        openapi: 3.1.0
        info: { title: files, version: "1" }
        paths:
          /api/v1/files/list: { get: { operationId: list, responses: { "200": { description: ok } } } }
          /api/v1/files/{id}: { get: { operationId: read, responses: { "200": { description: ok } } } }
          /api/v1/files/shared/{id}: { get: { operationId: shared, security: [], responses: { "200": { description: ok } } } }
          /api/v1/files/live: { get: { operationId: live, x-websocket: true, responses: { "200": { description: ok } } } }
        security: [{ token: [] }]
        components: { securitySchemes: { token: { type: http, scheme: bearer } } }
        """
    private static let notes = """
        openapi: 3.1.0
        info: { title: notes, version: "1" }
        paths:
          /api/v1/notes:
            get: { operationId: all, security: [], responses: { "200": { description: ok } } }
            post: { operationId: add, responses: { "200": { description: ok } } }
        security: [{ token: [] }]
        components: { securitySchemes: { token: { type: http, scheme: bearer } } }
        """

    let snapshot: Snapshot
    let configuration: PlatformConfiguration

    init(envoy: String = "{}", base: String = EdgeFixture.base, notes: String = EdgeFixture.notes) throws {
        let source = FileSource.memory([
            "p.yaml": base + "\nenvoy: " + envoy, "files.yaml": Self.files, "notes.yaml": notes,
        ])
        let loaded = PlatformConfiguration.load(file: "p.yaml", environment: [:], source: source)
        configuration = try #require(loaded.configuration, "\(loaded.findings)")
        let compiled = SnapshotCompiler.compile(configuration, file: "p.yaml", source: source, generation: 1)
        snapshot = try #require(compiled.snapshot, "\(compiled.findings)")
    }

    static let material = EnvoyMaterial(files: [
        "keys.json": Array("{\"keys\":[]}".utf8), "a.pem": Array("chain".utf8), "a.key": Array("key".utf8),
        "secret": Array("s3cret\n".utf8), "cookies": Array("0123456789abcdef0123456789abcdef".utf8),
    ])

    /// What Envoys are told; a withheld owner says its other part, or nothing.
    func make(withholding withheld: [String: EnvoyPart?] = [:], versions: VersionTable? = nil) -> Told {
        let parts = EnvoyResources.parts(snapshot, configuration, versions: versions, material: Self.material)
        return Told(
            parts: parts,
            all: EnvoyResources.compose(
                parts.merging(withheld.compactMapValues { $0 }) { $1 }.filter { withheld[$0.key] != .some(nil) }))
    }
}

struct Told {
    let parts: [String: EnvoyPart]
    let all: [DiscoveryResource]
}

extension Told {
    /// The resource's message.
    func message<Content: Message>(_ kind: DiscoveryKind, _ name: String, as type: Content.Type) throws -> Content {
        let resource = try #require(all.first { $0.kind == kind && $0.name == name })
        return try Content(unpackingAny: try Google_Protobuf_Any(serializedBytes: resource.bytes))
    }

    /// The HTTP connection manager of a listener's first chain.
    func manager(_ listener: String = "public") throws -> HTTP_HttpConnectionManager {
        let listener = try message(.listener, listener, as: Listener_Listener.self)
        let filter = try #require(listener.filterChains.first?.filters.first)
        return try HTTP_HttpConnectionManager(unpackingAny: filter.typedConfig)
    }

    /// The whole table.
    func table() throws -> [Route_Route] {
        let table = try message(.routes, "gateway", as: Route_RouteConfiguration.self)
        return try #require(table.virtualHosts.first).routes
    }

    /// Those that lead to gateways.
    func routes() throws -> [Route_Route] { try table().filter { !$0.route.cluster.isEmpty } }
}

extension HTTP_HttpConnectionManager {
    var filterNames: [String] { httpFilters.map { String($0.name.split(separator: ".").last ?? "") } }
}

extension Route_Route {
    var prefix: String { match.prefix.isEmpty ? match.pathSeparatedPrefix : match.prefix }
}
