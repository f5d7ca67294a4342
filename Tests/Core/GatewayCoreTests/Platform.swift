import Bytes
import Documents
import Foundation
import Protobuf
import RateLimiting
import Testing
import TokenVerification

@testable import GatewayCore

/// A small platform in memory: an HTTP service with a document, a gRPC service with annotations, one issuer.
struct Platform {
    var files = Platform.standardFiles
    var descriptors = Platform.standardDescriptors

    static let configurationFile = "etc/gateway.yaml"

    static let standardFiles = [
        configurationFile: """
        issuers:
          - issuer: https://iam.example
            jwks: { file: keys.json }
        permissions:
          roles:
            admin: ["*"]
            member: [crm.contact.read, crm.note.write]
            support: ["sales.*"]
        rate_limits:
          roles:
            support: { requests: 2000, per: 1m }
            robot: off
        services:
          - name: crm
            protocol: http
            addresses: ["crm:80"]
            openapi: crm.yaml
          - name: shop
            protocol: grpc
            addresses: ["shop:50051"]
            descriptors: shop.pb
        """,
        "etc/crm.yaml": """
        openapi: 3.1.0
        info: { title: CRM, version: "1" }
        servers: [{ url: /api/v1 }]
        security: [{ bearer: [] }]
        components: { securitySchemes: { bearer: { type: http, scheme: bearer } } }
        paths:
          /public:
            get: { operationId: readPublic, security: [], responses: {} }
          /open:
            get: { x-permission: null, responses: {} }
          /contacts:
            get: { x-permission: crm.contact.read, responses: {} }
            post:
              x-permission: crm.contact.write
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { type: object, required: [name], properties: { name: { type: string } } }
              responses: {}
          /data/{module}/{model}:
            parameters: [{name: module, in: path, required: true, schema: {}}, {name: model, in: path, required: true, schema: {}}]
            get: { x-permission: "{module}.{model}.read", responses: {} }
          /socket:
            get: { security: [], x-upgrade: [websocket], responses: {} }
        """,
    ]

    static let standardDescriptors: [UInt8] = {
        let file = Fixtures.folder.appendingPathComponent("service.pb")
        return (try? Data(contentsOf: file)).map { Array($0) } ?? []
    }()

    /// The platform with one text of one file replaced by another.
    static func with(_ text: String, _ replacement: String, in file: String = Platform.configurationFile) -> Platform {
        var platform = Platform()
        let changed = (platform.files[file] ?? "").replacing(text, with: replacement)
        #expect(changed != platform.files[file], "nothing to replace")
        platform.files[file] = changed
        return platform
    }

    /// The standard platform with further lines at the end of its configuration.
    static func adding(_ lines: String) -> Platform {
        var platform = Platform()
        platform.files[configurationFile, default: ""] += "\n" + lines
        return platform
    }

    func compile(
        generation: UInt64 = 1, earlier: ServiceDocuments = ServiceDocuments()
    ) throws -> SnapshotCompiler.Outcome {
        let (files, descriptors) = (files, descriptors)
        let source = FileSource { path in
            if path == "etc/shop.pb" || path == "reflection://shop" { return .success(descriptors) }
            return files[path].map { .success(Array($0.utf8)) } ?? .failure(FileSource.Fault("no such file"))
        }
        let loaded = PlatformConfiguration.load(file: Self.configurationFile, environment: [:], source: source)
        let configuration = try #require(loaded.configuration, "\(loaded.findings)")
        return SnapshotCompiler.compile(
            configuration, file: Self.configurationFile, source: source, generation: generation,
            earlier: earlier)
    }

    func snapshot(generation: UInt64 = 1) throws -> Snapshot {
        let outcome = try compile(generation: generation)
        return try #require(outcome.snapshot, "\(outcome.findings)")
    }

    func pipeline(_ ring: KeyRing = Fixtures.ring("old")) throws -> Pipeline {
        let hash = KeyedHash(seed: 7)
        let directory = TenantDirectory(hash: hash, records: 64, isTracked: true)
        let snapshot = try snapshot()
        let backend = ConfiguredBackend(snapshot, directory: directory)
        directory.source = backend.facts
        let pipeline = Pipeline(
            snapshot: snapshot, ring: ring,
            limiter: SharedLimiter(source: nil, local: LocalBucketTable(slots: 1024), seed: 5), hash: hash, drift: DriftLog(),
            denials: DenialLog(), directory: directory)
        pipeline.unixSeconds = Fixtures.now
        pipeline.beginTurn()
        return pipeline
    }
}

/// Keys and tokens that another implementation minted; see `Fixtures/mint.py`.
enum Fixtures {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
    nonisolated(unsafe) private static let document: [String: Any] = {
        let data = (try? Data(contentsOf: folder.appendingPathComponent("tokens.json"))) ?? Data()
        return ((try? JSONSerialization.jsonObject(with: data)) as? [String: Any]) ?? [:]
    }()
    static let tokens = (document["tokens"] as? [String: String]) ?? [:]
    static let now = Int64((document["now"] as? Int) ?? 0)

    /// `calls.proto` of the translation's own tests.
    static let callDescriptors: [UInt8] = {
        let file = folder.appendingPathComponent("../../../Policies/TranscodingTests/Fixtures/calls.binpb")
        return (try? Data(contentsOf: file)).map { Array($0) } ?? []
    }()
    static var calls: DescriptorPool? { DescriptorPool.load(callDescriptors).0 }

    static func token(_ name: String) -> String {
        #expect(tokens[name] != nil, "no token \(name)")
        return tokens[name] ?? ""
    }

    /// The issuer's ring with the keys `old`, `new` or `both`.
    static func ring(_ set: String) -> KeyRing {
        let data = (try? JSONSerialization.data(withJSONObject: document[set] ?? [:])) ?? Data()
        let keys = try? Array(data).withByteView { KeySet.parse($0) }.get()
        return KeyRing([(IssuerRule(issuer: "https://iam.example"), keys)])
    }
}
