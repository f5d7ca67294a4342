import RateLimiting
import Testing

@testable import GatewayCore

@Suite("Permission stage")
struct PermissionStageTests {
    @Test(
        "a permission is held by name, by module or altogether",
        arguments: [
            ("member", "GET /api/v1/contacts", true), ("member", "POST /api/v1/contacts", false),
            ("no roles", "GET /api/v1/contacts", false), ("no roles", "GET /api/v1/open", true),
            ("admin", "POST /api/v1/contacts", true), ("support", "GET /api/v1/contacts", true),
            ("member", "GET /api/v1/data/crm/contact", true), ("member", "GET /api/v1/data/crm/note", false),
            ("member", "GET /api/v1/data/sales/order", false), ("support", "GET /api/v1/data/sales/order", true),
            ("support", "GET /api/v1/data/sales2/order", false), ("member", "GET /api/v1/data/CRM/contact", false),
            ("member", "GET /api/v1/data/crm/%63ontact", true), ("member", "GET /api/v1/data/crm/contact.read", false),
            ("support", "GET /api/v1/data/sales.x/order", false), ("support", "GET /api/v1/data/sales/%2A", false),
            ("admin", "GET /api/v1/data/sales/%2A", true),
        ])
    func permissions(token: String, start: String, isAllowed: Bool) throws {
        let request = try arrived(head(start, token: token))
        #expect(try Platform().pipeline().word(request) == (isAllowed ? "proceed" : "403 forbidden"))
    }

    @Test(
        "health is for the admin roles; being alive and ready is for everybody",
        arguments: [
            ("admin", "/health", "proceed"), ("admin", "/healthz", "proceed"), ("member", "/health", "403 forbidden"),
            (nil, "/health", "401 unauthorized token-missing"), (nil, "/live", "proceed"), (nil, "/readyz", "proceed"),
            ("forged", "/ready", "proceed"),
        ] as [(String?, String, String)])
    func operational(token: String?, path: String, word: String) throws {
        #expect(try Platform().pipeline().word(head("GET \(path)", token: token)) == word)
    }

    @Test("a new snapshot's permissions and limits count for tokens verified before it")
    func newSnapshot() throws {
        let pipeline = try Platform().pipeline()
        let text = head("GET /api/v1/contacts", token: "member")
        #expect(try pipeline.word(text) == "proceed")
        pipeline.adopt(try Platform.with("crm.contact.read", "crm.contact.write").snapshot(generation: 2))
        #expect(try pipeline.word(text) == "403 forbidden")
        let platform = Platform.with("support: { requests: 2000, per: 1m }", "member: { requests: 7, per: 1m }")
        pipeline.adopt(try platform.snapshot(generation: 3))
        let request = try arrived(text)
        #expect(pipeline.word(request) == "proceed")
        #expect((0..<request.rates.count).map { request.rates.rule($0).rate.quota } == [10_000, 7])
    }

    @Test("a request that waits is answered by the operation it was routed to")
    func waiting() throws {
        let pipeline = try Platform().pipeline()
        let request = try arrived(head("GET /api/v1/contacts", token: "new key"))
        #expect(pipeline.word(request) == "wait for key new")
        pipeline.adopt(try Platform.with("/contacts:", "/people:", in: "etc/crm.yaml").snapshot(generation: 2))
        pipeline.adopt(Fixtures.ring("both"))
        #expect(pipeline.word(request) == "proceed")
        #expect(request.operation?.template == "/api/v1/contacts")
    }
}
