import Bytes
import RateLimiting
import Testing

@Suite struct RateLimitHeadersTests {
    func written(_ body: (ByteWriter) -> Void) -> String {
        let writer = ByteWriter()
        body(writer)
        return String(writer.view)
    }

    @Test("writes the policy and the state as structured fields")
    func fields() throws {
        let rate = try #require(BucketRate(quota: 1000, windowSeconds: 60))
        var state = GCRA.full(at: 0)
        _ = GCRA.take(957, from: &state, rate: rate, now: 0)
        let decision = GCRA.take(1, from: &state, rate: rate, now: 40 * second + second / 2)
        #expect(written { RateLimitHeaders.appendPolicy(name: ByteView("user"), rate: rate, to: $0) } == #""user";q=1000;w=60"#)
        #expect(written { RateLimitHeaders.appendName(ByteView("user"), to: $0) } == #""user";r="#)
        #expect(written { RateLimitHeaders.appendState(decision, to: $0) } == "717;t=17")
    }

    @Test("escapes names and replaces what a string cannot hold")
    func names() throws {
        let rate = try #require(BucketRate(quota: 1, windowSeconds: 1))
        let name = Array("a\"b\\c\u{1}é".utf8)
        let text = written { writer in name.withByteView { RateLimitHeaders.appendPolicy(name: $0, rate: rate, to: writer) } }
        #expect(text == #""a\"b\\c___";q=1;w=1"#)
    }

    @Test(
        "tells to retry after whole seconds, rounded up, at least one",
        arguments: [(1, 1, 1), (1000, 60, 1), (1, 2, 2), (2, 3, 2), (1, 60, 60), (10_000, 1, 1)])
    func retryAfter(quota: Int, window: Int, expected: Int) throws {
        let rate = try #require(BucketRate(quota: quota, windowSeconds: window, burst: 1))
        var state = GCRA.full(at: 0)
        _ = GCRA.take(from: &state, rate: rate, now: 0)
        let refused = GCRA.take(from: &state, rate: rate, now: 0)
        #expect(RateLimitHeaders.retryAfterSeconds(refused) == expected)
        #expect(written { RateLimitHeaders.appendRetryAfter(refused, to: $0) } == "\(expected)")
    }

    @Test("rounds one nanosecond past a second up, and a whole second not")
    func rounding() throws {
        let rate = try #require(BucketRate(quota: 1, windowSeconds: 2, burst: 1))
        var state = GCRA.full(at: 0)
        _ = GCRA.take(from: &state, rate: rate, now: 0)
        #expect(RateLimitHeaders.retryAfterSeconds(GCRA.take(from: &state, rate: rate, now: second)) == 1)
        #expect(RateLimitHeaders.retryAfterSeconds(GCRA.take(from: &state, rate: rate, now: second - 1)) == 2)
    }
}
