import Testing
import TraceContext

@Suite struct TraceReportTests {
    func report(_ fields: [(name: String, value: String)]) -> TraceReport {
        var random = Counting()
        return TraceReport(fields: fields, random: &random)
    }

    @Test("reports what is continued")
    func continued() {
        let seen = report([("TraceParent", " \(TraceParentTests.valid)\t"), ("tracestate", "a=1"), ("Tracestate", "b=2")])
        #expect(seen.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(seen.parentID == "b7ad6b7169203331")
        #expect(seen.flags == "01")
        #expect(seen.tracestate == "a=1,b=2")
        #expect(!seen.isRestarted)
    }

    @Test("restarts without, with two, and with a bad traceparent, and then drops tracestate")
    func restarted() {
        let good = (name: "traceparent", value: TraceParentTests.valid)
        for fields in [[], [good, good], [(name: "traceparent", value: "00-x")]] {
            let seen = report(fields + [("tracestate", "a=1")])
            #expect(seen.isRestarted)
            #expect(seen.parentID == nil)
            #expect(seen.tracestate == nil)
            #expect(seen.traceID == "00000000000000010000000000000002")
        }
    }

    @Test("keeps the trace when only tracestate is malformed")
    func badState() {
        let seen = report([("traceparent", TraceParentTests.valid), ("tracestate", "A=1")])
        #expect(!seen.isRestarted)
        #expect(seen.tracestate == nil)
    }
}
