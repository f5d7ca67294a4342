import Bytes
import RateLimiting
import Testing

@testable import GatewayCore

@Suite("Rate limit stage")
struct LimitStageTests {
    private static let open = "GET /api/v1/open"
    private static let minute: Int64 = 60_000_000_000

    /// Sends `count` requests at once and answers the last one.
    private func send(_ count: Int, _ text: String, _ pipeline: Pipeline, from peer: String = "203.0.113.9") throws
        -> RequestContext
    {
        let request = try arrived(text, from: peer)
        for _ in 1..<count {
            guard case .proceed = pipeline.run(request) else {
                Issue.record("refused early: \(String(describing: request.problem))")
                return request
            }
            request.end()
            try arrive(request, text, from: peer)
        }
        return request
    }

    @Test(
        "the last request of a rate is allowed, the next refused",
        arguments: [
            ("member", open, 1000, #""user";q=1000;w=60"#), ("no roles", open, 1000, #""user";q=1000;w=60"#),
            ("admin", open, 5000, #""admin";q=5000;w=60"#), ("support", open, 2000, #""support";q=2000;w=60"#),
            (nil, "GET /api/v1/public", 300, #""address";q=300;w=60"#),
        ] as [(String?, String, Int, String)])
    func boundary(token: String?, start: String, quota: Int, policy: String) throws {
        let pipeline = try Platform().pipeline()
        let text = head(start, token: token)
        let last = try send(quota, text, pipeline)
        #expect(pipeline.word(last) == "proceed")
        let name = policy.prefix { $0 != ";" }
        let allowed = lines {
            last.rates.appendFields(to: $0); $0.append("\r\n")
        }
        #expect(allowed == ["ratelimit-policy: \(policy)", "ratelimit: \(name);r=0;t=60"])
        let refused = try arrived(text)
        #expect(pipeline.word(refused) == "429 rate-limit-exceeded")
        let fields = try refusal(refused)
        #expect(fields.first == "HTTP/1.1 429 Too Many Requests")
        #expect(values("retry-after", fields) == ["1"])
        #expect(values("ratelimit-policy", fields) == [policy])
        #expect(values("ratelimit", fields) == ["\(name);r=0;t=60"])
    }

    @Test("a token comes back after its share of the minute, and not a nanosecond earlier")
    func refill() throws {
        let pipeline = try Platform().pipeline()
        let text = head(Self.open, token: "member")
        #expect(pipeline.word(try send(1000, text, pipeline)) == "proceed")
        pipeline.now = Self.minute / 1000 - 1
        #expect(try pipeline.word(text) == "429 rate-limit-exceeded")
        pipeline.now += 1
        #expect(try pipeline.word(text) == "proceed")
        #expect(try pipeline.word(text) == "429 rate-limit-exceeded")
    }

    @Test("a role without a limit lifts every other")
    func unlimited() throws {
        let pipeline = try Platform().pipeline()
        let request = try send(1500, head(Self.open, token: "unlimited"), pipeline)
        #expect(pipeline.word(request) == "proceed")
        #expect(request.rates.count == 1 && request.rates.rule(0).limit.reach == .process)
        #expect(
            values(
                "ratelimit",
                lines {
                    request.rates.appendFields(to: $0); $0.append("\r\n\r\n")
                }) == [])
    }

    @Test("users and addresses have buckets of their own, and a user's is one over all operations and tokens")
    func buckets() throws {
        let pipeline = try Platform().pipeline()
        #expect(pipeline.word(try send(1000, head(Self.open, token: "member"), pipeline)) == "proceed")
        #expect(
            try pipeline.word(head("GET /api/v1/contacts", token: "member"), from: "198.51.100.7") == "429 rate-limit-exceeded")
        #expect(try pipeline.word(head(Self.open, token: "colleague")) == "proceed")
        #expect(try pipeline.word(head("GET /api/v1/public")) == "proceed")
        let visitor = try send(300, head("GET /api/v1/public"), pipeline, from: "198.51.100.7")
        #expect(pipeline.word(visitor) == "proceed")
        #expect(
            try pipeline.word(head("GET /api/v1/public", token: "colleague"), from: "198.51.100.7") == "429 rate-limit-exceeded")
        #expect(try pipeline.word(head("GET /api/v1/public"), from: "198.51.100.8") == "proceed")
    }

    @Test("a refused token costs nobody anything, and a refused permission costs its user")
    func order() throws {
        let pipeline = try Platform().pipeline()
        pipeline.beginTurn()
        #expect(try pipeline.word(head(Self.open, token: "forged")) == "401 unauthorized token-signature")
        let denied = try arrived(head("GET /api/v1/contacts", token: "no roles"))
        #expect(pipeline.word(denied) == "403 forbidden")
        #expect(denied.rates.last?.remaining == 999)
        #expect(values("ratelimit", try refusal(denied)) == [#""user";r=999;t=1"#])
    }

    @Test("the gateway's own endpoints are not limited")
    func operational() throws {
        let pipeline = try Platform().pipeline()
        for path in ["/live", "/ready"] {
            let request = try send(301, head("GET \(path)"), pipeline)
            #expect(pipeline.word(request) == "proceed")
            #expect(request.rates.last == nil)
        }
    }

    @Test("the fields of before the IETF's are sent on demand", arguments: [true, false])
    func legacy(isOn: Bool) throws {
        let pipeline = try Platform.with("rate_limits:", "rate_limits:\n  headers: { x_ratelimit: \(isOn) }").pipeline()
        let request = try arrived(head(Self.open, token: "member"))
        #expect(pipeline.word(request) == "proceed")
        let fields = lines {
            request.rates.appendFields(to: $0); $0.append("\r\n")
        }
        let sent = ["x-ratelimit-limit: 1000", "x-ratelimit-remaining: 999", "x-ratelimit-reset: 1"]
        #expect(fields.filter { $0.hasPrefix("x-ratelimit") } == (isOn ? sent : []))
    }

    @Test("limits that are off limit nobody")
    func off() throws {
        let pipeline = try Platform.with("rate_limits:", "rate_limits:\n  user: off\n  address: off").pipeline()
        for text in [head(Self.open, token: "member"), head("GET /api/v1/public")] {
            let request = try send(1001, text, pipeline)
            #expect(pipeline.word(request) == "proceed")
        }
    }
}
