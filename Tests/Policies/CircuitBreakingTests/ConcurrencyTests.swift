import CircuitBreaking
import Synchronization
import Testing

/// Many threads at once, each with a loop number of its own, as event loops have.
@Suite struct ConcurrencyTests {
    static let threads = 8

    /// Runs `body` once in each of `threads` tasks and adds up what they return.
    private func together(_ body: @escaping @Sendable (_ loop: Int) -> Int) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for loop in 0..<Self.threads { group.addTask { body(loop) } }
            return await group.reduce(0, +)
        }
    }

    @Test("one probe each time it is half-open, and one opening each time it fails")
    func probes() async {
        let breaker = ServiceBreaker(windows: TenantWindows(loops: Self.threads, slots: 64))
        breaker.calls(5, .failure, tenant: 0, at: 0)
        for round in 1...200 as ClosedRange<Int64> {
            let now = round * 30_000
            let admitted = Mutex<[CallTicket]>([])
            _ = await together { _ in
                for _ in 0..<20 {
                    if let ticket = breaker.admit(tenant: 0, now: now).ticket { admitted.withLock { $0.append(ticket) } }
                }
                return 0
            }
            let tickets = admitted.withLock { $0 }
            #expect(tickets.count == 1)
            for ticket in tickets { #expect(breaker.report(ticket, .failure, loop: 0, now: now) == .serviceOpened) }
        }
        #expect(breaker.snapshot(now: 0).openings == 201)
    }

    @Test("five failures that arrive together open it, four do not", arguments: [4, 5, 8])
    func simultaneousFailures(count: Int) async {
        for round in 0..<300 as Range<Int64> {
            let breaker = ServiceBreaker(windows: TenantWindows(loops: Self.threads, slots: 4))
            let tickets = (0..<count).compactMap { _ in breaker.admit(tenant: 0, now: round).ticket }
            let openings = await withTaskGroup(of: BreakerEvents.self) { group in
                for ticket in tickets { group.addTask { breaker.report(ticket, .failure, loop: 0, now: round) } }
                return await group.reduce(0) { $0 + ($1.contains(.serviceOpened) ? 1 : 0) }
            }
            #expect(openings == (count < 5 ? 0 : 1))
            #expect(breaker.phase(now: round) == (count < 5 ? .closed : .open))
        }
    }

    @Test("no call of a tenant is lost or counted twice", arguments: [0, 1])
    func counts(more: Int) async {
        let breaker = ServiceBreaker(windows: TenantWindows(loops: Self.threads, slots: 64))
        breaker.call(.success, tenant: 9, at: 10)
        // Half of the calls fail, which is not too many; one failure more is.
        _ = await together { loop in
            for call in 0..<2_000 {
                guard let ticket = breaker.admit(tenant: 1, now: 5).ticket else { return 1 }
                breaker.report(ticket, call < 1_000 ? .success : .failure, loop: loop, now: 5)
            }
            return 0
        }
        breaker.calls(more, .failure, at: 5)
        #expect(breaker.phase(of: 1, now: 5) == (more == 0 ? .closed : .open))
    }

    @Test("a tenant that fails on every loop at once is isolated once, and stays so")
    func isolation() async {
        for round in 0..<100 as Range<Int64> {
            let breaker = ServiceBreaker(windows: TenantWindows(loops: Self.threads, slots: 64))
            breaker.call(.success, tenant: 9, at: round)
            let isolations = await together { loop in
                var isolations = 0
                for _ in 0..<50 {
                    guard let ticket = breaker.admit(tenant: 1, now: round).ticket else { continue }
                    if breaker.report(ticket, .failure, loop: loop, now: round).contains(.tenantIsolated) { isolations += 1 }
                }
                return isolations
            }
            #expect(isolations == 1)
            #expect(breaker.phase(of: 1, now: round) == .open)
        }
    }
}
