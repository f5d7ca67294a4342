import Testing

@testable import CircuitBreaking

/// Records that another loop has not written yet, which no test of the whole breaker can hold still.
@Suite struct FailureRunTests {
    private func verdict(_ run: borrowing FailureRun, end: UInt32, epoch: UInt32 = 1) -> FailureRun.Verdict {
        run.judge(end: end, epoch: epoch, now: 1_000) { _ in false }
    }

    @Test("waits for a record that has its position and is not written, whatever its slot held before")
    func incomplete() {
        let run = FailureRun(failures: 3, windowMilliseconds: 30_000)
        for position in [0, 1] as [UInt32] { run.write(tenant: 1, position: position, epoch: 1, now: 1_000) }
        #expect(verdict(run, end: 3) == .incomplete)
        run.write(tenant: 1, position: 2, epoch: 1, now: 1_000)
        #expect(verdict(run, end: 3) == .opens)
        // The same slots, a lap later and after the breaker was open in between.
        for position in 3..<9 as Range<UInt32> where position != 8 {
            run.write(tenant: 1, position: position, epoch: 1, now: 1_000)
        }
        #expect(verdict(run, end: 9) == .incomplete)
        #expect(verdict(run, end: 3, epoch: 2) == .incomplete)
        #expect(verdict(run, end: 8) == .opens)
    }

    @Test("goes on across the wrap of positions")
    func wrap() {
        let run = FailureRun(failures: 3, windowMilliseconds: 30_000)
        for position in [.max - 1, .max, 0] as [UInt32] { run.write(tenant: 1, position: position, epoch: 1, now: 1_000) }
        #expect(verdict(run, end: 1) == .opens)
    }
}
