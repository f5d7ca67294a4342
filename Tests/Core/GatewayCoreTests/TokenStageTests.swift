import Bytes
import Testing
import TokenVerification

@testable import GatewayCore

@Suite("Token stage")
struct TokenStageTests {
    private static let open = "GET /api/v1/open"

    @Test("the fixtures are there")
    func fixtures() {
        #expect(Fixtures.tokens.count >= 39)
        #expect(Fixtures.ring("both").keyCount == 2)
    }

    @Test(
        "a bad token is 401, and says why",
        arguments: [
            ("expired", "token-expired"), ("not yet", "token-not-yet-valid"), ("future", "token-issued-in-future"),
            ("other issuer", "token-issuer"), ("other audience", "token-audience"), ("no subject", "token-subject"),
            ("no tenant", "token-tenant"), ("bad roles", "token-roles"), ("forged", "token-signature"),
            ("not a token", "token-structure"), ("not base64url", "token-encoding"),
        ])
    func bad(name: String, code: String) throws {
        let request = try arrived(head(Self.open, token: name))
        #expect(try Platform().pipeline().word(request) == "401 unauthorized \(code)")
        #expect(request.identity == nil)
        let challenge = try #require(values("www-authenticate", try refusal(request)).first)
        #expect(challenge.hasPrefix(#"Bearer realm="septem", error="invalid_token", error_description=""#))
    }

    @Test(
        "no credentials are 401 with the bare challenge",
        arguments: [[], ["Authorization: Basic dXNlcg=="], ["Authorization:"], ["Authorization: Bearerx y"]])
    func missing(fields: [String]) throws {
        let request = try arrived(head(Self.open, fields))
        #expect(try Platform().pipeline().word(request) == "401 unauthorized token-missing")
        #expect(values("www-authenticate", try refusal(request)) == ["Bearer"])
    }

    @Test("malformed credentials are 401", arguments: ["Authorization: Bearer", "authorization: bearer "])
    func malformed(field: String) throws {
        #expect(try Platform().pipeline().word(head(Self.open, [field])) == "401 unauthorized token-credentials")
    }

    @Test("two Authorization fields are refused, in any order and spelling, even when both are good")
    func repeated() throws {
        let good = "authorization: Bearer \(Fixtures.token("member"))"
        for second in [good, "AUTHORIZATION: Basic dXNlcg==", "Authorization:"] {
            for fields in [[good, second], [second, good]] {
                #expect(try Platform().pipeline().word(head(Self.open, fields)) == "401 unauthorized token-credentials")
            }
        }
    }

    @Test("a token of 8 KiB is looked at, one byte more is not", arguments: [(8192, "token-encoding"), (8193, "token-too-long")])
    func long(count: Int, code: String) throws {
        let token = "!" + String(repeating: "a", count: count - 5) + ".b.c"
        #expect(try Platform().pipeline().word(head(Self.open, ["Authorization: Bearer \(token)"])) == "401 unauthorized \(code)")
    }

    @Test("a public operation does not look at a token", arguments: ["member", "forged", "expired", "not a token"])
    func publicOperation(name: String) throws {
        let request = try arrived(head("GET /api/v1/public", token: name))
        #expect(try Platform().pipeline().word(request) == "proceed")
        #expect(request.identity == nil && request.tokenFault == nil)
    }

    @Test("a good token names the caller")
    func good() throws {
        let request = try arrived(head(Self.open, token: "support"))
        #expect(try Platform().pipeline().word(request) == "proceed")
        let identity = try #require(request.identity)
        #expect(String(identity.subject) == "user-4" && String(identity.tenant) == "tenant-1")
        #expect(String(identity.joinedRoles) == "support,member")
        request.end()
        #expect(request.identity == nil)
    }

    @Test("sixteen new tokens are verified in a turn, the seventeenth waits for the next; a known one never waits")
    func budget() throws {
        let pipeline = try Platform().pipeline()
        #expect(try pipeline.word(head(Self.open, token: "member")) == "proceed")
        pipeline.beginTurn()
        for number in 0..<16 { #expect(try pipeline.word(head(Self.open, token: "visitor \(number)")) == "proceed") }
        let late = try arrived(head(Self.open, token: "visitor 16"))
        #expect(pipeline.word(late) == "wait for budget")
        #expect(try pipeline.word(head(Self.open, token: "member")) == "proceed")
        #expect(try pipeline.word(head(Self.open)) == "401 unauthorized token-missing")
        #expect(pipeline.word(late) == "wait for budget")
        pipeline.beginTurn()
        #expect(pipeline.word(late) == "proceed")
        #expect(late.identity.map { String($0.subject) } == "visitor-16")
    }

    @Test("bad tokens are paid from the same budget")
    func badBudget() throws {
        let pipeline = try Platform().pipeline()
        for _ in 0..<16 { #expect(try pipeline.word(head(Self.open, token: "forged")) == "401 unauthorized token-signature") }
        #expect(try pipeline.word(head(Self.open, token: "forged")) == "wait for budget")
    }

    @Test("an unknown key is asked for once, then the token is refused")
    func unknownKey() throws {
        let pipeline = try Platform().pipeline()
        let request = try arrived(head(Self.open, token: "new key"))
        #expect(pipeline.word(request) == "wait for key new")
        #expect(pipeline.word(request) == "401 unauthorized token-unknown-key")
        request.end()
        try arrive(request, head(Self.open, token: "new key"))
        #expect(pipeline.word(request) == "wait for key new")
    }

    @Test("a key that comes while the request waits is used")
    func newKey() throws {
        let pipeline = try Platform().pipeline()
        let request = try arrived(head(Self.open, token: "new key"))
        #expect(pipeline.word(request) == "wait for key new")
        pipeline.adopt(Fixtures.ring("both"))
        #expect(pipeline.word(request) == "proceed")
        #expect(request.identity.map { String($0.subject) } == "user-8")
    }

    @Test("a key that is removed takes its cached tokens with it, and leaves the others")
    func removedKey() throws {
        let pipeline = try Platform().pipeline(Fixtures.ring("both"))
        for name in ["member", "new key"] { #expect(try pipeline.word(head(Self.open, token: name)) == "proceed") }
        pipeline.adopt(Fixtures.ring("new"))
        let request = try arrived(head(Self.open, token: "member"))
        #expect(pipeline.word(request) == "wait for key old")
        #expect(pipeline.word(request) == "401 unauthorized token-unknown-key")
        #expect(try pipeline.word(head(Self.open, token: "new key")) == "proceed")
    }

    @Test("the expiry is checked on every use, also of a cached token")
    func expiry() throws {
        let pipeline = try Platform().pipeline()
        for (later, word) in [
            (0, "proceed"), (14, "proceed"), (15, "401 unauthorized token-expired"), (16, "401 unauthorized token-expired"),
        ] {
            pipeline.unixSeconds = Fixtures.now + Int64(later)
            #expect(try pipeline.word(head(Self.open, token: "short")) == word, "\(later) s")
        }
    }

    @Test("one request's refusal is forgotten by the next on the connection")
    func reuse() throws {
        let pipeline = try Platform().pipeline()
        let request = try arrived(head(Self.open, token: "forged"))
        #expect(pipeline.word(request) == "401 unauthorized token-signature")
        request.end()
        try arrive(request, head(Self.open, token: "member"))
        #expect(pipeline.word(request) == "proceed")
        #expect(request.tokenFault == nil && request.problem == nil)
    }
}
