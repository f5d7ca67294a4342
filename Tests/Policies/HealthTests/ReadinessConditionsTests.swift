import Health
import Testing

@Suite struct ReadinessConditionsTests {
    func text(_ answer: HealthAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }

    @Test("is ready when nothing holds")
    func ready() {
        #expect(ReadinessConditions().answer.status == 200)
        #expect(text(ReadinessConditions().answer) == #"{"status":"ready"}"#)
    }

    @Test(
        "names the reason",
        arguments: [
            (.flagCacheNotWarmed, "flag cache not warmed"), (.grpcPoolNotEstablished, "gRPC connection pool not established"),
            (.xdsSyncIncomplete, "Envoy xDS sync incomplete"), (.draining, "draining"),
        ] as [(ReadinessConditions, String)])
    func reasons(condition: ReadinessConditions, reason: String) {
        #expect(condition.answer.status == 503)
        #expect(text(condition.answer) == "{\"status\":\"not_ready\",\"reason\":\"\(reason)\"}")
    }

    @Test("gives every combination in one order")
    func combinations() {
        for raw in UInt8(1)...15 {
            let conditions = ReadinessConditions(rawValue: raw)
            let expected = ReadinessConditions.reasons.filter { conditions.contains($0.condition) }.map(\.text).joined(
                separator: "; ")
            #expect(conditions.reason == expected)
            #expect(conditions.answer.status == 503)
        }
        #expect(ReadinessConditions([.draining, .flagCacheNotWarmed]).reason == "flag cache not warmed; draining")
    }
}
