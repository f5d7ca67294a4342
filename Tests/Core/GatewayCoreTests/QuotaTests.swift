import Bytes
import Documents
import Plans
import Testing

@testable import GatewayCore

@Suite("Quotas of operations")
struct QuotaTests {
    private static let crm = "etc/crm.yaml"

    private func quotas(_ outcome: SnapshotCompiler.Outcome, _ template: String) throws -> [String: String] {
        let operations = try #require(outcome.snapshot).operations.filter { $0.template == template }
        return Dictionary(
            uniqueKeysWithValues: operations.compactMap { operation in
                operation.quota.map { (operation.method, $0.text) }
            })
    }

    @Test("an inherited quota counts for the methods that can add something, and is compiled with the path's parameters")
    func inherited() throws {
        var platform = Platform.with("security: [{ bearer: [] }]", "security: [{ bearer: [] }]\nx-quota: storage", in: Self.crm)
        let text = try #require(platform.files[Self.crm])
        platform.files[Self.crm] = text.replacing(
            "    get: { x-permission: \"{module}.{model}.read\", responses: {} }",
            with: """
                    x-quota: "{module}.{model}"
                    get: { x-permission: "{module}.{model}.read", responses: {} }
                    put: { x-permission: "{module}.{model}.write", x-plan: off, responses: {} }
                    delete: { x-permission: "{module}.{model}.write", responses: {} }
                """)
        let outcome = try platform.compile()
        #expect(outcome.findings.filter { $0.code.hasPrefix("quota") }.isEmpty)
        #expect(try quotas(outcome, "/api/v1/contacts") == ["POST": "storage"])
        #expect(try quotas(outcome, "/api/v1/data/{module}/{model}") == ["PUT": "{module}.{model}"])
        let put = try #require(outcome.snapshot?.operations.first { $0.method == "PUT" })
        #expect(put.ignoresPlan)
        let plan = try PlanInfo(plan: "", status: .active, exceeded: ["crm.contacts"])
        let rules = PlanRules(onMissing: .deny, onFailure: .allow)
        for (values, verdict) in [(["crm", "contacts"], .exceeded), (["crm", "notes"], .allowed)] as [([String], PlanVerdict)] {
            let bytes = values.map { Array($0.utf8) }
            let found = bytes[0].withByteView { module in
                bytes[1].withByteView { model in
                    rules.verdict(plan, quota: put.quota) { [module, model][$0] }
                }
            }
            #expect(found == verdict)
        }
    }

    @Test("one that stands at an operation and never counts is a warning; with the method named it counts")
    func withoutEffect() throws {
        let read = "get: { x-permission: crm.contact.read, "
        var outcome = try Platform.with(read, read + "x-quota: crm.exports, ", in: Self.crm).compile()
        let findings = outcome.findings.filter { $0.code == "quota-without-effect" }
        #expect(findings.count == 1 && findings[0].severity == .warning && findings[0].file == Self.crm)
        #expect(try quotas(outcome, "/api/v1/contacts") == [:])
        outcome = try Platform.with(read, read + "x-quota: { name: crm.exports, on: [GET] }, ", in: Self.crm).compile()
        #expect(outcome.findings.filter { $0.code == "quota-without-effect" }.isEmpty)
        #expect(try quotas(outcome, "/api/v1/contacts") == ["GET": "crm.exports"])
    }

    @Test("a part that no quota's name has is an error with its place")
    func malformed() throws {
        let write = "x-permission: crm.contact.write"
        for part in ["crm/contacts", "a{b}", String(repeating: "a", count: 65)] {
            let outcome = try Platform.with(write, write + "\n      x-quota: \"\(part)\"", in: Self.crm).compile()
            #expect(outcome.findings.contains { $0.severity == .error && $0.file == Self.crm }, "\(part)")
        }
    }

    @Test("gRPC clients cannot call a method whose quota has a parameter of the path, or differs between its routes")
    func grpcClients() throws {
        func outcome(_ paths: String) throws -> SnapshotCompiler.Outcome {
            var platform = Platform.with(
                "descriptors: shop.pb", "descriptors: shop.pb\n    openapi: shop.yaml\n    grpc_clients: true")
            platform.descriptors = Fixtures.callDescriptors
            platform.files["etc/shop.yaml"] = "openapi: 3.1.0\ninfo: { title: Books, version: \"1\" }\npaths:\n" + paths
            return try platform.compile()
        }
        func messages(_ outcome: SnapshotCompiler.Outcome, _ code: String) -> [String] {
            outcome.findings.filter { $0.code == code }.map(\.message)
        }
        let asked = try outcome(
            """
              /v1/shelves/{shelf}/books/{id}:
                patch: { operationId: update, x-permission: shelf.book.write, x-quota: "{shelf}.books", responses: {} }
            """)
        #expect(messages(asked, "grpc-method-left-out").first?.contains("its quota has a parameter of the path") == true)
        // Bindings that the document leaves out have no {shelf}.
        let left = messages(asked, "additional-binding-left-out")
        #expect(!left.isEmpty && left.allSatisfy { $0.contains("\"x-quota\"") }, "\(asked.findings)")
        let differing = try outcome(
            """
              /v1/{book.name}:
                patch: { x-permission: shelf.book.write, responses: {} }
              /v1/books/{book.name}:
                patch: { x-permission: shelf.book.write, x-quota: books, responses: {} }
            """)
        #expect(messages(differing, "grpc-method-left-out").first?.contains("quota") == true, "\(differing.findings)")
        #expect(messages(differing, "additional-binding-left-out").first?.contains("quota") == true)
    }
}
