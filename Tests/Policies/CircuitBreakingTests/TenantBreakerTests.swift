import CircuitBreaking
import Testing

/// Tenant 1 is judged; tenant 9 is served well, so that the service breaker keeps out of it.
@Suite struct TenantBreakerTests {
    private func breaker() -> ServiceBreaker {
        let breaker = ServiceBreaker()
        // The latest success is the one that is asked about, so one far ahead serves all the while.
        breaker.call(.success, tenant: 9, at: 1_000_000)
        return breaker
    }

    @Test(
        "needs twenty calls of which more than half failed",
        arguments: [
            (9, 10, false), (8, 11, false), (10, 10, false), (9, 11, true), (0, 19, false), (0, 20, true), (100, 100, false),
            (100, 101, true),
        ])
    func threshold(successes: Int, failures: Int, isolated: Bool) {
        let breaker = breaker()
        breaker.calls(successes, .success, at: 0)
        breaker.calls(failures, .failure, at: 0)
        #expect(breaker.phase(of: 1, now: 0) == (isolated ? .open : .closed))
        #expect(breaker.phase(now: 0) == .closed)
        #expect(breaker.isAllowed(tenant: 2, at: 0))
    }

    @Test("the order of successes and failures does not matter; the twentieth call may be either")
    func order() {
        let breaker = breaker()
        breaker.calls(11, .failure, at: 0)
        breaker.calls(8, .success, at: 0)
        #expect(breaker.phase(of: 1, now: 0) == .closed)
        #expect(breaker.call(.success, at: 0) == .tenantIsolated)
        #expect(breaker.admit(tenant: 1, now: 0) == .refusedTenant(retryAfterMilliseconds: 30_000))
    }

    @Test("calls count for 60 s", arguments: [(59_999, true), (60_000, true), (60_001, false)])
    func windowEdge(age: Int64, isolated: Bool) {
        let breaker = breaker()
        breaker.calls(10, .failure, at: 100)
        breaker.calls(9, .failure, at: 100 + age)
        #expect(breaker.phase(of: 1, now: 100 + age) == .closed)
        breaker.call(.failure, at: 100 + age)
        #expect(breaker.phase(of: 1, now: 100 + age) == (isolated ? .open : .closed))
    }

    @Test(
        "a busy tenant's calls are forgotten by the second, never late and less than a second early",
        arguments: [(59_000, false), (60_001, true)])
    func busyWindow(age: Int64, isolated: Bool) {
        let breaker = breaker()
        // 500 calls within a second, each at a time of its own, and later fewer failures than those in one moment.
        for step in 0..<500 as Range<Int64> { breaker.call(.success, at: 100 + step) }
        breaker.calls(498, .failure, at: 599 + age)
        #expect((breaker.phase(of: 1, now: 599 + age) == .open) == isolated)
    }

    @Test(
        "a busy tenant's window slides by the second",
        arguments: [(63_050, 159, false), (63_050, 170, true), (65_050, 139, false), (65_050, 150, true)])
    func slidingBusyWindow(now: Int64, failures: Int, isolated: Bool) {
        let breaker = breaker()
        for step in 0..<200 as Range<Int64> { breaker.call(.success, at: step * 100) }
        // 169 or 149 of the successes are at most 60 s old, and the ten of one second may be forgotten.
        breaker.calls(failures, .failure, at: now)
        #expect((breaker.phase(of: 1, now: now) == .open) == isolated)
    }

    @Test("a busy tenant is judged by what is left of its window, whatever its rate", arguments: 0..<20)
    func busyRate(seed: UInt64) {
        let breaker = breaker()
        var random = SeededRandom(state: seed)
        var calls: [(at: Int64, failed: Bool)] = []
        var now: Int64 = 0
        while now < 200_000 {
            now += Int64.random(in: 0...300, using: &random)
            // A little less than half at first, and then more.
            let failed = Int.random(in: 0..<100, using: &random) < (now < 120_000 ? 42 : 75)
            calls.append((now, failed))
            guard breaker.call(failed ? .failure : .success, at: now) == .tenantIsolated else { continue }
            let share = { (window: Int64) in
                let recent = calls.filter { now - $0.at <= window }
                return Double(recent.count(where: \.failed)) / Double(recent.count)
            }
            // More than half of some window between 59 and 60 s.
            #expect(stride(from: 59_000, through: 60_000, by: 1).contains { share($0) > 0.5 })
            return
        }
        Issue.record("never isolated")
    }

    @Test("is isolated for 30 s, then one probe decides", arguments: [true, false])
    func probe(succeeds: Bool) throws {
        let breaker = breaker()
        breaker.calls(20, .failure, at: 0)
        #expect(breaker.admit(tenant: 1, now: 29_999) == .refusedTenant(retryAfterMilliseconds: 1))
        let probe = try #require(breaker.admit(tenant: 1, now: 30_000).ticket)
        #expect(breaker.admit(tenant: 1, now: 30_000) == .refusedTenant(retryAfterMilliseconds: 1_000))
        #expect(breaker.phase(of: 1, now: 30_000) == .halfOpen)
        #expect(
            breaker.report(probe, succeeds ? .success : .failure, loop: 0, now: 30_100)
                == (succeeds ? .tenantReleased : .tenantIsolated))
        #expect(breaker.isAllowed(at: 60_099) == succeeds)
        #expect(breaker.isAllowed(at: 60_100))
    }

    @Test("starts over with an empty window when it is released")
    func released() throws {
        let breaker = breaker()
        breaker.calls(20, .failure, at: 0)
        breaker.call(.success, at: 30_000)
        breaker.calls(19, .failure, at: 30_000)
        #expect(breaker.phase(of: 1, now: 30_000) == .closed)
        #expect(breaker.call(.failure, at: 30_000) == .tenantIsolated)
    }

    @Test("a probe that never reports, or whose client left, gives its place away")
    func lostProbe() throws {
        let breaker = breaker()
        breaker.calls(20, .failure, at: 0)
        let lost = try #require(breaker.admit(tenant: 1, now: 30_000).ticket)
        #expect(!breaker.isAllowed(at: 35_999))
        let left = try #require(breaker.admit(tenant: 1, now: 36_000).ticket)
        #expect(breaker.report(lost, .success, loop: 0, now: 36_001) == [])
        #expect(breaker.phase(of: 1, now: 36_001) == .halfOpen)
        breaker.report(left, .ignored, loop: 0, now: 36_002)
        let last = try #require(breaker.admit(tenant: 1, now: 36_002).ticket)
        #expect(breaker.report(last, .success, loop: 0, now: 36_003) == .tenantReleased)
    }

    @Test("calls admitted before the isolation do not count during or after it")
    func lateReports() throws {
        let breaker = breaker()
        let late = try (0..<60).map { _ in try #require(breaker.admit(tenant: 1, now: 0).ticket) }
        breaker.calls(20, .failure, at: 0)
        for ticket in late[..<30] { breaker.report(ticket, .failure, loop: 0, now: 1) }
        breaker.call(.success, at: 30_000)
        for ticket in late[30...] { breaker.report(ticket, .failure, loop: 0, now: 30_001) }
        #expect(breaker.phase(of: 1, now: 30_001) == .closed)
        breaker.calls(9, .success, at: 30_002)
        breaker.calls(10, .failure, at: 30_002)
        #expect(breaker.phase(of: 1, now: 30_002) == .closed)
    }

    @Test("is asked first, and gives its probe back when the service breaker refuses")
    func bothBreakers() throws {
        let breaker = breaker()
        breaker.calls(20, .failure, at: 0)
        breaker.calls(3, .failure, tenant: 2, at: 20_000)
        breaker.calls(2, .failure, tenant: 3, at: 20_000)
        #expect(breaker.admit(tenant: 1, now: 29_999) == .refusedTenant(retryAfterMilliseconds: 1))
        #expect(breaker.admit(tenant: 1, now: 30_000) == .refusedService(retryAfterMilliseconds: 20_000))
        #expect(breaker.phase(of: 1, now: 30_000) == .halfOpen)
        // One call is the probe of both.
        let probe = try #require(breaker.admit(tenant: 1, now: 50_000).ticket)
        #expect(breaker.report(probe, .success, loop: 0, now: 50_000) == [.tenantReleased, .serviceClosed])
    }

    @Test("adds up the calls of all loops")
    func loops() {
        let breaker = ServiceBreaker(windows: TenantWindows(loops: 4, slots: 64))
        for call in 0..<20 {
            let good = breaker.admit(tenant: 9, now: 0).ticket
            if let good { breaker.report(good, .success, loop: call % 4, now: 0) }
            guard let ticket = breaker.admit(tenant: 1, now: 0).ticket else { Issue.record("refused at \(call)"); return }
            let events = breaker.report(ticket, .failure, loop: call % 4, now: 0)
            #expect(events == (call == 19 ? .tenantIsolated : []))
        }
    }

    @Test("services are judged apart, though they share the table")
    func services() {
        let registry = BreakerRegistry(loops: 1, slots: 64)
        let (one, two) = (registry.breaker(of: "one"), registry.breaker(of: "two"))
        for breaker in [one, two] { breaker.call(.success, tenant: 9, at: 0) }
        for _ in 0..<10 { one.call(.failure, at: 0); two.call(.failure, at: 0) }
        #expect(one.phase(of: 1, now: 0) == .closed)
        one.calls(10, .failure, at: 0)
        #expect(one.phase(of: 1, now: 0) == .open)
        #expect(two.phase(of: 1, now: 0) == .closed)
    }

    @Test("the snapshot lists those refused longest, a bounded number of them")
    func snapshot() {
        let breaker = breaker()
        for tenant in 100..<140 as Range<UInt64> {
            breaker.calls(20, .failure, tenant: tenant, at: Int64(tenant))
            breaker.call(.success, tenant: 9, at: 1_000_000)
        }
        let snapshot = breaker.snapshot(now: 200)
        #expect(snapshot.isolatedTenants == 40 && snapshot.isolations == 40)
        #expect(snapshot.tenants.map(\.hash) == Array((108..<140).reversed()))
        #expect(snapshot.tenants.first?.remainingMilliseconds == 29_939)
        #expect(breaker.snapshot(now: 40_000).isolatedTenants == 0)
    }
}
