import Discovery
import EnvoyAPI
import SwiftProtobuf
import Testing

@testable import EnvoyEdge
@testable import GatewayCore

@Suite("What Envoys are told")
struct EnvoyResourcesTests {
    @Test("a platform without Envoys has nothing to tell")
    func absent() throws {
        let fixture = try EdgeFixture(envoy: "")
        #expect(fixture.make().all.isEmpty)
    }

    @Test("the same platform makes the same bytes and versions, whatever the order of dictionaries")
    func deterministic() throws {
        let settings = "{ rate_limits: { enforced_by: envoy }, tokens: { refused_by: envoy }, compression: {} }"
        let first = try EdgeFixture(envoy: settings).make().all
        for _ in 0..<20 { #expect(try EdgeFixture(envoy: settings).make().all == first) }
    }

    @Test("a service has one route for all its operations, where Envoy treats them alike")
    func routes() throws {
        let routes = try EdgeFixture().make().routes()
        let plain = routes.filter { $0.match.headers.isEmpty }.map(\.prefix)
        #expect(plain.filter { $0.hasPrefix("/api/v1/files") } == ["/api/v1/files"])
        #expect(plain.contains("/api/v1/notes") && plain.contains("/live") && plain.contains("/readyz"))
        #expect(!plain.contains("/"))
    }

    @Test("longer paths come first, and upgrades before all")
    func order() throws {
        let routes = try EdgeFixture(envoy: "{ tokens: { refused_by: envoy } }").make().routes()
        let plain = routes.filter { $0.match.headers.isEmpty }.map(\.prefix.utf8.count)
        #expect(plain == plain.sorted(by: >))
        let upgrades = routes.filter { $0.match.headers.first?.name == "upgrade" }
        #expect(upgrades.map(\.prefix) == ["/api/v1/files/live"])
        #expect(upgrades.map(\.route.cluster) == ["gateway-upgrades"])
        #expect(upgrades.first?.route.idleTimeout.seconds == 0 && upgrades.first?.route.hasIdleTimeout == true)
        #expect(routes.first?.match.headers.first?.name == "upgrade")
    }

    @Test("below a deprecated version Envoy's own answers say so, and nothing is unknown to the gateway")
    func versions() throws {
        let fixture = try EdgeFixture(envoy: "{ tokens: { refused_by: envoy } }")
        let version = try #require(APIVersion("v1"))
        let mark = VersionMark(
            deprecated: UTCTime(unixSeconds: 0), sunset: try #require(UTCTime("2027-06-30")), digest: "")
        let notice = VersionNotice(version, mark, base: "/api")
        let deprecated = try fixture.make(versions: VersionTable([notice])).routes()
        for route in deprecated {
            let said = route.responseHeadersToAdd.map(\.header.key)
            #expect(said == (route.prefix.hasPrefix("/api/v1") ? ["deprecation", "sunset", "link"] : []), "\(route.prefix)")
            #expect(route.responseHeadersToAdd.allSatisfy { $0.appendAction == .addIfAbsent })
        }
        #expect(deprecated.contains { $0.prefix == "/api/v1" })
        // Without one the table is what it was.
        #expect(try fixture.make().routes().allSatisfy { $0.responseHeadersToAdd.isEmpty && $0.prefix != "/api/v1" })
        #expect(fixture.make().all == fixture.make(versions: VersionTable([])).all)
    }

    @Test("draining and shedding are values of the runtime alone")
    func valves() throws {
        let usual = try EdgeFixture().make()
        #expect(try usual.table().prefix(2).map(\.directResponse.status) == [503, 503])
        #expect(try usual.table().prefix(2).map(\.match.runtimeFraction.defaultValue.numerator) == [0, 0])
        let turned = try EdgeFixture(envoy: "{ drain: true, shed_percent: 25 }").make()
        let changed = Set(turned.all).subtracting(usual.all)
        #expect(changed.map(\.kind) == [.runtime])
        let fields = try turned.message(.runtime, "gateway", as: Runtime_Runtime.self).layer.fields
        #expect(fields["septem.drain"]?.numberValue == 100 && fields["septem.shed"]?.numberValue == 25)
        let none = try usual.message(.runtime, "gateway", as: Runtime_Runtime.self).layer.fields
        #expect(none["septem.drain"]?.numberValue == 0 && none["septem.shed"]?.numberValue == 0)
    }

    @Test("public operations have routes of their own where Envoy refuses tokens, and no others")
    func publicRoutes() throws {
        let routes = try EdgeFixture(envoy: "{ tokens: { refused_by: envoy } }").make().routes()
        func requirement(_ prefix: String) throws -> String {
            let route = try #require(routes.first { $0.prefix == prefix && $0.match.headers.isEmpty })
            let any = try #require(route.typedPerFilterConfig[TokenFilter.name])
            return try JWT_PerRouteConfig(unpackingAny: any).requirementName
        }
        #expect(try requirement("/api/v1/files/shared") == "read")
        #expect(try requirement("/api/v1/files/list") == "require")
        #expect(try requirement("/health") == "require")
        #expect(try requirement("/live") == "read")
        #expect(try requirement("/api/v1/notes") == "require")
        let open = try #require(routes.first { $0.prefix == "/api/v1/notes" })
        #expect(open.match.headers.map(\.stringMatch.safeRegex.regex) == ["GET"])
        let relaxed = try EdgeFixture().make().routes()
        #expect(relaxed.allSatisfy { $0.typedPerFilterConfig.isEmpty })
    }

    @Test("Envoy waits longer than the gateway")
    func patience() throws {
        let routes = try EdgeFixture().make().routes()
        let notes = try #require(routes.first { $0.prefix == "/api/v1/notes" })
        #expect(notes.route.idleTimeout.seconds == 95)
        let files = try #require(routes.first { $0.prefix == "/api/v1/files" && $0.match.headers.isEmpty })
        #expect(!files.route.hasIdleTimeout)
        #expect(routes.allSatisfy { $0.route.hasTimeout && $0.route.timeout.seconds == 0 })
        #expect(try EdgeFixture().make().manager().streamIdleTimeout.seconds == 65)
    }

    @Test("who a caller is, and where it came from, cannot be said by a client")
    func spoofing() throws {
        let table = try EdgeFixture().make().message(.routes, "gateway", as: Route_RouteConfiguration.self)
        for name in ["x-user-id", "x-tenant-id", "x-user-roles", "forwarded", TokenFilter.rolesHeader] {
            #expect(table.requestHeadersToRemove.contains(name))
        }
        let manager = try EdgeFixture().make().manager()
        #expect(manager.useRemoteAddress.value && manager.normalizePath.value && manager.preserveExternalRequestID)
        #expect(manager.hasRequestHeadersTimeout && manager.maxRequestHeadersKb.value == 32)
    }

    @Test("a withheld part is what it was, and all others are new")
    func withholding() throws {
        let before = try EdgeFixture().make()
        let changed = """
            openapi: 3.1.0
            info: { title: notes, version: "2" }
            paths:
              /api/v1/memos: { get: { operationId: all, responses: { "200": { description: ok } } } }
            """
        let next = try EdgeFixture(notes: changed)
        let old = try #require(before.parts["notes"])
        func prefixes(_ resources: Told) throws -> [String] {
            try resources.routes().map(\.prefix).filter { $0.hasPrefix("/api/v1/notes") || $0.hasPrefix("/api/v1/memos") }
        }
        #expect(try prefixes(next.make()) == ["/api/v1/memos"])
        #expect(try prefixes(next.make(withholding: ["notes": old])) == ["/api/v1/notes"])
        #expect(next.make(withholding: ["notes": old]).all == before.all)
        #expect(try prefixes(next.make(withholding: ["notes": nil])) == [])
    }

    @Test("a listener is its own owner: it is withheld alone")
    func withheldListener() throws {
        let before = try EdgeFixture(envoy: "{ listeners: [{ name: a, port: 1000 }] }").make()
        let next = try EdgeFixture(envoy: "{ listeners: [{ name: a, port: 2000 }, { name: b, port: 3000 }] }")
        let old = try #require(before.parts["LDS a"])
        let told = next.make(withholding: ["LDS a": old])
        func port(_ name: String) throws -> UInt32 {
            try told.message(.listener, name, as: Listener_Listener.self).address.socketAddress.portValue
        }
        #expect(try port("a") == 1000)
        #expect(try port("b") == 3000)
        let none = next.make(withholding: ["LDS a": nil])
        #expect(none.all.filter { $0.kind == .listener }.map(\.name) == ["b"])
    }

    @Test("without what holds for all routes there is no table")
    func withheldSettings() throws {
        let told = try EdgeFixture().make(withholding: [EnvoyPart.platform: nil])
        #expect(!told.all.contains { $0.kind == .routes })
        #expect(told.all.contains { $0.kind == .listener })
    }

    @Test("the owners of the route table are all whose routes are in it, those of others the resources themselves")
    func owners() throws {
        let parts = try EdgeFixture().make().parts
        #expect(EnvoyResources.owners(.routes, ["gateway"], of: parts) == ["files", "gateway", "notes", EnvoyPart.platform])
        #expect(EnvoyResources.owners(.listener, ["public", "other"], of: parts) == ["LDS public", "LDS other"])
    }

    @Test("a route that an Envoy names by its number points at its owners")
    func suspects() throws {
        let told = try EdgeFixture().make()
        let number = try #require(try told.table().firstIndex { $0.prefix == "/api/v1/notes" })
        let words =
            "VirtualHosts[0]: embedded message failed validation | caused by VirtualHostValidationError.Routes[\(number)]: bad"
        #expect(EnvoyResources.suspects(words, of: told.parts) == ["notes"])
        for other in ["no such thing", "Routes[]", "Routes[9999]", "Routes[-1]", "Routes[99999999999999999999]"] {
            #expect(EnvoyResources.suspects(other, of: told.parts).isEmpty)
        }
    }

    @Test("gateways by address are endpoints; names are the cluster's to resolve")
    func replicas() throws {
        let addresses = try EdgeFixture(envoy: "{ replicas: [\"10.0.0.1:80\", \"10.0.0.2:80\"] }").make()
        let endpoints = try addresses.message(.endpoints, "gateway", as: Endpoint_ClusterLoadAssignment.self)
        #expect(endpoints.endpoints.first?.lbEndpoints.count == 2)
        #expect(try addresses.message(.cluster, "gateway", as: Cluster_Cluster.self).type == .eds)
        let names = try EdgeFixture(envoy: "{ replicas: [\"gateway:80\", \"10.0.0.2:80\"] }").make()
        #expect(!names.all.contains { $0.kind == .endpoints })
        let cluster = try names.message(.cluster, "gateway", as: Cluster_Cluster.self)
        #expect(cluster.type == .strictDns && cluster.loadAssignment.endpoints.first?.lbEndpoints.count == 2)
        #expect(cluster.healthChecks.first?.httpHealthCheck.path == "/ready")
    }

    @Test("without replicas there is this gateway alone")
    func alone() throws {
        let endpoints = try EdgeFixture().make().message(.endpoints, "gateway", as: Endpoint_ClusterLoadAssignment.self)
        let address = endpoints.endpoints.first?.lbEndpoints.first?.endpoint.address.socketAddress
        #expect(address?.address == "127.0.0.1" && address?.portValue == 8080)
    }
}
