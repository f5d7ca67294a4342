import Discovery
import EnvoyAPI
import SwiftProtobuf
import Testing

@testable import EnvoyEdge
@testable import GatewayCore

@Suite("What Envoys do with requests")
struct EnvoyFilterTests {
    private static let login = """
        { login: { paths: [/app], authorization_endpoint: "https://l.example/a", token_endpoint: "https://l.example/t",
          client_id: c, client_secret_file: secret, cookie_key_file: cookies } }
        """

    @Test(
        "filters are there when they are asked for, in one order",
        arguments: [
            ("{}", ["header_mutation", "jwt_authn", "local_ratelimit", "router"]),
            ("{ rate_limits: { tenant_per_second: off } }", ["header_mutation", "jwt_authn", "router"]),
            (
                "{ rate_limits: { enforced_by: envoy } }",
                ["header_mutation", "jwt_authn", "local_ratelimit", "ratelimit", "router"]
            ),
            ("{ compression: {} }", ["header_mutation", "brotli", "gzip", "jwt_authn", "local_ratelimit", "router"]),
            (login, ["header_mutation", "oauth2", "jwt_authn", "local_ratelimit", "router"]),
        ])
    func filters(settings: String, names: [String]) throws {
        #expect(try EdgeFixture(envoy: settings).make().manager().filterNames == names)
    }

    @Test("without issuers nobody looks at tokens, and tenants cannot be told apart")
    func noIssuers() throws {
        let base = EdgeFixture.base.replacing("  - { issuer: https://iam.example, jwks: { file: keys.json } }", with: "")
            .replacing("issuers:", with: "issuers: []")
        #expect(try EdgeFixture(base: base).make().manager().filterNames == ["header_mutation", "router"])
    }

    @Test("certificates are secrets that a listener names, each for its server names, and keys are never shown")
    func certificates() throws {
        let settings = """
            { listeners: [{ name: public, http3: true, tls: { certificates: [
              { certificate: a.pem, key: a.key, server_names: [api.example.com] }, { certificate: a.pem, key: a.key }] } }] }
            """
        let made = try EdgeFixture(envoy: settings).make()
        let listener = try made.message(.listener, "public", as: Listener_Listener.self)
        #expect(listener.filterChains.map(\.filterChainMatch.serverNames) == [["api.example.com"], []])
        #expect(try made.message(.listener, "public-h3", as: Listener_Listener.self).address.socketAddress.protocol == .udp)
        #expect(try made.manager().filterNames.prefix(3) == ["header_mutation", "header_mutation", "jwt_authn"])
        #expect(try made.manager("public-h3").filterNames.prefix(2) == ["header_mutation", "jwt_authn"])
        let secrets = made.all.filter { $0.kind == .secret }
        #expect(secrets.map(\.name) == ["certificate:api.example.com", "certificate:default"])
        let shown = EnvoyJSON.text(try #require(secrets.first))
        #expect(shown.contains("chain") && !shown.contains("\"key\"") && shown.contains("hidden"))
    }

    @Test("a rotated certificate is another secret of the same name; its listener stays as it is")
    func rotation() throws {
        let fixture = try EdgeFixture(envoy: "{ listeners: [{ tls: { certificates: [{ certificate: a.pem, key: a.key }] } }] }")
        let before = fixture.make().all
        var material = EdgeFixture.material
        material.files["a.pem"] = Array("another".utf8)
        let after = EnvoyResources.compose(
            EnvoyResources.parts(fixture.snapshot, fixture.configuration, material: material))
        #expect(zip(before, after).filter { $0 != $1 }.map(\.0.kind) == [.secret])
    }

    @Test(
        "limits are asked about by tenant, user and roles, on public routes by address too, and not at all for the gateway's own endpoints"
    )
    func descriptors() throws {
        let settings = "{ tokens: { refused_by: envoy }, rate_limits: { enforced_by: envoy } }"
        let routes = try EdgeFixture(envoy: settings).make().routes()
        let shared = try #require(routes.first { $0.prefix == "/api/v1/files/shared" })
        let actions = try #require(shared.route.rateLimits.first).actions
        #expect(shared.route.rateLimits.count == 1 && actions.count == 4 && actions[0].actionSpecifier == .remoteAddress(.init()))
        #expect(actions[1...2].map(\.metadata.descriptorKey) == ["tenant", "user"])
        #expect(actions[1...2].allSatisfy(\.metadata.skipIfAbsent) && actions[3].requestHeaders.skipIfAbsent)
        #expect(try #require(routes.first { $0.prefix == "/live" }).route.rateLimits.isEmpty)
        let list = try #require(routes.first { $0.prefix == "/api/v1/files/list" })
        #expect(list.route.rateLimits.first?.actions.prefix(2).map(\.metadata.descriptorKey) == ["tenant", "user"])
        #expect(list.route.rateLimits.first?.actions.last?.requestHeaders.descriptorKey == "roles")
        #expect(try EdgeFixture().make().routes().allSatisfy { $0.route.rateLimits.isEmpty })
    }

    @Test("every status that Envoy answers itself is a problem document; what may pass later says when")
    func localReplies() throws {
        let replies = try EdgeFixture().make().manager().localReplyConfig
        let documents = replies.mappers.filter { if case .statusCodeFilter = $0.filter.filterSpecifier { true } else { false } }
        let statuses = documents.map { Int($0.filter.statusCodeFilter.comparison.value.defaultValue) }
        #expect(statuses == [400, 401, 403, 404, 408, 413, 414, 426, 429, 431, 500, 501, 502, 503, 504])
        for mapper in documents {
            let status = mapper.filter.statusCodeFilter.comparison.value.defaultValue
            #expect(mapper.bodyFormatOverride.contentType == "application/problem+json")
            #expect(mapper.bodyFormatOverride.jsonFormat.fields["status"]?.numberValue == Double(status))
            #expect(mapper.headersToAdd.contains { $0.header.key == "retry-after" } == [429, 503].contains(status))
        }
    }

    @Test(
        "pages of other origins may read Envoy's answers where rules are the same for every tenant",
        arguments: [
            ("cors: { default: { origins: [\"https://*.example.com\"] } }", true),
            ("cors: { default: { origins: [\"https://a.b\"] }, tenants: { t: { origins: [\"https://c.d\"] } } }", false),
            ("cors: { default: { origins: [] } }", false),
        ])
    func origins(rules: String, isStatic: Bool) throws {
        let mappers = try EdgeFixture(base: EdgeFixture.base + "\n" + rules).make().manager().localReplyConfig.mappers
        let allowing = mappers.filter { mapper in
            mapper.headersToAdd.contains { $0.header.key == "access-control-allow-origin" }
        }
        #expect(allowing.isEmpty == !isStatic)
        if isStatic {
            let filter = try #require(allowing.first?.filter.andFilter.filters.last)
            #expect(filter.headerFilter.header.stringMatch.safeRegex.regex == "https://[a-z0-9.-]+\\.example\\.com")
        }
    }

    @Test("secrets lose the line end that editors add")
    func secrets() throws {
        let made = try EdgeFixture(envoy: Self.login).make()
        let secret = try made.message(.secret, LoginFilter.clientSecret, as: TLS_Secret.self)
        #expect(secret.genericSecret.secret.inlineString == "s3cret")
        #expect(made.all.contains { $0.kind == .cluster && $0.name == "login" })
    }

    @Test("the bootstrap knows the gateway and nothing else", arguments: [true, false])
    func bootstrap(usesDelta: Bool) throws {
        var bootstrap = EnvoyBootstrap(try EdgeFixture().configuration)
        bootstrap.usesDelta = usesDelta
        let text = bootstrap.json
        let message = try Bootstrap_Bootstrap(jsonString: text)
        #expect(message.staticResources.clusters.map(\.name) == ["control"] && message.staticResources.listeners.isEmpty)
        #expect(message.dynamicResources.adsConfig.apiType == (usesDelta ? .deltaGrpc : .grpc))
        #expect(text.contains("50051"))
    }
}
