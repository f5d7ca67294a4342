import Bytes
public import Discovery
public import Documents
import EnvoyEdge
import Files
import GatewayCore
import JSON

/// What Envoys would be told by a gateway with a configuration: loaded, compiled and read from disk, without one that runs.
public struct EdgeResources: Sendable {
    /// In their order.
    public let resources: [DiscoveryResource]

    /// - Throws: the findings, when the configuration is refused, has no `envoy`, or names a file that cannot be read.
    public static func load(_ loader: PlatformLoader) async throws(Refusal) -> EdgeResources {
        let outcome = await loader.load()
        guard let configuration = outcome.configuration, let snapshot = outcome.snapshot else {
            throw Refusal(findings: outcome.errors)
        }
        guard configuration.envoy != nil else {
            throw Refusal(findings: [
                finding(loader.file, "/envoy", "no-envoy", "the configuration has no \"envoy\"; there is nothing to tell")
            ])
        }
        let (material, faults) = EnvoyMaterialReader.read(configuration, file: loader.file)
        guard faults.isEmpty else { throw Refusal(findings: faults) }
        return EdgeResources(
            resources: EnvoyResources.compose(EnvoyResources.parts(snapshot, configuration, material: material)))
    }

    /// Why there are no resources.
    public struct Refusal: Error {
        public let findings: [Finding]
    }

    static func finding(_ file: String, _ pointer: String, _ code: String, _ message: String) -> Finding {
        Finding(severity: .error, file: file, line: 0, column: 0, pointer: pointer, code: code, message: message)
    }
}

/// Reads the files whose contents Envoys are told.
enum EnvoyMaterialReader {
    /// Certificates and key sets are some KiB.
    private static let maximumBytes = 1 << 20

    /// The contents of what can be read, and a finding for each file that cannot.
    static func read(_ configuration: PlatformConfiguration, file: String) -> (material: EnvoyMaterial, faults: [Finding]) {
        var material = EnvoyMaterial()
        var faults: [Finding] = []
        for path in EnvoyMaterial.paths(of: configuration) {
            switch FileReader.read(path, maximumBytes: maximumBytes) {
            case .success(let (bytes, _)): material.files[path] = bytes
            case .failure(let fault): faults.append(EdgeResources.finding(file, "/envoy", "unreadable-file", fault.message))
            }
        }
        return (material, faults)
    }
}

/// Resources in JSON and in lines.
public struct ResourceListing {
    private let resources: [DiscoveryResource]

    public init(_ resources: [DiscoveryResource]) { self.resources = resources }

    /// Kind, name, version and size, aligned for people.
    public var table: String {
        TextTable.render(
            resources.map {
                [$0.kind.abbreviation, $0.name, $0.version, "\($0.bytes.count) B"]
            })
    }

    /// `{"resources":[{kind, name, version, resource}]}`; secrets show no more than a hash.
    public var json: String {
        let out = ByteWriter()
        out.append("{\"resources\":")
        out.append(objects: resources) { resource in
            out.append(member: "kind", resource.kind.abbreviation)
            out.append(member: "name", resource.name)
            out.append(member: "version", resource.version)
            out.append(",\"resource\":")
            EnvoyJSON.text(resource).withByteView { out.append($0) }
        }
        out.append("}")
        return String(out.view)
    }
}

/// How the resources of two configurations differ.
public struct ResourceComparison {
    /// What became of a resource.
    public enum Change: String, Sendable {
        case added, removed, changed
    }

    private let rows: [(change: Change, kind: DiscoveryKind, name: String, lines: [String])]

    public var isEmpty: Bool { rows.isEmpty }

    public init(from old: [DiscoveryResource], to new: [DiscoveryResource]) {
        let before = DiscoverySet(generation: 0, old)
        let after = DiscoverySet(generation: 1, new)
        var rows: [(change: Change, kind: DiscoveryKind, name: String, lines: [String])] = []
        for resource in old where after.resource(resource.kind, resource.name) == nil {
            rows.append((.removed, resource.kind, resource.name, []))
        }
        for resource in new {
            guard let earlier = before.resource(resource.kind, resource.name) else {
                rows.append((.added, resource.kind, resource.name, []))
                continue
            }
            guard earlier.version != resource.version else { continue }
            rows.append((.changed, resource.kind, resource.name, Self.lines(from: earlier, to: resource)))
        }
        self.rows = rows
    }

    /// A line for each resource, and below it the lines of its JSON that differ.
    public var text: String {
        rows.map { row in
            (["\(row.change.rawValue) \(row.kind.abbreviation) \(row.name)"] + row.lines.map { "  " + $0 }).joined(
                separator: "\n")
        }.joined(separator: "\n")
    }

    /// `{"changes":[{change, kind, name, lines}]}`.
    public var json: String {
        let out = ByteWriter()
        out.append("{\"changes\":")
        out.append(objects: rows) { row in
            out.append(member: "change", row.change.rawValue)
            out.append(member: "kind", row.kind.abbreviation)
            out.append(member: "name", row.name)
            out.append(",\"lines\":[")
            for (index, line) in row.lines.enumerated() {
                if index > 0 { out.append(",") }
                out.append(jsonString: line)
            }
            out.append("]")
        }
        out.append("}")
        return String(out.view)
    }

    private static func lines(from old: DiscoveryResource, to new: DiscoveryResource) -> [String] {
        let before = EnvoyJSON.text(old).split(separator: "\n").map(String.init)
        let after = EnvoyJSON.text(new).split(separator: "\n").map(String.init)
        var lines: [(Int, String)] = []
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, let line, _): lines.append((offset, "- " + line.trimmingSpaces))
            case .insert(let offset, let line, _): lines.append((offset, "+ " + line.trimmingSpaces))
            }
        }
        return lines.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

extension String {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " }) }
}
