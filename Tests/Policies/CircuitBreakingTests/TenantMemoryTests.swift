import CircuitBreaking
import Testing

@Suite struct TenantMemoryTests {
    @Test("a million tenants take the memory of the table and no more, and those that fail now are still isolated")
    func million() {
        let windows = TenantWindows(loops: 1)
        #expect(windows.byteCount == 2_048 * 528)
        let breaker = ServiceBreaker(windows: windows)
        var random = SeededRandom(state: 1)
        for step in 0..<1_000_000 as Range<Int64> {
            breaker.call(step % 3 == 0 ? .failure : .success, tenant: random.next() | 1, at: step / 100)
        }
        breaker.call(.success, tenant: 9, at: 10_000)
        breaker.calls(20, .failure, tenant: 7, at: 10_000)
        #expect(breaker.phase(of: 7, now: 10_000) == .open)
        #expect(windows.byteCount == 2_048 * 528)
    }

    /// A table of four places, all taken by tenants 1 to 4; those in `failing` have a failure, at the given times.
    private func full(failing: [UInt64: Int64]) -> ServiceBreaker {
        var settings = BreakerSettings()
        (settings.tenantRequests, settings.tenantFailurePercent, settings.failures) = (2, 50, 32)
        let breaker = ServiceBreaker(settings: settings, windows: TenantWindows(loops: 1, slots: 4))
        for tenant in 1...4 as ClosedRange<UInt64> {
            let at = failing[tenant]
            breaker.call(at == nil ? .success : .failure, tenant: tenant, at: at ?? Int64(tenant))
        }
        return breaker
    }

    /// Whether the tenant's one earlier failure is still known: then a second makes two of two.
    private func isKnown(_ tenant: UInt64, to breaker: ServiceBreaker, at now: Int64) -> Bool {
        breaker.call(.failure, tenant: tenant, at: now) == .tenantIsolated
    }

    @Test("healthy tenants make room first, however recent they are")
    func healthyFirst() {
        let breaker = full(failing: [1: 0, 3: 1])
        for tenant in 5...50 as ClosedRange<UInt64> { breaker.call(.success, tenant: tenant, at: 100) }
        #expect(isKnown(1, to: breaker, at: 200))
        #expect(isKnown(3, to: breaker, at: 200))
    }

    @Test("a tenant that fails takes the place of the one that failed longest ago")
    func leastRecentlyFailing() {
        let breaker = full(failing: [1: 40, 2: 10, 3: 30, 4: 20])
        breaker.call(.failure, tenant: 5, at: 100)
        for tenant in [1, 3, 4, 5] as [UInt64] { #expect(isKnown(tenant, to: breaker, at: 101)) }
        #expect(!isKnown(2, to: breaker, at: 101))
    }

    @Test("a tenant that does not fail takes nobody's place who failed within the window, and theirs when it is over")
    func failingStay() {
        let breaker = full(failing: [1: 40, 2: 10, 3: 30, 4: 20])
        for tenant in 5...50 as ClosedRange<UInt64> { breaker.call(.success, tenant: tenant, at: 60_000) }
        #expect(isKnown(2, to: breaker, at: 60_005))
        let later = full(failing: [1: 40, 2: 10, 3: 30, 4: 20])
        later.call(.success, tenant: 5, at: 60_011)
        later.call(.failure, tenant: 5, at: 60_011)
        #expect(later.call(.failure, tenant: 5, at: 60_011) == .tenantIsolated)
    }

    @Test("isolation holds, however many others come, and the fifth of a set releases the first")
    func isolatedStay() {
        let breaker = ServiceBreaker { $0.failures = 32 }
        // One set: the same low bits.
        let tenants = (1...5).map { UInt64($0) << 32 | 5 }
        for (index, tenant) in tenants.prefix(4).enumerated() {
            breaker.calls(20, .failure, tenant: tenant, at: Int64(index))
            breaker.call(.success, tenant: 99, at: Int64(index))
        }
        for tenant in 1...10_000 as ClosedRange<UInt64> { breaker.call(.success, tenant: tenant << 32 | 5, at: 10) }
        for tenant in tenants.prefix(4) { #expect(breaker.phase(of: tenant, now: 20) == .open) }
        breaker.call(.success, tenant: 99, at: 20)
        breaker.calls(20, .failure, tenant: tenants[4], at: 20)
        #expect(tenants.map { breaker.phase(of: $0, now: 20) } == [.closed, .open, .open, .open, .open])
    }

    @Test("a released tenant makes room before any that is refused or waits for its probe")
    func releasedFirst() {
        let breaker = ServiceBreaker { $0.failures = 32 }
        let tenants = (1...5).map { UInt64($0) << 32 | 5 }
        let isolate = { (index: Int, now: Int64) in
            breaker.call(.success, tenant: 99, at: now)
            breaker.calls(20, .failure, tenant: tenants[index], at: now)
        }
        isolate(0, 0)
        isolate(1, 0)
        breaker.call(.success, tenant: tenants[1], at: 40_000)
        for index in 2...4 { isolate(index, 40_000) }
        #expect(tenants.map { breaker.phase(of: $0, now: 40_000) } == [.halfOpen, .closed, .open, .open, .open])
    }
}
