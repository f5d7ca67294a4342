import Bytes
import Foundation

@testable import RateLimiting

/// Many gateways, their loops, a network and one Valkey, in time that the simulation makes pass.
final class Simulation {
    struct Plan {
        var instances = 3
        var loops = 2
        var limit = Limit(rate: rate(100, 1, burst: 50), scope: "t")
        /// Requests a second of each loop, at random times.
        var offered = 100.0
        var seconds = 10.0
        /// One way, drawn evenly between them, in milliseconds.
        var latency = 0.1...2.0
        /// Clocks of gateways run faster or slower by up to this, and begin anywhere.
        var drift = 0.0001
        var seed: UInt64 = 1
        var settings = LeaseSettings()
        var faults: [(second: Double, fault: Fault)] = []
    }

    enum Fault {
        /// Answers of this instance and questions to it are lost; nil mends all.
        case cut(Int?)
        /// Connections are refused.
        case down
        /// Accepts and does not answer.
        case hung
        /// Is there again, as it was or without its memory.
        case back(forgetting: Bool)
        /// Another host takes over with the state of a while ago, and its own clock, in seconds.
        case failover(behind: Double, clock: Double)
    }

    final class Loop: LimitSource {
        unowned let world: Simulation
        let instance: Int
        let offset: UInt64
        let pace: Double
        private var engine: SharedLimiter?

        init(_ world: Simulation, _ instance: Int, _ shared: (LocalBucketTable, InstanceCount), offset: UInt64, pace: Double) {
            (self.world, self.instance, self.offset, self.pace) = (world, instance, offset, pace)
            super.init()
            engine = SharedLimiter(
                source: self, local: shared.0, instances: shared.1, beats: false, settings: world.plan.settings,
                seed: world.generator.next())
        }

        func end() { engine = nil }

        var now: UInt64 { offset + UInt64(world.now * pace * 1_000_000_000) }

        override func wake() { world.at(world.now) { [unowned self] in engine?.flush() } }

        override func send(_ ask: LimitAsk) {
            let questions = (0..<ask.count).map {
                SharedBucketModel.Question(
                    key: String(ask.key($0)), rate: ask[$0].rate, extra: Int64(ask[$0].extra), most: ask[$0].most)
            }
            world.send(from: self, ask.tag, Int64(ask.requests), questions)
        }

        func answered(_ tag: Int, _ answers: [SharedBucketModel.Answer]) {
            guard let engine, let ask = engine.ask(tag) else { return }
            for (index, answer) in answers.enumerated() { _ = ask.reply(index, granted: answer.granted, level: answer.level) }
            engine.answered(ask, now: now)
        }

        func failed(_ tag: Int) {
            guard let engine, let ask = engine.ask(tag) else { return }
            engine.failed(ask, now: now)
        }

        func tick() { engine?.tick(now: now) }

        func arrive() {
            guard let engine else { return }
            Request(self, engine).ask()
        }

        var counters: LimiterCounters { engine?.counters ?? LimiterCounters() }
    }

    final class Request: Waiting {
        let loop: Loop
        let engine: SharedLimiter
        let born: Double
        var progress = LimitProgress()

        init(_ loop: Loop, _ engine: SharedLimiter) { (self.loop, self.engine, born) = (loop, engine, loop.world.now) }

        func ask() {
            let world = loop.world
            engine.begin()
            let outcome = "a".withByteView { tag in
                engine.add(world.plan.limit, key: 5, tag: tag)
                return engine.decide(now: loop.now, progress: &progress)
            }
            if case .wait(let ask) = outcome { return ask.add(self, generation: 0) }
            world.longestWait = max(world.longestWait, world.now - born)
            world.decided += 1
            if outcome == .allowed { world.accepted.append(world.now) }
        }

        func resume(_ generation: UInt32) { ask() }
    }

    let plan: Plan
    var generator: Steps
    private(set) var now = 0.0
    private var events: [(time: Double, order: Int, run: () -> Void)] = []
    private var order = 0
    private var model = SharedBucketModel()
    /// The model as it was, every tenth of a second.
    private var past: [SharedBucketModel] = []
    private var serverClock = 1_000_000.0
    private var cut: Int?
    private var state = Fault.back(forgetting: false)
    private var stuck: [() -> Void] = []
    /// When requests were accepted.
    var accepted: [Double] = []
    var longestWait = 0.0
    var decided = 0
    private(set) var asked = 0

    init(_ plan: Plan) {
        self.plan = plan
        generator = Steps(state: plan.seed)
    }

    func at(_ time: Double, _ run: @escaping () -> Void) {
        order += 1
        events.append((time, order, run))
        var child = events.count - 1
        while child > 0, before(child, (child - 1) / 2) {
            events.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func before(_ one: Int, _ other: Int) -> Bool {
        (events[one].time, events[one].order) < (events[other].time, events[other].order)
    }

    private func next() -> () -> Void {
        events.swapAt(0, events.count - 1)
        let event = events.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < events.count && before(child, least) { least = child }
            if least == parent { break }
            events.swapAt(parent, least)
            parent = least
        }
        now = event.time
        return event.run
    }

    private func every(_ distance: @escaping () -> Double, _ run: @escaping () -> Void) {
        at(now + distance()) { [unowned self] in
            run()
            every(distance, run)
        }
    }

    /// Runs the plan; answers counters of all loops.
    func run() -> [LimiterCounters] {
        var loops: [Loop] = []
        for instance in 0..<plan.instances {
            let shared = (LocalBucketTable(slots: 64), InstanceCount(plan.instances))
            let offset = generator.next() >> 4
            let pace = 1 + Double.random(in: -plan.drift...plan.drift, using: &generator)
            for _ in 0..<plan.loops { loops.append(Loop(self, instance, shared, offset: offset, pace: pace)) }
        }
        for loop in loops {
            every({ 0.05 }, loop.tick)
            every({ [unowned self] in -log(Double.random(in: 0.000001...1, using: &generator)) / plan.offered }, loop.arrive)
        }
        every({ 0.1 }, { [unowned self] in past.append(model) })
        for (second, fault) in plan.faults { at(second) { [unowned self] in apply(fault) } }
        while let first = events.first, first.time < plan.seconds { next()() }
        defer { for loop in loops { loop.end() } }
        return loops.map(\.counters)
    }

    private func apply(_ fault: Fault) {
        switch fault {
        case .cut(let instance): cut = instance
        case .down, .hung: state = fault
        case .back(let forgets):
            state = fault
            if forgets { model = SharedBucketModel() }
            let late = stuck
            stuck = []
            for run in late { run() }
        case .failover(let behind, let clock):
            model = past[max(0, past.count - 1 - Int(behind * 10))]
            serverClock += clock
        }
    }

    func send(from loop: Loop, _ tag: Int, _ requests: Int64, _ questions: [SharedBucketModel.Question]) {
        asked += 1
        let way = { [unowned self] in Double.random(in: plan.latency, using: &generator) / 1000 }
        let sent = now
        // As the client does: in time, or not at all.
        if case .down = state { return at(now + 0.0005) { loop.failed(tag) } }
        at(sent + 0.1) { loop.failed(tag) }
        if cut == loop.instance { return }
        let work: () -> Void = { [unowned self] in
            let answers = model.take(requests, questions, now: Int64((now + serverClock) * 1_000_000))
            let arrival = now + way()
            guard arrival < sent + 0.1, cut != loop.instance else { return }
            at(arrival) { loop.answered(tag, answers) }
        }
        at(now + way()) { [unowned self] in
            switch state {
            case .hung: stuck.append(work)
            case .down: break
            default: work()
            }
        }
    }

    /// Most tokens by which what was accepted exceeds a bucket of the limit's rate and burst, over all windows.
    func excess() -> Double {
        let rate = Double(plan.limit.rate.quota) / Double(plan.limit.rate.windowSeconds)
        var level = Double(plan.limit.rate.burst)
        var lowest = 0.0
        var last = 0.0
        for time in accepted {
            level = min(Double(plan.limit.rate.burst), level + (time - last) * rate) - 1
            lowest = min(lowest, level)
            last = time
        }
        return -lowest
    }
}
