import Documents
import Testing

@testable import GatewayCore

@Suite("what is no fault and worth a word")
struct LintTests {
    private static let crm = "etc/crm.yaml"

    /// The warnings of a code, with the platform's snapshot there all the same.
    private func warnings(_ code: String, _ platform: Platform) throws -> [Finding] {
        let outcome = try platform.compile()
        #expect(outcome.snapshot != nil, "\(outcome.findings)")
        return outcome.findings.filter { $0.code == code }
    }

    @Test("an operation without a permission is told of once a document, with the number of others")
    func permission() throws {
        let one = Platform.with("x-permission: crm.contact.read, ", "", in: Self.crm)
        let first = try #require(try warnings("operation-without-permission", one).first)
        #expect(first.severity == .warning && first.file == Self.crm && first.pointer == "/paths/~1contacts/get")
        #expect(first.message.contains("GET /contacts;"), "\(first.message)")
        let two = one.replacing("x-permission: null, ", with: "", in: Self.crm)
        let both = try warnings("operation-without-permission", two)
        #expect(both.count == 1 && both[0].message.contains("GET /open and 1 more;"), "\(both)")
    }

    @Test("a public operation, and one that says it asks for none, need no permission")
    func noPermission() throws {
        #expect(try warnings("operation-without-permission", Platform()) == [])
        let public_ = Platform.with("x-permission: null", "security: []", in: Self.crm)
        #expect(try warnings("operation-without-permission", public_) == [])
    }

    @Test("templates of which neither is the more exact are told of, within a document and across services")
    func ambiguity() throws {
        func platform(_ first: String, _ second: String) -> Platform {
            .with(
                "  /open:\n", "  \(first):\n    get: { security: [], responses: {} }\n  \(second):\n", in: Self.crm)
        }
        let inside = try warnings("ambiguous-template", platform("/{shop}/me", "/users/{id}"))
        #expect(inside.count == 1, "\(inside)")
        #expect(inside.first?.pointer == "/paths/~1users~1{id}/get")
        #expect(
            inside.first?.message.contains("GET /api/v1/users/me is matched by /api/v1/users/* and /api/v1/*/me (etc/crm.yaml:")
                == true)
        #expect(inside.first?.message.contains("the first is taken") == true)
        #expect(try warnings("ambiguous-template", platform("/users/me", "/users/{id}")) == [])
        // A third one made for the paths that both match settles it.
        let settled = platform("/{shop}/me", "/users/{id}").replacing(
            "  /users/{id}:\n", with: "  /users/me:\n    get: { security: [], responses: {} }\n  /users/{id}:\n", in: Self.crm)
        #expect(try warnings("ambiguous-template", settled) == [])
    }
}
