import Bytes
import Documents
import HTTPSemantics
import Routing
import Testing

@testable import GatewayCore

/// A ledger beside the small platform, and packages made of a few words.
struct ModuleRig {
    var ledger = ModuleLedger(environment: [:])
    var platform: PlatformPart

    init(_ platform: Platform = Platform()) throws {
        self.platform = try #require(try platform.compile().platform)
    }

    /// A module with one HTTP service and a GET on each path.
    static func package(
        _ slug: String, version: String = "1", service: String? = nil, paths: [String], with other: [String: String] = [:]
    ) -> ModulePackage {
        let operations = paths.map { path in
            let names = path.split(separator: "{").dropFirst().map { $0.prefix { $0 != "}" } }
            let parameters = names.map { "{name: \($0), in: path, required: true, schema: {}}" }.joined(separator: ", ")
            return "  \(path):\n    parameters: [\(parameters)]\n    get: { x-permission: null, responses: {} }"
        }
        let document = """
            openapi: 3.1.0
            info: { title: \(slug), version: "1" }
            servers: [{ url: /api/v1 }]
            security: [{ bearer: [] }]
            components: { securitySchemes: { bearer: { type: http, scheme: bearer } } }
            paths:
            \(operations.joined(separator: "\n"))
            """
        let manifest = """
            slug: \(slug)
            version: "\(version)"
            services:
              - { name: \(service ?? slug), protocol: http, addresses: ["\(slug):80"], openapi: api.yaml }
            """
        return package(slug, ["module.yaml": manifest, "api.yaml": document].merging(other) { $1 })
    }

    static func package(_ slug: String, _ files: [String: String]) -> ModulePackage {
        ModulePackage(slug: slug, origin: .folder, root: "modules/\(slug)/", files: files.mapValues { Array($0.utf8) })
    }

    @discardableResult
    mutating func install(_ packages: ModulePackage..., now: Int64 = 0) -> [ModuleReport] {
        ledger.update(packages, beside: platform, now: now)
    }

    subscript(slug: String) -> ModuleReport? { ledger.reports.first { $0.slug == slug } }

    /// The codes of a module's findings.
    func codes(_ slug: String) -> [String] { self[slug]?.findings.map(\.code) ?? [] }

    mutating func snapshot() throws -> Snapshot {
        let snapshot = ledger.snapshot(generation: 2)
        return try #require(snapshot)
    }

    /// Compares with the templates of the modules' operations, in order.
    mutating func expectRoutes(_ expected: [String], _ place: SourceLocation = #_sourceLocation) throws {
        let own = platform.routes.operations.count
        let templates = try snapshot().operations.dropFirst(own).map(\.template)
        #expect(templates == expected, sourceLocation: place)
    }

    mutating func expectConsistent(_ place: SourceLocation = #_sourceLocation) throws {
        let snapshot = try snapshot()
        #expect(snapshot.isConsistent, sourceLocation: place)
    }
}

extension Snapshot {
    /// Whether every operation and service is where it says, and every GET without parameters leads to its operation.
    var isConsistent: Bool {
        operations.enumerated().allSatisfy { $0.offset == $0.element.index }
            && services.enumerated().allSatisfy { $0.offset == $0.element.index }
            && operations.allSatisfy { operation in operation.service.map { services[$0.index] === $0 } ?? true }
            && operations.filter { $0.method == "GET" && !$0.template.contains("{") }.allSatisfy { operation in
                operation.template.withByteView { path in
                    "GET".withByteView { method in
                        let found = routes.match(path: path, method: .get, customMethod: method, captures: Captures())
                        if case .found(let index) = found { return index == operation.index }
                        return false
                    }
                }
            }
    }
}
