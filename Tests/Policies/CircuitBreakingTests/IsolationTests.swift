import CircuitBreaking
import Testing

/// One tenant's failures never open the service breaker while others are served.
@Suite struct IsolationTests {
    @Test(
        "a run of one tenant counts when nobody else was served within the window",
        arguments: [(29_999, false), (30_000, false), (30_001, true)])
    func othersSuccess(age: Int64, opens: Bool) {
        let breaker = ServiceBreaker()
        breaker.call(.success, tenant: 2, at: 100)
        breaker.calls(4, .failure, tenant: 1, at: 100 + age)
        #expect(breaker.call(.failure, tenant: 1, at: 100 + age) == (opens ? .serviceOpened : []))
    }

    @Test("a run counts as soon as it spans two tenants")
    func twoTenants() {
        let breaker = ServiceBreaker()
        breaker.call(.success, tenant: 3, at: 0)
        breaker.calls(9, .failure, tenant: 1, at: 1)
        #expect(breaker.phase(now: 1) == .closed)
        #expect(breaker.call(.failure, tenant: 2, at: 1) == .serviceOpened)
    }

    @Test("the tenant's own successes speak neither for nor against it")
    func ownSuccess() {
        let breaker = ServiceBreaker()
        breaker.calls(3, .success, tenant: 1, at: 0)
        breaker.calls(4, .failure, tenant: 1, at: 1)
        #expect(breaker.call(.failure, tenant: 1, at: 1) == .serviceOpened)
    }

    @Test("another's success is remembered behind many of the tenant's own, on every loop", arguments: [0, 1])
    func rememberedSuccess(loop: Int) throws {
        let breaker = ServiceBreaker(windows: TenantWindows(loops: 2, slots: 64))
        let other = try #require(breaker.admit(tenant: 2, now: 0).ticket)
        breaker.report(other, .success, loop: loop, now: 0)
        breaker.calls(100, .success, tenant: 1, at: 10)
        breaker.calls(12, .failure, tenant: 1, at: 20)
        #expect(breaker.phase(now: 20) == .closed)
        #expect(breaker.call(.failure, tenant: 1, at: 30_000) == [])
    }

    @Test("calls without a tenant are one tenant more to the service breaker, and nobody's to the tenant breaker")
    func tenantless() {
        let breaker = ServiceBreaker()
        breaker.calls(2, .failure, tenant: 0, at: 0)
        breaker.calls(2, .failure, tenant: 1, at: 0)
        #expect(breaker.call(.failure, tenant: 0, at: 0) == .serviceOpened)

        let guarded = ServiceBreaker()
        guarded.call(.success, tenant: 1, at: 0)
        guarded.calls(500, .failure, tenant: 0, at: 1)
        #expect(guarded.phase(now: 1) == .closed)
        #expect(guarded.phase(of: 0, now: 1) == .closed)
        #expect(guarded.isAllowed(tenant: 0, at: 1))
    }

    @Test(
        "one tenant that always fails at five times the traffic of nine others is isolated, and the nine see nothing of it",
        arguments: 0..<20)
    func noisyTenant(seed: UInt64) {
        let breaker = ServiceBreaker()
        var random = SeededRandom(state: seed)
        for tenant in 2...10 as ClosedRange<UInt64> { breaker.call(.success, tenant: tenant, at: 0) }
        var noisyCalls = 0
        for step in 0..<60_000 {
            let now = Int64(step * 5)
            // 45 of 54 calls are the noisy one's.
            let tenant = random.next() % 54 < 45 ? 1 : 2 + random.next() % 9
            let ticket = breaker.admit(tenant: tenant, now: now).ticket
            if tenant == 1 {
                if let ticket { breaker.report(ticket, .failure, loop: 0, now: now); noisyCalls += 1 }
            } else if let ticket {
                breaker.report(ticket, .success, loop: 0, now: now)
            } else {
                Issue.record("tenant \(tenant) was refused at \(now)")
                return
            }
        }
        #expect(breaker.snapshot(now: 300_000).openings == 0)
        // Twenty until it is isolated, then one probe each 30 s.
        #expect((20...30).contains(noisyCalls))
    }
}
