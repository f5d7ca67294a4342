import CircuitBreaking
import Testing

@Suite struct ServiceBreakerTests {
    @Test(
        "opens on the fifth failure in a row, not the fourth or the sixth",
        arguments: [0, 1_000_000, 1 << 52, Int64.max - 100_000])
    func fifth(start: Int64) {
        let breaker = ServiceBreaker()
        for failure in 1...4 {
            #expect(breaker.call(.failure, at: start + Int64(failure)) == [])
            #expect(breaker.phase(now: start + Int64(failure)) == .closed)
        }
        #expect(breaker.call(.failure, at: start + 5) == .serviceOpened)
        #expect(breaker.phase(now: start + 5) == .open)
        #expect(breaker.admit(tenant: 1, now: start + 5) == .refusedService(retryAfterMilliseconds: 30_000))
        #expect(breaker.call(.failure, at: start + 6) == nil)
    }

    @Test(
        "the fifth counts when the first is 29.999 s old, not when it is 30.001 s",
        arguments: [(29_999, true), (30_000, true), (30_001, false)])
    func windowEdge(age: Int64, opens: Bool) {
        let breaker = ServiceBreaker()
        breaker.call(.failure, at: 1_000)
        breaker.calls(3, .failure, at: 20_000)
        #expect(breaker.call(.failure, at: 1_000 + age) == (opens ? .serviceOpened : []))
        // The window slides: one more failure is the fifth since the second.
        if !opens { #expect(breaker.call(.failure, at: 1_000 + age) == .serviceOpened) }
    }

    @Test("a success starts the run over", arguments: [1, 2, 0] as [UInt64])
    func success(tenant: UInt64) {
        let breaker = ServiceBreaker()
        breaker.calls(4, .failure, at: 0)
        breaker.call(.success, tenant: tenant, at: 0)
        // Of both tenants, so that the other's success does not matter.
        breaker.calls(2, .failure, at: 1)
        breaker.calls(2, .failure, tenant: 3, at: 1)
        #expect(breaker.phase(now: 1) == .closed)
        #expect(breaker.call(.failure, at: 1) == .serviceOpened)
    }

    @Test("an ignored end neither counts nor starts the run over")
    func ignored() {
        let breaker = ServiceBreaker()
        breaker.calls(4, .failure, at: 0)
        breaker.calls(9, .ignored, at: 0)
        #expect(breaker.phase(now: 0) == .closed)
        #expect(breaker.call(.failure, at: 0) == .serviceOpened)
    }

    @Test("stays open for 30 s and then lets exactly one probe pass")
    func halfOpen() throws {
        let breaker = ServiceBreaker()
        breaker.calls(5, .failure, at: 1_000)
        #expect(breaker.admit(tenant: 1, now: 30_999) == .refusedService(retryAfterMilliseconds: 1))
        #expect(breaker.phase(now: 31_000) == .halfOpen)
        let probe = try #require(breaker.admit(tenant: 1, now: 31_000).ticket)
        #expect(breaker.admit(tenant: 2, now: 31_000) == .refusedService(retryAfterMilliseconds: 1_000))
        #expect(breaker.phase(now: 31_001) == .halfOpen)
        #expect(breaker.report(probe, .success, loop: 0, now: 31_002) == .serviceClosed)
        #expect(breaker.isAllowed(at: 31_002))
        // The run is a new one.
        breaker.calls(4, .failure, at: 31_003)
        #expect(breaker.phase(now: 31_003) == .closed)
    }

    @Test("a failed probe opens it for another 30 s")
    func failedProbe() throws {
        let breaker = ServiceBreaker()
        breaker.calls(5, .failure, at: 0)
        let probe = try #require(breaker.admit(tenant: 1, now: 30_500).ticket)
        #expect(breaker.report(probe, .failure, loop: 0, now: 31_000) == .serviceOpened)
        #expect(breaker.admit(tenant: 1, now: 60_999) == .refusedService(retryAfterMilliseconds: 1))
        #expect(breaker.isAllowed(at: 61_000))
        #expect(breaker.snapshot(now: 61_000).openings == 2)
    }

    @Test("a probe whose client left gives its place to the next call at once")
    func abandonedProbe() throws {
        let breaker = ServiceBreaker()
        breaker.calls(5, .failure, at: 0)
        let probe = try #require(breaker.admit(tenant: 1, now: 30_000).ticket)
        breaker.report(probe, .ignored, loop: 0, now: 30_001)
        let second = try #require(breaker.admit(tenant: 1, now: 30_001).ticket)
        #expect(!breaker.isAllowed(at: 30_001))
        // The first has no say any more, whatever it reports.
        for outcome in [CallOutcome.success, .failure, .ignored] {
            #expect(breaker.report(probe, outcome, loop: 0, now: 30_002) == [])
        }
        #expect(!breaker.isAllowed(at: 30_002))
        #expect(breaker.report(second, .success, loop: 0, now: 30_003) == .serviceClosed)
    }

    @Test("a probe that never reports loses its place when its lease is over")
    func lostProbe() throws {
        let breaker = ServiceBreaker()
        breaker.calls(5, .failure, at: 0)
        let lost = try #require(breaker.admit(tenant: 1, now: 30_000).ticket)
        #expect(!breaker.isAllowed(at: 35_999))
        let second = try #require(breaker.admit(tenant: 1, now: 36_000).ticket)
        #expect(!breaker.isAllowed(at: 36_000))
        #expect(breaker.report(lost, .success, loop: 0, now: 36_001) == [])
        #expect(breaker.phase(now: 36_001) == .halfOpen)
        #expect(breaker.report(second, .failure, loop: 0, now: 36_002) == .serviceOpened)
        #expect(breaker.report(lost, .success, loop: 0, now: 36_003) == [])
        #expect(breaker.phase(now: 36_003) == .open)
    }

    @Test("calls admitted before it opened do not count after it", arguments: [CallOutcome.success, .failure])
    func lateReports(outcome: CallOutcome) throws {
        let breaker = ServiceBreaker()
        let late = try (0..<20).map { _ in try #require(breaker.admit(tenant: 1, now: 0).ticket) }
        breaker.calls(5, .failure, at: 0)
        for ticket in late[..<5] { #expect(breaker.report(ticket, outcome, loop: 0, now: 1) == []) }
        #expect(breaker.phase(now: 1) == .open)
        let probe = try #require(breaker.admit(tenant: 1, now: 30_000).ticket)
        for ticket in late[5..<10] { #expect(breaker.report(ticket, outcome, loop: 0, now: 30_001) == []) }
        #expect(breaker.phase(now: 30_001) == .halfOpen)
        breaker.report(probe, .success, loop: 0, now: 30_002)
        for ticket in late[10...] {
            #expect(breaker.report(ticket, outcome, loop: 0, now: 30_003).isDisjoint(with: .serviceOpened))
        }
        #expect(breaker.phase(now: 30_003) == .closed)
    }

    @Test("settings out of bounds become usable ones")
    func bounds() {
        let breaker = ServiceBreaker {
            ($0.failures, $0.windowMilliseconds, $0.openMilliseconds) = (0, .max, .min)
            ($0.tenantRequests, $0.tenantFailurePercent, $0.tenantWindowMilliseconds) = (.min, 1_000, -1)
            ($0.tenantOpenMilliseconds, $0.probeLeaseMilliseconds) = (.max, 0)
        }
        #expect(breaker.call(.failure, at: 0)?.contains(.serviceOpened) == true)
        #expect(breaker.settings.failures == 1 && breaker.settings.windowMilliseconds == 3_600_000)
        #expect(breaker.isAllowed(tenant: 2, at: 1))
        let most = ServiceBreaker { $0.failures = .max }
        most.calls(31, .failure, tenant: 0, at: 0)
        #expect(most.call(.failure, tenant: 0, at: 0) == .serviceOpened)
    }

    @Test("the snapshot tells phase, since when, and for how long")
    func snapshot() {
        let breaker = ServiceBreaker()
        let quiet = breaker.snapshot(now: 5)
        #expect(
            quiet.phase == .closed && quiet.sinceMilliseconds == nil && quiet.retryAfterMilliseconds == 0 && quiet.openings == 0)
        breaker.calls(5, .failure, at: 10)
        let open = breaker.snapshot(now: 1_010)
        #expect(
            open.phase == .open && open.sinceMilliseconds == 1_000 && open.retryAfterMilliseconds == 29_000 && open.openings == 1)
        #expect(breaker.snapshot(now: 90_000).phase == .halfOpen)
        #expect(breaker.snapshot(now: 90_000).retryAfterMilliseconds == 0)
        #expect(breaker.isAllowed(at: 90_000))
        #expect(breaker.snapshot(now: 90_000).retryAfterMilliseconds == 1_000)
    }
}
