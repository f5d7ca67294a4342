import Documents
import Foundation
import Testing

@testable import GatewayCore

@Suite("Published schema of the configuration")
struct ConfigurationSchemaTests {
    private func schema() throws -> SourceNode {
        let text = try Repository.text(Repository.root.appendingPathComponent("docs/gateway.schema.json"))
        return try SourceDocument.parse(text: Array(text.utf8), file: "gateway.schema.json").get()
    }

    @Test("the decoder and the schema know the same keys")
    func keys() throws {
        let recorder = KeyRecorder()
        for fixture in ["complete.yaml", "choices.yaml", "topic.yaml"] {
            let text = try Repository.fixture(fixture)
            let outcome = PlatformConfiguration.load(
                file: "c.yaml", environment: [:], source: .memory(["c.yaml": text]), recorder: recorder)
            #expect(outcome.configuration != nil)
        }
        let root = try schema()
        var keys: Set<String> = []
        collect(root, "", root, &keys)
        #expect(recorder.keys.subtracting(keys).sorted() == [])
        #expect(keys.subtracting(recorder.keys).sorted() == [])
    }

    /// The keys below a schema in the spelling of `KeyRecorder`.
    private func collect(_ schema: SourceNode, _ prefix: String, _ root: SourceNode, _ keys: inout Set<String>) {
        if let name = schema["$ref"]?.string?.dropFirst("#/$defs/".count), let shared = root["$defs"]?[String(name)] {
            collect(shared, prefix, root, &keys)
        }
        for option in schema["oneOf"]?.elements ?? [] { collect(option, prefix, root, &keys) }
        for (key, value) in schema["properties"]?.entries ?? [] {
            let name = prefix + (key.text ?? "")
            keys.insert(name)
            collect(value, name + ".", root, &keys)
            if let items = value["items"] { collect(items, name + "[].", root, &keys) }
            if let named = value["additionalProperties"], named["$ref"] != nil || named["properties"] != nil {
                keys.insert(name + ".*")
                collect(named, name + ".*.", root, &keys)
            }
        }
    }

    @Test("the schema's defaults, written out, are the decoder's defaults")
    func defaults() throws {
        let schema = try schema()
        // Its standing there at all turns it on.
        let written = json(defaults(of: schema).filter { !["billing", "envoy", "audit", "flags"].contains($0.0) })
        let outcome = load("{}")
        let spelled = load(written)
        #expect(spelled.findings.filter { $0.severity == .error } == [])
        #expect(spelled.configuration != nil)
        #expect(spelled.configuration == outcome.configuration)
        // Every section but the environment's own settings has something to say.
        #expect(written.contains("head_timeout") && written.contains("x_ratelimit") && written.contains("base_url"))
    }

    @Test("the defaults of billing, once it stands there, are the decoder's defaults")
    func billingDefaults() throws {
        let billing = try #require(try schema()["properties"]?["billing"])
        let keys = defaults(of: billing).filter { $0.0 != "tls" } + [("addresses", "[\"a:1\"]")]
        let spelled = load("{\"billing\": \(json(keys))}")
        #expect(spelled.configuration?.billing?.authority != nil)
        #expect(spelled.configuration == load("{\"billing\": {\"addresses\": [\"a:1\"]}}").configuration)
    }

    @Test("the defaults of the audit trail, once it stands there, are the decoder's defaults")
    func auditDefaults() throws {
        let audit = try #require(try schema()["properties"]?["audit"])
        let file = try #require(audit["properties"]?["file"])
        let path: [(String, String)] = [("path", "\"a\"")]
        let keys: [(String, String)] = [("folder", "\"f\"")]
        let spelled = load(
            "{\"audit\": \(json(defaults(of: audit).filter { $0.0 != "kafka" } + keys + [("file", json(defaults(of: file) + path))]))}"
        )
        #expect(spelled.configuration?.audit != nil)
        #expect(spelled.configuration == load("{\"audit\": {\"folder\": \"f\", \"file\": {\"path\": \"a\"}}}").configuration)
    }

    @Test("the defaults of a service and an issuer are the decoder's defaults")
    func itemDefaults() throws {
        let schema = try schema()
        let service = try #require(schema["properties"]?["services"]?["items"])
        let issuer = try #require(schema["properties"]?["issuers"]?["items"])
        let names: [(String, String)] = [
            ("name", "\"a\""), ("protocol", "\"grpc\""), ("addresses", "[\"a:1\"]"), ("descriptors", "\"d\""),
        ]
        let keys: [(String, String)] = [("issuer", "\"a\"")]
        func text(_ services: [(String, String)], _ issuers: [(String, String)], _ refresh: String) -> String {
            "{\"services\": [\(json(services))], \"issuers\": [\(json(issuers + [("jwks", "{\"file\": \"k\"\(refresh)}")]))]}"
        }
        // TLS has defaults inside, but standing there at all changes what is spoken.
        let spelled = load(
            text(names + defaults(of: service).filter { $0.0 != "tls" }, keys + defaults(of: issuer), ", \"refresh\": \"5m\""))
        #expect(spelled.configuration != nil)
        #expect(spelled.configuration == load(text(names, keys, "")).configuration)
    }

    @Test("the defaults of a tenant's rules on other origins are the decoder's defaults")
    func corsDefaults() throws {
        let schema = try schema()
        let rules = try #require(schema["$defs"]?["cors"])
        let origins: [(String, String)] = [("origins", "[\"https://a.example\"]")]
        func cors(_ members: [(String, String)]) -> PlatformConfiguration.CORS? {
            load("{\"cors\": {\"default\": \(json(members))}}").configuration?.cors
        }
        let spelled = defaults(of: rules)
        #expect(spelled.count == 5)
        let written = try #require(cors(origins + spelled))
        #expect(written == cors(origins))
    }

    private func json(_ members: [(String, String)]) -> String {
        "{" + members.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }

    /// The properties that have a default, sections without required keys included.
    private func defaults(of schema: SourceNode) -> [(String, String)] {
        (schema["properties"]?.entries ?? []).compactMap { entry in
            let name = entry.key.text ?? ""
            if let value = entry.value["default"] { return (name, json(value)) }
            guard entry.value["properties"] != nil, entry.value["required"] == nil, entry.value["oneOf"] == nil else {
                return nil
            }
            return (name, json(defaults(of: entry.value)))
        }
    }

    private func json(_ node: SourceNode) -> String {
        switch node.kind {
        case .mapping(let entries): json(entries.map { ($0.key.text ?? "", json($0.value)) })
        case .sequence(let elements): "[" + elements.map { json($0) }.joined(separator: ", ") + "]"
        case .scalar(.string(let text)): "\"\(text)\""
        case .scalar: node.text ?? "null"
        }
    }

    @Test("every key of the schema stands in the manual")
    func manual() throws {
        let manual = try Repository.text(Repository.root.appendingPathComponent("docs/configuration.md"))
        let root = try schema()
        var keys: Set<String> = []
        collect(root, "", root, &keys)
        for key in keys.sorted() where key != "$schema" && !key.hasPrefix("rate_limits.") && !key.hasPrefix("cors.") {
            #expect(manual.contains("`\(key)`"), "\(key)")
        }
        for key in ["user", "roles", "address", "headers.x_ratelimit", "*.requests", "*.per", "*.burst"] {
            #expect(manual.contains("`rate_limits.\(key)`"), "\(key)")
        }
        var rules: Set<String> = []
        let shared = try #require(root["$defs"]?["cors"])
        collect(shared, "*.", root, &rules)
        for key in ["default", "tenants", "hosts"] + rules.sorted() { #expect(manual.contains("`cors.\(key)`"), "\(key)") }
    }
}
