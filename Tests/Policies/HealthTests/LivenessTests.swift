import Health
import Testing

@Suite struct LivenessTests {
    static let limit: Duration = .seconds(10)
    static let second: UInt64 = 1_000_000_000

    @Test(
        "is dead when a loop has been silent longer than the limit, not at it",
        arguments: [
            ([], 100, .alive), ([90], 100, .alive), ([89], 100, .dead(reason: "event loop 0 stuck for 11s")),
            ([99, 80, 85], 100, .dead(reason: "event loop 1 stuck for 20s")),
            ([101], 100, .alive), ([100, 100], 100, .alive), ([0], 3700, .dead(reason: "event loop 0 stuck for 1h1m40s")),
        ] as [([UInt64], UInt64, Liveness)])
    func beats(beats: [UInt64], now: UInt64, expected: Liveness) {
        #expect(Liveness.judge(beats: beats.map { $0 * Self.second }, now: now * Self.second, stuckAfter: Self.limit) == expected)
    }

    @Test("counts nanoseconds")
    func boundary() {
        #expect(Liveness.judge(beats: [5], now: 5 + 10 * Self.second, stuckAfter: Self.limit) == .alive)
        #expect(Liveness.judge(beats: [5], now: 6 + 10 * Self.second, stuckAfter: Self.limit) != .alive)
        #expect(Liveness.judge(beats: [0], now: .max, stuckAfter: Self.limit) != .alive)
    }

    @Test("is dead after a fatal fault, whatever the beats say")
    func fatal() {
        #expect(Liveness.judge(beats: [1], now: 1, fatalFault: "a loop ended") == .dead(reason: "a loop ended"))
    }

    @Test("writes the documented bodies")
    func answers() {
        #expect(Liveness.alive.answer.status == 200)
        #expect(String(decoding: Liveness.alive.answer.body, as: UTF8.self) == #"{"status":"ok"}"#)
        let dead = Liveness.dead(reason: "a \"b\"").answer
        #expect(dead.status == 503)
        #expect(String(decoding: dead.body, as: UTF8.self) == #"{"status":"error","reason":"a \"b\""}"#)
    }
}
