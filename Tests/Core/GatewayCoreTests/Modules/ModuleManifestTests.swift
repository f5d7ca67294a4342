import Documents
import Testing

@testable import GatewayCore

@Suite("Manifests of modules")
struct ModuleManifestTests {
    private static let good = """
        slug: notes
        version: 1.2.0
        title: Notes
        services:
          - name: notes
            protocol: http
            addresses: ["notes:80"]
            openapi: api/notes.yaml
            timeout: 2s
        """

    private func decode(_ manifest: String) -> ModuleManifest.Outcome {
        ModuleManifest.decode(
            ModuleRig.package("notes", ["module.yaml": manifest]), environment: ["GRPC_CALL_TIMEOUT_MS": "1234"])
    }

    @Test("a manifest says what a service of the platform may say, with files of its package")
    func complete() throws {
        let outcome = decode(Self.good)
        let manifest = try #require(outcome.manifest)
        #expect(outcome.findings == [])
        #expect(manifest.slug == "notes" && manifest.version == "1.2.0" && manifest.title == "Notes")
        #expect(manifest.services.first?.openAPI == "modules/notes/api/notes.yaml")
        #expect(manifest.services.first?.timeout == .seconds(2))
    }

    @Test("the environment's default for calls counts for modules too")
    func environment() {
        let manifest = Self.good.replacing("protocol: http", with: "protocol: grpc\n    descriptors: reflection")
            .replacing("\n    timeout: 2s", with: "")
        #expect(decode(manifest).manifest?.services.first?.timeout == .milliseconds(1234))
    }

    @Test(
        "what is wrong is told with its place",
        arguments: [
            ("slug: notes", "slug: Notes", "module-slug", 1), ("slug: notes", "slug: other", "module-slug", 1),
            ("slug: notes\n", "", "missing-key", 1), ("version: 1.2.0\n", "", "missing-key", 1),
            ("version: 1.2.0", "version: \"\"", "module-text", 2), ("version: 1.2.0", "version: \"1\\n2\"", "module-text", 2),
            ("title: Notes", "titel: Notes", "unknown-key", 3), ("timeout: 2s", "timeouts: 2s", "unknown-key", 9),
            ("openapi: api/notes.yaml", "openapi: ../other/api.yaml", "path-outside-package", 8),
            ("openapi: api/notes.yaml", "openapi: /etc/passwd", "path-outside-package", 8),
            ("openapi: api/notes.yaml", "openapi: api/../../../x.yaml", "path-outside-package", 8),
            ("timeout: 2s", "tls: { ca: ca.pem }", "module-certificate", 9),
            ("protocol: http", "protocol: ftp", "unknown-value", 6),
        ])
    func findings(_ text: String, _ replacement: String, _ code: String, _ line: Int) {
        let outcome = decode(Self.good.replacing(text, with: replacement))
        let finding = outcome.findings.first { $0.severity == .error }
        #expect(
            finding?.code == code && finding?.line == line && finding?.file == "modules/notes/module.yaml", "\(outcome.findings)")
    }

    @Test("a module cannot hold the gateway back")
    func required() {
        let outcome = decode(Self.good.replacing("timeout: 2s", with: "required: true"))
        #expect(outcome.findings.map(\.code) == ["module-required"] && outcome.manifest?.services.first?.isRequired == false)
    }

    @Test(
        "more services than a module may have are refused",
        arguments: [(ModuleLimits.services, false), (ModuleLimits.services + 1, true)])
    func tooManyServices(_ count: Int, _ isRefused: Bool) {
        let services = (0..<count).map { "  - { name: s\($0), protocol: http, addresses: [\"a:1\"], openapi: a.yaml }" }
        let outcome = decode("slug: notes\nversion: \"1\"\nservices:\n" + services.joined(separator: "\n"))
        #expect(outcome.findings.contains { $0.code == "module-services" } == isRefused)
    }

    @Test("a document that refers to what is outside its package is refused")
    func references() throws {
        var rig = try ModuleRig()
        let package = ModuleRig.package("notes", paths: ["/notes"])
        var files = package.files.mapValues { String(decoding: $0, as: UTF8.self) }
        files["api.yaml"] = files["api.yaml"]?.replacing(
            "responses: {}", with: "responses: { '200': { $ref: '../../etc/crm.yaml#/x' } }")
        rig.install(ModuleRig.package("notes", files))
        #expect(rig["notes"]?.state == .refused)
        #expect(rig["notes"]?.findings.contains { $0.code == "outside-reference" } == true, "\(rig.codes("notes"))")
    }

    @Test("a module's operations are its own", arguments: [("notes", []), ("crm", ["module-foreign"])])
    func foreign(_ named: String, _ codes: [String]) throws {
        var rig = try ModuleRig()
        let package = ModuleRig.package("notes", paths: ["/notes"])
        var files = package.files.mapValues { String(decoding: $0, as: UTF8.self) }
        files["api.yaml"] = files["api.yaml"]?.replacing("get: {", with: "get: { x-module: \(named),")
        rig.install(ModuleRig.package("notes", files))
        #expect(rig.codes("notes") == codes)
    }
}
