import Testing

@testable import RateLimiting

/// The bounds of docs/rate-limits.md, in worlds of many gateways. `excess` is how far what was accepted goes beyond an ideal bucket, in any window.
@Suite struct SimulationTests {
    static let seeds: [UInt64] = [1, 2, 3]

    @Test("below the threshold it is one exact bucket, however many gateways there are", arguments: seeds)
    func exact(seed: UInt64) {
        var plan = Simulation.Plan()
        plan.limit = Limit(rate: rate(10, 1, burst: 10), scope: "t")
        (plan.instances, plan.loops, plan.offered, plan.seed) = (10, 2, 2, seed)
        plan.seconds = 30
        let world = Simulation(plan)
        let counters = world.run()
        let granted = counters.reduce(0) { $0 + $1.granted }
        #expect(counters.allSatisfy { $0.expired == 0 })
        #expect(abs(granted - world.accepted.count) <= 2)
        // A token may be used as late after it was granted as an answer takes.
        #expect(world.excess() <= 10 * 0.004 + 1)
        #expect(world.accepted.count >= 10 + 10 * 29)
    }

    @Test(
        "of a hot key it grants within 1 % of the limit, with few calls, and never more than the life of a lease ahead",
        arguments: seeds, [(2000, 1, 1000, 1000.0, 8.0), (6000, 60, 300, 60.0, 60.0)])
    func hot(seed: UInt64, shape: (quota: Int, window: Int, burst: Int, offered: Double, seconds: Double)) {
        var plan = Simulation.Plan()
        plan.limit = Limit(rate: rate(shape.quota, shape.window, burst: shape.burst), scope: "t")
        (plan.offered, plan.seconds, plan.seed) = (shape.offered, shape.seconds, seed)
        let world = Simulation(plan)
        _ = world.run()
        let perSecond = Double(shape.quota) / Double(shape.window)
        // Once the burst is gone; what is in hand at the beginning and at the end makes up for each other.
        let start = shape.seconds / 4
        let ideal = perSecond * (shape.seconds - start)
        #expect(abs(Double(world.accepted.filter { $0 > start }.count) - ideal) <= ideal * 0.01)
        #expect(world.excess() <= perSecond * 1)
        #expect(world.longestWait < 0.1)
        if shape.offered > 100 { #expect(Double(world.asked) <= 0.02 * Double(world.decided)) }
    }

    @Test(
        "without a Valkey in reach the parts together are no more than the limit, and nobody waits for it twice", arguments: seeds
    )
    func outage(seed: UInt64) {
        for fault in [Simulation.Fault.down, .hung] {
            for instances in [1, 3, 8] {
                var plan = Simulation.Plan()
                (plan.seed, plan.instances) = (seed, instances)
                plan.seconds = 16
                plan.faults = [(4, fault), (10, .back(forgetting: false))]
                let world = Simulation(plan)
                let counters = world.run()
                // One burst for what Valkey refilled meanwhile, one token an instance for rounding, leases of a second.
                #expect(world.excess() <= 50 + Double(instances) + 100)
                #expect(world.longestWait < 0.11)
                // It is asked again, and not before it is back.
                #expect(counters.allSatisfy { $0.outages == 1 })
                let during = world.accepted.filter { $0 > 5 && $0 < 10 }.count
                #expect(abs(during - 500) <= 50 + 5 * instances)
                let after = world.accepted.filter { $0 > 12 }.count
                #expect(abs(after - 400) <= 100)
            }
        }
    }

    @Test("one gateway that is cut off adds its part alone", arguments: seeds)
    func partition(seed: UInt64) {
        var plan = Simulation.Plan()
        plan.seed = seed
        plan.seconds = 16
        plan.faults = [(4, .cut(1)), (12, .cut(nil))]
        let world = Simulation(plan)
        _ = world.run()
        let during = world.accepted.filter { $0 > 6 && $0 < 12 }.count
        #expect(during <= 800 + 100)
        let part = (8.0 * 100 + 50) / 3
        #expect(world.excess() <= part + 100)
    }

    @Test("a Valkey that forgot is told by those who know: two seconds' worth, not a burst", arguments: seeds)
    func memory(seed: UInt64) {
        var plan = Simulation.Plan()
        plan.limit = Limit(rate: rate(600, 60, burst: 600), scope: "t")
        (plan.seed, plan.offered) = (seed, 20)
        plan.seconds = 30
        plan.faults = [(20, .down), (20.3, .back(forgetting: true))]
        let world = Simulation(plan)
        _ = world.run()
        let before = world.accepted.filter { $0 < 20 }.count
        #expect(before >= 600 + 195)
        #expect(world.excess() <= 10 * (1 + 2) + 3)
    }

    @Test(
        "another host with another clock, and without the last writes, adds two seconds' worth", arguments: seeds,
        [-3600, 3600.0])
    func failover(seed: UInt64, clock: Double) {
        var plan = Simulation.Plan()
        plan.limit = Limit(rate: rate(600, 60, burst: 600), scope: "t")
        (plan.seed, plan.offered) = (seed, 20)
        plan.seconds = 30
        plan.faults = [(20, .failover(behind: 1, clock: clock))]
        let world = Simulation(plan)
        _ = world.run()
        #expect(world.excess() <= 10 * (1 + 2) + 3)
        // And it goes on refilling, whatever the new clock says.
        #expect(world.accepted.filter { $0 > 21 }.count >= 80)
    }

    @Test("slow networks only make it stricter", arguments: seeds)
    func slow(seed: UInt64) {
        var plan = Simulation.Plan()
        (plan.seed, plan.latency) = (seed, 5...45)
        let world = Simulation(plan)
        _ = world.run()
        #expect(world.excess() <= 100)
        #expect(world.longestWait < 0.4)
        #expect(Double(world.accepted.count) >= 0.9 * (50 + 1000))
    }
}
