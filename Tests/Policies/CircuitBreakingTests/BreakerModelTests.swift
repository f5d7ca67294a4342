import CircuitBreaking
import Testing

@Suite struct BreakerModelTests {
    @Test("decides as the brute-force model, whatever happens in whatever order", arguments: 0..<40)
    func property(batch: UInt64) {
        for sequence in 0..<100 {
            let seed = batch * 100 + UInt64(sequence)
            var random = SeededRandom(state: seed)
            guard let step = firstDifference(&random) else { continue }
            Issue.record("sequence \(seed) differs at step \(step)")
            return
        }
    }

    /// Runs one random sequence on the breaker and the model; the step at which they differ.
    private func firstDifference(_ random: inout SeededRandom) -> Int? {
        var model = BreakerModel()
        // Small numbers make every rule come up often; one in three has the contract's own.
        if random.next() % 3 > 0 {
            model.settings.failures = Int.random(in: 1...6, using: &random)
            model.settings.windowMilliseconds = Int64.random(in: 500...5_000, using: &random)
            model.settings.openMilliseconds = Int64.random(in: 200...2_000, using: &random)
            model.settings.tenantRequests = Int.random(in: 2...12, using: &random)
            model.settings.tenantFailurePercent = Int.random(in: 0...99, using: &random)
            model.settings.tenantWindowMilliseconds = Int64.random(in: 1_000...8_000, using: &random)
            model.settings.tenantOpenMilliseconds = Int64.random(in: 200...4_000, using: &random)
            model.settings.probeLeaseMilliseconds = Int64.random(in: 100...1_000, using: &random)
        }
        let loops = Int.random(in: 1...3, using: &random)
        let breaker = ServiceBreaker(settings: model.settings, windows: TenantWindows(loops: loops, slots: 64))
        let tenants = UInt64.random(in: 0...5, using: &random)
        let rates = (0...tenants).map { _ in Int.random(in: 0...100, using: &random) }
        let steps = UInt64(model.settings.windowMilliseconds / 8)
        var now = Int64.random(in: 0...1 << 45, using: &random)
        var held: [(ticket: CallTicket, probes: Set<BreakerModel.Probe>, end: Int64)] = []

        for step in 0..<150 {
            now += random.next() % 4 == 0 ? Int64(random.next() % (steps * 8)) : Int64(random.next() % steps)
            held.removeAll { $0.end <= now }
            let loop = Int.random(in: 0..<loops, using: &random)
            let tenant = random.next() % (tenants + 1)
            let failed = Int.random(in: 1...100, using: &random) <= rates[Int(tenant)]
            let expected = model.admit(tenant, now)
            let admission = breaker.admit(tenant: tenant, now: now)
            guard (expected != nil) == (admission.ticket != nil) else { return step }
            if let ticket = admission.ticket, let probes = expected {
                if !probes.isEmpty, random.next() % 3 == 0 {
                    // A probe that takes its time, or never reports.
                    held.append((ticket, probes, now + model.settings.probeLeaseMilliseconds))
                } else {
                    breaker.report(ticket, failed ? .failure : .success, loop: loop, now: now)
                    model.report(tenant, failed: failed, now, loop: loop, probes: probes)
                }
            }
            if let call = held.first, call.probes == [.service], random.next() % 3 == 0 {
                held.removeFirst()
                let closes = random.next() % 2 == 0
                breaker.report(call.ticket, closes ? .success : .failure, loop: loop, now: now)
                model.report(call.ticket.tenant, failed: !closes, now, loop: loop, probes: call.probes)
            }
            guard breaker.phase(now: now) == model.phase(now) else { return step }
            for tenant in 0...tenants where breaker.phase(of: tenant, now: now) != model.phase(of: tenant, now) { return step }
        }
        return nil
    }
}
