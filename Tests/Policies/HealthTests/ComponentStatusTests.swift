import Health
import Testing

@Suite struct ComponentStatusTests {
    @Test(
        "is degraded above 2000 ms, not at it",
        arguments: [
            (-1, 0, false), (0, 0, false), (1999, 1999, false), (2000, 2000, false), (2001, 2001, true), (4200, 4200, true),
        ])
    func latency(measured: Int, reported: Int, isSlow: Bool) {
        let status = ComponentStatus.answered("kafka", latencyMs: measured)
        #expect(status.state == (isSlow ? .degraded : .healthy))
        #expect(status.latencyMs == reported)
        #expect(status.error == (isSlow ? "response time > 2000ms" : nil))
    }

    @Test("is unhealthy without a latency when nothing answers")
    func unreachable() {
        let status = ComponentStatus.unreachable("rabbitmq", error: "connection refused")
        #expect(status.state == .unhealthy)
        #expect(status.latencyMs == nil)
        #expect(status.error == "connection refused")
    }

    @Test("makes the whole at worst degraded when it is not critical")
    func weight() {
        #expect(ComponentStatus.unreachable("a", error: "x", isCritical: true).weight == .unhealthy)
        #expect(ComponentStatus.unreachable("a", error: "x", isCritical: false).weight == .degraded)
        #expect(ComponentStatus.answered("a", latencyMs: 3000, isCritical: false).weight == .degraded)
        #expect(ComponentStatus.answered("a", latencyMs: 1, isCritical: false).weight == .healthy)
        #expect(ComponentStatus.impaired("a", latencyMs: 1, error: "x").weight == .degraded)
    }
}
