import Health
import Testing

@Suite struct HealthReportTests {
    func text(_ answer: HealthAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }

    func report(_ components: [ComponentStatus]) -> HealthReport {
        HealthReport(version: "1.14.3", uptime: .seconds(72 * 3600 + 14 * 60 + 32), components: components)
    }

    static let kinds: [(status: @Sendable (Bool) -> ComponentStatus, state: ComponentState)] = [
        ({ .answered("c", latencyMs: 1, isCritical: $0) }, .healthy),
        ({ .answered("c", latencyMs: 2001, isCritical: $0) }, .degraded),
        ({ .unreachable("c", error: "x", isCritical: $0) }, .unhealthy),
    ]

    @Test("rolls every combination of three components up by the worst, where one that is not critical only degrades")
    func combinations() {
        let options = Self.kinds.flatMap { kind in [true, false].map { (kind.status($0), kind.state, $0) } }
        for first in options {
            for second in options {
                for third in options {
                    let all = [first, second, third]
                    let expected: ComponentState =
                        all.contains { $0.1 == .unhealthy && $0.2 }
                        ? .unhealthy : all.contains { $0.1 != .healthy } ? .degraded : .healthy
                    let report = report(all.map(\.0))
                    #expect(report.state == expected)
                    #expect(report.answer.status == [.healthy: 200, .degraded: 207, .unhealthy: 503][expected])
                }
            }
        }
    }

    @Test("writes the documented healthy body")
    func healthy() {
        let answer = report([.answered("postgresql", latencyMs: 2), .answered("envoy", latencyMs: 0)]).answer
        let expected =
            #"{"status":"healthy","version":"1.14.3","uptime":"72h14m32s","components":{"#
            + #""postgresql":{"status":"healthy","latencyMs":2},"envoy":{"status":"healthy","latencyMs":0}}}"#
        #expect(text(answer) == expected)
        #expect(answer.status == 200)
    }

    @Test("writes the documented degraded body")
    func degraded() {
        let answer = report([
            .answered("clickhouse", latencyMs: 4200), .unreachable("rabbitmq", error: "connection refused", isCritical: false),
        ]).answer
        let expected =
            #"{"status":"degraded","version":"1.14.3","uptime":"72h14m32s","components":{"#
            + #""clickhouse":{"status":"degraded","latencyMs":4200,"error":"response time > 2000ms"},"#
            + #""rabbitmq":{"status":"unhealthy","latencyMs":null,"error":"connection refused"}}}"#
        #expect(text(answer) == expected)
        #expect(answer.status == 207)
    }

    @Test("is healthy without components")
    func empty() {
        #expect(report([]).answer.status == 200)
        #expect(text(report([]).answer).hasSuffix(#""components":{}}"#))
    }

    @Test("escapes what comes from outside")
    func escaping() {
        let answer = report([.unreachable("a\"b", error: "line\n\\ \u{1} é")]).answer
        #expect(text(answer).hasSuffix(#"{"a\"b":{"status":"unhealthy","latencyMs":null,"error":"line\u000a\\ \u0001 é"}}}"#))
    }
}
