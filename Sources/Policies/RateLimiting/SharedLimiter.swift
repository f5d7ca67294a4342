public import Bytes

/// The limits of one event loop: leased tokens, questions to Valkey, and what holds while it is away.
///
/// A decision is three steps: `begin`, `add` for each limit in the order of refusal, `decide`. In the steady state it takes a hash probe a limit and
/// allocates nothing. Confined to its loop. It knows no HTTP: whoever limits anything by keys may ask.
public final class SharedLimiter {
    enum Way {
        case process, local, open, leased, missing
    }

    /// A limit of the present request, with what every decision needs of it copied: reading the object would retain it each time.
    struct Term {
        unowned(unsafe) var limit: Limit
        var shared: SharedRate
        var burst: Int
        var isShared: Bool
        var hash: UInt64
        var tag: ByteView
        var name: ByteView
        var way: Way
        var entry: UnsafeMutablePointer<LeaseEntry>?
    }

    /// Most limits of one request.
    public static let mostLimits = LimitAsk.mostBuckets

    let source: LimitSource?
    let local: LocalBucketTable
    let instances: InstanceCount
    let settings: LeaseSettings
    let life: UInt64
    let table: LeaseTable
    let terms: UnsafeMutablePointer<Term>
    let decisions: UnsafeMutablePointer<GCRA.Decision>
    /// Limits of the present request.
    public private(set) var count = 0
    /// Tokens it takes of each.
    private(set) var cost: UInt32 = 1
    /// The latest time it was told.
    private(set) var now: UInt64 = 0
    private(set) var milliseconds: UInt32 = 0
    var health = LimitHealth()
    var asks: [LimitAsk] = []
    var free: [Int] = []
    var opened: [Int] = []
    /// Requests that wait.
    var waiting = 0
    private var random: UInt64
    let instance: UInt64
    let beats: Bool
    var heart = InstanceBeat()
    /// What was done since the start.
    public internal(set) var counters = LimiterCounters()

    /// The limits of a loop.
    ///
    /// `source` nil means that there is no Valkey: every limit is local at its full rate. `local` and `instances` are shared by the loops of
    /// the process; one of them `beats`. `seed` draws delays and names the process to the others: random, and the same on no other loop.
    public init(
        source: LimitSource?, local: LocalBucketTable, instances: InstanceCount = InstanceCount(), beats: Bool = false,
        settings: LeaseSettings = LeaseSettings(), seed: UInt64
    ) {
        self.source = source
        self.local = local
        self.instances = instances
        self.beats = beats
        self.settings = settings
        life = UInt64(max(1, settings.lifeMilliseconds)) * 1_000_000
        table = LeaseTable(entries: source == nil ? 0 : settings.entries)
        terms = .allocate(capacity: Self.mostLimits)
        decisions = .allocate(capacity: Self.mostLimits)
        random = seed | 1
        instance = seed
        source?.serve(self)
    }

    deinit {
        source?.serve(nil)
        terms.deallocate()
        decisions.deallocate()
    }

    /// Whether shared limits are decided by Valkey's tokens at present; false without a Valkey too.
    public var isGlobal: Bool { source != nil && health.phase == .up }

    /// Begins a decision about `cost` tokens of each limit, at least 1: all are taken or none.
    ///
    /// Tokens that Valkey grants towards a decision that is refused in the end stay in hand and expire like others.
    @inline(__always)
    public func begin(cost: Int = 1) {
        count = 0
        self.cost = UInt32(clamping: max(1, cost))
    }

    /// Adds a limit to the decision: those added first refuse first.
    ///
    /// - Parameters:
    ///   - limit: Must live until the decision, as must `tag` and `name`.
    ///   - key: A keyed hash of what the limit counts by, such as tenant and user; the same for equal tags and names alone.
    ///   - tag: What keys of one request have in common, such as the tenant: it decides the slot of a cluster.
    ///   - name: The rest of the key, such as the user; empty when the tag says it all.
    @inline(__always)
    public func add(_ limit: Limit, key: UInt64, tag: ByteView = .empty, name: ByteView = .empty) {
        precondition(count < Self.mostLimits)
        let hash = key ^ limit.salt
        (terms + count).initialize(
            to: Term(
                limit: limit, shared: limit.shared, burst: limit.rate.burst, isShared: limit.reach == .shared,
                hash: hash == 0 ? 1 : hash, tag: tag, name: name, way: .process, entry: nil))
        count &+= 1
    }

    /// The numbers of the limit at `position` after `allowed` or `refused`; of limits behind the one that refuses there are none, and of
    /// those before it nothing was taken.
    public func decision(_ position: Int) -> GCRA.Decision {
        precondition(position >= 0 && position < count)
        return decisions[position]
    }

    /// Decides about the limits added since `begin`; `now` in nanoseconds of one steady clock of the process.
    ///
    /// After `wait` the request begins again with the same `progress`; `wait` is answered at most `LeaseSettings.asksOfRequest` times.
    public func decide(now: UInt64, progress: inout LimitProgress) -> LimitOutcome {
        let outcome = decideAll(now: now, progress: &progress)
        if case .refused(let position) = outcome, position > 0 { describe(upTo: position) }
        return outcome
    }

    /// How the limits added since `begin` stand, for those who only want to know: nothing is taken and nobody is asked.
    ///
    /// Never `wait`: of a limit that has not been asked for, all is taken to be there.
    public func peek(now: UInt64) -> LimitOutcome {
        advance(now)
        table.beginTurn()
        for index in 0..<count {
            let term = terms + index
            term.pointee.way = way(of: term, isFirst: false)
            switch term.pointee.way {
            case .process:
                let decision = local.take(0, key: term.pointee.hash, rate: term.pointee.limit.rate, now: now)
                (decisions + index).initialize(to: decision)
            case .missing:
                if let refusal = refusal(of: term) {
                    (decisions + index).initialize(to: refusal)
                    return .refused(index)
                }
                guard let entry = term.pointee.entry, entry.pointee.rate == term.pointee.shared.fingerprint else {
                    describeOpen(index)
                    continue
                }
                (decisions + index).initialize(to: standing(of: term, entry))
                continue
            case .leased:
                if let entry = term.pointee.entry { (decisions + index).initialize(to: standing(of: term, entry)) }
                continue
            case .local, .open:
                if source != nil, term.pointee.limit.fallback == .closed { return .unavailable(index) }
                if source != nil, term.pointee.limit.fallback == .open {
                    describeOpen(index)
                    continue
                }
                describeLocal(index)
            }
            if decisions[index].remaining < Int(cost) {
                // At most the time that one token takes.
                let rate = term.pointee.limit.rate
                decisions[index] = GCRA.Decision(
                    isAllowed: false, remaining: decisions[index].remaining,
                    retryAfterNanoseconds: UInt64(rate.windowSeconds) * 1_000_000_000 / UInt64(max(1, rate.quota)),
                    resetNanoseconds: decisions[index].resetNanoseconds)
                return .refused(index)
            }
        }
        return .allowed
    }

    @inline(__always)
    private func decideAll(now: UInt64, progress: inout LimitProgress) -> LimitOutcome {
        advance(now)
        table.beginTurn()
        let isFirst = progress.asked == 0
        var missing = 0
        var locals = 0
        for index in 0..<count {
            let term = terms + index
            switch way(of: term, isFirst: isFirst) {
            case .process:
                term.pointee.way = .process
                let cost = isFirst ? Int(cost) : 0
                let limit = term.pointee.limit
                let decision = local.take(cost, key: term.pointee.hash, rate: limit.rate, now: now)
                (decisions + index).initialize(to: decision)
                if !decision.isAllowed { return .refused(index) }
            case .leased: term.pointee.way = .leased
            case .missing:
                if let refusal = refusal(of: term) {
                    (decisions + index).initialize(to: refusal)
                    return .refused(index)
                }
                term.pointee.way = .missing
                missing &+= 1
            case .local, .open:
                guard fallBack(term) else { return .unavailable(index) }
                locals &+= 1
            }
        }
        if missing > 0 {
            if let ask = park(&progress) { return .wait(ask) }
            for index in 0..<count where terms[index].way == .missing {
                guard fallBack(terms + index) else { return .unavailable(index) }
                locals &+= 1
            }
        }
        if locals > 0, let index = takeLocal(locals) { return .refused(index) }
        for index in 0..<count where terms[index].way == .leased { takeLeased(index) }
        return .allowed
    }

    func advance(_ now: UInt64) {
        guard now > self.now else { return }
        self.now = now
        milliseconds = UInt32(truncatingIfNeeded: now / 1_000_000)
    }

    func draw() -> UInt64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return random
    }

    // MARK: One limit

    /// How a limit is decided; `missing` and `local` before anything else is known.
    @inline(__always)
    private func way(of term: UnsafeMutablePointer<Term>, isFirst: Bool) -> Way {
        guard term.pointee.isShared else { return .process }
        guard source != nil else { return .local }
        let entry = table.entry(term.pointee.hash, now: now, life: life)
        term.pointee.entry = entry
        if isFirst { entry.pointee.touch(cost, milliseconds: milliseconds, settings: settings) }
        if entry.pointee.leased | entry.pointee.spare != 0 {
            counters.expired &+= Int(entry.pointee.expire(now: now, milliseconds: milliseconds, life: life))
            if entry.pointee.leased &+ entry.pointee.spare >= cost { return .leased }
        }
        return health.isGlobal(term.pointee.hash, milliseconds: milliseconds, settings: settings) ? .missing : .local
    }

    /// Why a bucket without tokens in hand need not be asked for: it cannot have any, or it had hardly any a moment ago.
    private func refusal(of term: UnsafeMutablePointer<Term>) -> GCRA.Decision? {
        guard let entry = term.pointee.entry else { return nil }
        let rate = term.pointee.shared
        // More than it ever holds: nobody need be asked.
        let isPossible = Int(cost) <= term.pointee.burst
        guard entry.pointee.rate == rate.fingerprint || !isPossible else { return nil }
        let level = entry.pointee.level(rate, now: now)
        let inHand = entry.pointee.leased &+ entry.pointee.spare
        let needed = Int64(min(Int(cost), term.pointee.burst)) - Int64(inHand)
        var wait = UInt64(rate.microseconds(from: level, toTokens: needed)) &* 1000
        if !isPossible { wait = max(1, wait) }
        let isFresh = Int64(bitPattern: now &- entry.pointee.known) < Int64(bitPattern: life)
        let held = Int32(bitPattern: entry.pointee.hold &- milliseconds)
        if isFresh, entry.pointee.lease > 0, held > 0 { wait = max(wait, UInt64(held) &* 1_000_000) }
        guard wait > 0 else { return nil }
        return GCRA.Decision(
            isAllowed: false, remaining: cost == 1 ? 0 : min(term.pointee.burst, Int(level / rate.unit) + Int(inHand)),
            retryAfterNanoseconds: wait,
            resetNanoseconds: UInt64(rate.microsecondsToFull(level)) &* 1000)
    }

    /// Takes tokens in hand, and asks for more before the last one is gone.
    @inline(__always)
    private func takeLeased(_ index: Int) {
        guard let entry = terms[index].entry else { return }
        let first = min(cost, entry.pointee.leased)
        entry.pointee.leased &-= first
        entry.pointee.spare &-= cost &- first
        if entry.pointee.lease > 0, entry.pointee.spare == 0, entry.pointee.leased <= entry.pointee.lease >> 3 {
            prefetch(terms + index)
        }
        (decisions + index).initialize(to: standing(of: terms + index, entry))
    }

    /// What is left of a limit as far as this loop knows.
    @inline(__always)
    private func standing(of term: UnsafeMutablePointer<Term>, _ entry: UnsafeMutablePointer<LeaseEntry>) -> GCRA.Decision {
        let rate = term.pointee.shared
        let level = entry.pointee.level(rate, now: now)
        let left = Int(level / rate.unit) &+ Int(entry.pointee.leased &+ entry.pointee.spare)
        return GCRA.Decision(
            isAllowed: true, remaining: min(term.pointee.burst, left), retryAfterNanoseconds: 0,
            resetNanoseconds: UInt64(rate.microsecondsToFull(level)) &* 1000)
    }

    /// The numbers of the limits before the one that refuses, of which nothing was taken.
    @inline(never)
    private func describe(upTo end: Int) {
        for index in 0..<end {
            let term = terms + index
            switch term.pointee.way {
            case .process: break
            case .local: describeLocal(index)
            case .leased, .missing, .open:
                if let entry = term.pointee.entry, term.pointee.way != .open {
                    (decisions + index).initialize(to: standing(of: term, entry))
                } else {
                    describeOpen(index)
                }
            }
        }
    }
}
