import Bytes
import Testing
import TraceContext

@Suite struct TraceContextTests {
    @Test("continues the caller's trace with a span of its own")
    func continues() {
        var random = Counting()
        let context = TraceContext(continuing: parse(TraceParentTests.valid), random: &random)
        #expect(!context.isRestarted)
        #expect(context.parentID == 0xb7ad_6b71_6920_3331)
        #expect(written(context.appendTraceparent) == "00-0af7651916cd43dd8448eb211c80319c-0000000000000001-01")
        #expect(written(context.appendTraceID) == "0af7651916cd43dd8448eb211c80319c")
    }

    @Test("starts a trace when there is nothing to continue", arguments: [nil, "garbage"] as [String?])
    func starts(value: String?) {
        var random = Counting()
        let context = (value ?? "").withByteView { TraceContext(traceparent: value == nil ? nil : $0, random: &random) }
        #expect(context.isRestarted)
        #expect(written(context.appendTraceparent) == "00-00000000000000010000000000000002-0000000000000003-01")
    }

    @Test("samples new traces as told and follows the caller otherwise", arguments: [true, false])
    func sampling(wanted: Bool) {
        var random = Counting()
        let fresh = TraceContext(continuing: nil, sampling: wanted, random: &random)
        #expect(written(fresh.appendTraceparent).hasSuffix(wanted ? "-01" : "-00"))
        let followed = TraceContext(continuing: parse(TraceParentTests.valid), sampling: wanted, random: &random)
        #expect(written(followed.appendTraceparent).hasSuffix("-01"))
    }

    @Test("never makes an id of zeros")
    func zeros() {
        var random = ZeroFirst(zeros: 5)
        let context = TraceContext(continuing: nil, random: &random)
        #expect(context.traceHigh | context.traceLow != 0)
        #expect(context.spanID != 0)
    }

    @Test("gives the same sequence for one seed and different ones for others")
    func seeds() {
        var one = LoopRandom(seed: 1)
        var same = LoopRandom(seed: 1)
        var other = LoopRandom(seed: 2)
        let sequence = (0..<8).map { _ in one.next() }
        #expect(sequence == (0..<8).map { _ in same.next() })
        #expect(sequence != (0..<8).map { _ in other.next() })
        #expect(Set(sequence).count == 8)
    }

    @Test("spreads bits evenly")
    func bits() {
        var random = LoopRandom(seed: 3)
        var counts = [Int](repeating: 0, count: 64)
        for _ in 0..<4096 {
            let value = random.next()
            for bit in 0..<64 where value >> UInt64(bit) & 1 == 1 { counts[bit] += 1 }
        }
        // Six standard deviations around 2048.
        #expect(counts.allSatisfy { (1856...2240).contains($0) })
    }
}
