import CORS
import Documents
import Foundation
import OpenAPI
import Plans
import RateLimiting
import Testing
import TokenVerification

@testable import GatewayCore

/// Files beside this one and in the repository.
enum Repository {
    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let root = tests.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }
    static func fixture(_ name: String) throws -> String { try text(tests.appendingPathComponent("Fixtures/\(name)")) }
}

func load(
    _ text: String, file: String = "etc/gateway.yaml", environment: [String: String] = [:]
) -> PlatformConfiguration.LoadOutcome {
    PlatformConfiguration.load(file: file, environment: environment, source: .memory([file: text]))
}

@Suite("Platform configuration")
struct PlatformConfigurationTests {
    private static let quiet = "issuers: []\nservices: []\n"

    @Test("an empty file is the defaults, with a warning for what it cannot do")
    func defaults() throws {
        let outcome = load("{}")
        #expect(outcome.findings.map(\.code) == ["no-issuers", "no-services"])
        let configuration = try #require(outcome.configuration)
        #expect(configuration.listen == .init(host: "0.0.0.0", port: 8080, tls: nil))
        #expect(configuration.admin == .init(host: "127.0.0.1", port: 9901))
        #expect(configuration.loops == nil && configuration.logLevel == .info)
        #expect(configuration.limits == .init())
        #expect(configuration.rateLimits.user?.bucket == BucketRate(quota: 1000, windowSeconds: 60))
        #expect(configuration.rateLimits.roles.mapValues { $0?.bucket } == ["admin": BucketRate(quota: 5000, windowSeconds: 60)])
        #expect(configuration.adminRoles == ["admin"])
        #expect(configuration.problems.baseURL == "https://septemcore.com/problems/")
        #expect(configuration.problems.pagesPath == "/problems")
        #expect(configuration.cors == nil)
    }

    @Test("rules on other origins may be there and say nothing, which is more than not being there")
    func emptyCORS() throws {
        let empty = try #require(load(Self.quiet + "cors: {}").configuration)
        #expect(empty.cors == .init())
        let absent = try #require(load(Self.quiet + "cors:").configuration)
        #expect(absent.cors == nil)
    }

    @Test("credentials for the origin of every sandbox are a warning")
    func nullOrigin() {
        let rules = "cors: {default: {origins: [\"https://a.example\", \"null\"], credentials: true}}"
        let outcome = load("issuers: []\n" + rules)
        #expect(
            outcome.findings.map(\.code) == ["cors-null", "no-services"]
                || outcome.findings.map(\.code) == ["no-services", "cors-null"])
        #expect(outcome.findings.first { $0.code == "cors-null" }?.pointer == "/cors/default/origins/1")
        #expect(outcome.configuration != nil)
    }

    @Test("every key is read, files are relative to the configuration")
    func complete() throws {
        let outcome = load(try Repository.fixture("complete.yaml"))
        #expect(outcome.findings.map(\.code) == ["insecure-tls", "tenants-unused"])
        let configuration = try #require(outcome.configuration)
        #expect(configuration.listen.tls == .init(certificate: "etc/tls/cert.pem", key: "/etc/gateway/key.pem"))
        #expect(configuration.admin == .init(host: "::1", port: 9902))
        #expect(configuration.loops == 4 && configuration.logLevel == .debug)
        #expect(configuration.limits.headBytes == 16384 && configuration.limits.shutdownTimeout == .zero)
        #expect(configuration.limits.bodyMinimumRate == 1024 && configuration.limits.connections == 10)
        let address = try #require(ClientAddress("10.1.2.3"))
        #expect(configuration.trustedProxies.map { $0.contains(address) } == [true, false])
        #expect(configuration.issuers.map(\.keys) == [.file("etc/jwks.json"), .url("https://other.example/jwks.json")])
        #expect(configuration.issuers.map(\.leeway) == [.zero, .seconds(5)])
        #expect(configuration.issuers.map(\.refresh) == [.seconds(60), .seconds(300)])
        #expect(configuration.issuers.map(\.algorithms) == [[.es256, .edDSA], [.es256]])
        #expect(configuration.issuers.map(\.audiences) == [["platform-kernel", "tools"], ["platform-kernel"]])
        #expect(configuration.issuers.map(\.rolesClaim) == ["groups", "roles"])
        #expect(configuration.rolePermissions == ["admin": ["*"], "sales": ["crm.contacts.read", "crm.*"]])
        #expect(
            configuration.iam
                == .init(
                    authority: .init(
                        addresses: [.init(host: "iam", port: 50062), .init(host: "::1", port: 50062)],
                        tls: .init(certificateAuthorityFile: "etc/ca.pem", serverName: "iam", isInsecure: false),
                        timeout: .milliseconds(300)), timeToLive: .seconds(60), staleFor: .seconds(10)))
        #expect(
            configuration.billing
                == .init(
                    authority: .init(
                        addresses: [.init(host: "billing", port: 443)],
                        tls: .init(
                            certificateAuthorityFile: "etc/tls/ca.pem", serverName: "billing.example", isInsecure: false),
                        timeout: .seconds(2)), timeToLive: .seconds(30), staleFor: .seconds(7200),
                    rules: PlanRules(onMissing: .allow, onFailure: .deny)))
        #expect(configuration.rateLimits.user?.bucket == BucketRate(quota: 10, windowSeconds: 1, burst: 20))
        #expect(
            configuration.rateLimits.roles.mapValues { $0?.bucket } == [
                "admin": nil, "bot": BucketRate(quota: 5, windowSeconds: 60),
            ])
        #expect(configuration.rateLimits.address?.bucket == BucketRate(quota: 3, windowSeconds: 60, burst: 9))
        #expect(configuration.rateLimits.sendsLegacyHeaders)
        #expect(configuration.problems.baseURL == "https://problems.example/p/")
        #expect(configuration.problems.pagesPath == nil)
        #expect(configuration.health.components.map(\.isCritical) == [false, true, true, true, true, true])
        #expect(configuration.health.components.map(\.kind) == [.tcp, .http, .clickhouse, .gofeatureflag, .envoy, .s3])
        #expect(configuration.health.components.map(\.path) == ["/", "/up", "/ping", "/health", "/ready", "/"])
        #expect(configuration.health.components.map(\.timeout) == [nil, nil, .seconds(3), nil, nil, nil])
        #expect(configuration.health.interval == .seconds(10))
        #expect(configuration.services.map(\.ignoresUnknownParameters) == [true, true])
        #expect(configuration.services.map(\.takesGRPCClients) == [true, false])
        let cors = try #require(configuration.cors)
        #expect(cors.standard?.origins == ["https://*.example.com", "null"] && cors.standard?.methods == ["GET", "POST"])
        #expect(cors.standard?.headers == ["Authorization", "X-Own"] && cors.standard?.exposedHeaders == ["X-Seen"])
        #expect(cors.standard?.allowsCredentials == false && cors.standard?.maximumAgeSeconds == 60)
        #expect(cors.tenants.keys.sorted() == ["acme", "globex"] && cors.tenants["globex"]?.origins == [])
        #expect(cors.tenants["acme"]?.allowsCredentials == true && cors.tenants["acme"]?.maximumAgeSeconds == 600)
        #expect(cors.hosts == ["app.acme.example": "acme", "[::1]": "globex"])
        #expect(!configuration.batch.isEnabled && configuration.batch.path == "/v2/many")
        #expect((configuration.batch.maximumItems, configuration.batch.concurrency) == (10, 2))

        let data = try #require(configuration.services.first)
        #expect(data.transport == .grpc && data.isRequired && data.forwardsAuthorization)
        #expect(data.addresses.map(\.host) == ["127.0.0.1", "::1", "data.internal"])
        #expect(data.tls == .init(certificateAuthorityFile: "etc/ca.pem", serverName: "data", isInsecure: true))
        #expect(data.openAPI == "etc/docs/crm.yaml" && data.descriptors == .file("etc/data.pb"))
        #expect(data.connectTimeout == .milliseconds(500) && data.timeout == .seconds(2) && data.maximumConnections == 2)
        #expect(data.maximumBodyBytes == 1 << 20)
        #expect(data.requestValidation == .report && data.responseValidation == .off)
        let files = configuration.services[1]
        #expect(files.requestValidation == .enforce && files.responseValidation == .report && files.maximumBodyBytes == nil)
        #expect(files.timeout == .seconds(5) && files.tls == nil && !files.isRequired)
    }

    private static let invalid =
        (try? FileManager.default.contentsOfDirectory(
            atPath: Repository.tests.appendingPathComponent("Fixtures/Invalid").path))?.sorted() ?? []

    @Test("a faulty file gives exactly the findings at its head, and no configuration", arguments: invalid)
    func faults(name: String) throws {
        let text = try Repository.fixture("Invalid/\(name)")
        let expected = text.split(separator: "\n").prefix { $0.hasPrefix("# ") }.map { $0.dropFirst(2) }
        let outcome = load(text)
        #expect(outcome.configuration == nil)
        let errors = outcome.findings.filter { $0.severity == .error }
        let found = errors.map { "error[\($0.code)]" + ($0.pointer.isEmpty ? "" : " " + $0.pointer) }
        #expect(found.sorted() == expected.map(String.init).sorted(), "\(outcome.findings)")
        #expect(errors.allSatisfy { $0.line > expected.count && $0.column > 0 && $0.file == "etc/gateway.yaml" })
    }

    @Test("a limit that is off is no limit")
    func off() throws {
        let limits = try #require(load(Self.quiet + "rate_limits: {user: off, address: off}").configuration).rateLimits
        #expect(limits.user == nil && limits.address == nil && limits.roles.count == 1)
    }

    @Test("there are fixtures to run")
    func fixtures() { #expect(Self.invalid.count >= 20) }

    @Test("a file that cannot be read is a finding")
    func missing() {
        let outcome = PlatformConfiguration.load(file: "x.yaml", environment: [:], source: .memory([:]))
        #expect(outcome.configuration == nil)
        #expect(outcome.findings.map(\.description) == ["x.yaml: error[unreadable-file]: the file cannot be read: no such file"])
    }

    @Test(
        "descriptors are a file, or what the service says itself",
        arguments: [
            ("d.pb", .file("etc/d.pb"), "etc/d.pb"), ("reflection", .reflection, "reflection://a"),
            ("./reflection", .file("etc/reflection"), "etc/reflection"),
        ] as [(String, PlatformConfiguration.Descriptors, String)])
    func descriptors(text: String, expected: PlatformConfiguration.Descriptors, file: String) throws {
        let service = "services:\n  - {name: a, protocol: grpc, addresses: [\"a:1\"], descriptors: \(text)}\n"
        let outcome = load("issuers: []\n" + service)
        #expect(outcome.findings.isEmpty)
        let upstream = try #require(outcome.configuration?.services.first)
        #expect(upstream.descriptors == expected && upstream.descriptorFile == file)
    }

    @Test("the environment goes before the file")
    func environment() throws {
        let text =
            "issuers: []\nlisten: {host: a, port: 1}\nloops: 1\nlog_level: error\nlimits: {shutdown_timeout: 1s}\n"
            + "services:\n  - {name: a, protocol: grpc, addresses: [\"a:1\"], descriptors: d}\n"
            + "  - {name: b, protocol: grpc, addresses: [\"a:1\"], descriptors: d, timeout: 9s}\n"
            + "  - {name: c, protocol: http, addresses: [\"a:1\"], openapi: d}\n"
        let outcome = load(
            text,
            environment: [
                "GATEWAY_HOST": "127.0.0.1", "GATEWAY_PORT": "0", "GATEWAY_LOOPS": "2", "GATEWAY_SHUTDOWN_TIMEOUT": "7s",
                "GRPC_CALL_TIMEOUT_MS": "250", "LOG_LEVEL": "DEBUG", "GATEWAY_OTHER": "x",
            ])
        #expect(outcome.findings.isEmpty)
        let configuration = try #require(outcome.configuration)
        #expect(configuration.listen.host == "127.0.0.1" && configuration.listen.port == 0 && configuration.loops == 2)
        #expect(configuration.limits.shutdownTimeout == .seconds(7) && configuration.logLevel == .debug)
        #expect(configuration.services.map(\.timeout) == [.milliseconds(250), .seconds(9), .seconds(5)])
    }

    @Test(
        "a variable that cannot be read is a finding; an empty one is not set",
        arguments: [
            ("GATEWAY_PORT", "65536", "invalid-environment"), ("GATEWAY_PORT", "http", "invalid-environment"),
            ("GATEWAY_PORT", "tcp://10.0.0.1:8080", "ignored-environment"), ("GATEWAY_LOOPS", "0", "invalid-environment"),
            ("GATEWAY_LOOPS", "1025", "invalid-environment"), ("GATEWAY_SHUTDOWN_TIMEOUT", "30", "invalid-environment"),
            ("GRPC_CALL_TIMEOUT_MS", "0", "invalid-environment"), ("GRPC_CALL_TIMEOUT_MS", "5s", "invalid-environment"),
            ("LOG_LEVEL", "loud", "invalid-environment"), ("GATEWAY_PORT", "", nil), ("GATEWAY_LOOPS", "1024", nil),
        ] as [(String, String, String?)])
    func badEnvironment(name: String, value: String, code: String?) {
        let outcome = load(Self.quiet, environment: [name: value])
        #expect(outcome.findings.filter { $0.code != "no-services" }.map(\.code) == (code.map { [$0] } ?? []))
        #expect((outcome.configuration == nil) == (code == "invalid-environment"))
        #expect(outcome.findings.allSatisfy { $0.code == "no-services" || $0.message.contains(name) })
    }

    @Test("a file cut anywhere is a configuration or findings")
    func truncation() throws {
        let text = Array(try Repository.fixture("complete.yaml").utf8)
        for length in 0..<text.count {
            let outcome = load(String(decoding: text.prefix(length), as: UTF8.self))
            #expect(outcome.configuration != nil || outcome.findings.hasErrors)
        }
    }
}
