import Bytes

@testable import RateLimiting

let millisecond: UInt64 = 1_000_000

/// Keeps the questions until the test answers them.
final class HeldSource: LimitSource {
    var held: [LimitAsk] = []
    var sent = 0
    var wakes = 0
    var beats = 0

    override func wake() { wakes += 1 }
    override func send(_ ask: LimitAsk) {
        sent += 1
        held.append(ask)
    }
    override func beat(_ instance: UInt64) { beats += 1 }
}

/// One limit of a request, with what it is counted by.
struct Counted {
    var limit: Limit
    var tag: String
    var name = ""

    var key: UInt64 { "\(tag)|\(name)".withByteView { KeyedHash(seed: 7)($0) } }
}

/// A limiter with a model of Valkey behind it, and a clock that the test moves.
final class LimiterRig {
    final class Request: Waiting {
        unowned let rig: LimiterRig
        let limits: [Counted]
        let cost: Int
        var progress = LimitProgress()
        var outcome: LimitOutcome?
        var decisions: [GCRA.Decision] = []
        var waits = 0

        init(_ rig: LimiterRig, _ limits: [Counted], cost: Int = 1) { (self.rig, self.limits, self.cost) = (rig, limits, cost) }

        func ask() {
            let limiter = rig.limiter
            limiter.begin(cost: cost)
            let outcome = withBytes(0, limiter)
            if case .wait(let ask) = outcome {
                waits += 1
                ask.add(self, generation: 1)
            } else {
                self.outcome = outcome
            }
            let numbers = if case .refused(let index) = outcome { index + 1 } else { outcome == .allowed ? limits.count : 0 }
            decisions = (0..<numbers).map { limiter.decision($0) }
        }

        /// The bytes of tags and names must last until the decision.
        private func withBytes(_ index: Int, _ limiter: SharedLimiter) -> LimitOutcome {
            guard index < limits.count else {
                return limiter.decide(now: rig.now, progress: &progress)
            }
            let counted = limits[index]
            return counted.tag.withByteView { tag in
                counted.name.withByteView { name in
                    limiter.add(counted.limit, key: counted.key, tag: tag, name: name)
                    return withBytes(index + 1, limiter)
                }
            }
        }

        func resume(_ generation: UInt32) { if generation == 1 { ask() } }
    }

    var now: UInt64 = 1_000_000 * 1_000_000_000
    let source = HeldSource()
    let limiter: SharedLimiter
    let local = LocalBucketTable(slots: 1 << 12)
    let instances = InstanceCount()
    var model = SharedBucketModel()

    init(_ settings: LeaseSettings = LeaseSettings(), beats: Bool = false, seed: UInt64 = 3) {
        limiter = SharedLimiter(
            source: source, local: local, instances: instances, beats: beats, settings: settings, seed: seed)
    }

    @discardableResult
    func begin(_ limits: Counted...) -> Request {
        let request = Request(self, limits)
        request.ask()
        return request
    }

    /// Decides with an answer from the model at once where one is needed.
    @discardableResult
    func decide(_ limits: Counted..., cost: Int = 1) -> Request {
        let request = Request(self, limits, cost: cost)
        request.ask()
        settle()
        return request
    }

    /// Sends and answers until nothing is left to do.
    func settle() {
        limiter.flush()
        while !source.held.isEmpty {
            for ask in takeHeld() { answer(ask) }
            limiter.flush()
        }
    }

    func takeHeld() -> [LimitAsk] {
        defer { source.held = [] }
        return source.held
    }

    func answer(_ ask: LimitAsk) {
        let questions = (0..<ask.count).map {
            SharedBucketModel.Question(
                key: String(ask.key($0)), rate: ask[$0].rate, extra: Int64(ask[$0].extra), most: ask[$0].most)
        }
        let answers = model.take(Int64(ask.requests), questions, now: Int64(now / 1000))
        for (index, answer) in answers.enumerated() { _ = ask.reply(index, granted: answer.granted, level: answer.level) }
        limiter.answered(ask, now: now)
    }

    func fail() {
        limiter.flush()
        for ask in takeHeld() { limiter.failed(ask, now: now) }
    }
}

func rate(_ quota: Int, _ window: Int, burst: Int? = nil) -> BucketRate {
    guard let rate = BucketRate(quota: quota, windowSeconds: window, burst: burst) else { preconditionFailure("no rate") }
    return rate
}
