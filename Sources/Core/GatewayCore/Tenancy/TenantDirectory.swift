public import Bytes
public import CORS
import HTTPSemantics
public import Permissions
public import Plans
import TokenVerification
import TraceContext

/// What one loop knows of tenants and their users: copies of facts, kept right by whoever tells of changes.
///
/// A fact is believed until it is said to have changed, until its time is over, or until changes may have been missed (`lost`).
/// Then it is read again before it is used. When it cannot be read, what was known may stand in for as long as `StaleTimes` allows,
/// which is counted; then nobody can say. A source that failed is left alone for a moment, then asked by one at a time until it
/// answers. Confined to its loop; a look at a believed fact allocates nothing.
public final class TenantDirectory {
    /// Milliseconds of a tick, the unit in which facts grow old.
    public static let tickMilliseconds: Int64 = 50
    /// Facts that are read at a time; what comes on top cannot be had at present.
    static let maximumReads = 1024
    /// Ticks a source is left alone after it failed, at least; as many again are drawn.
    private static let pauseTicks: UInt32 = 2
    /// Ticks a fact is believed that was read while nobody told of changes: half of the second within which a change is seen.
    private static let untrackedTicks: UInt32 = 10
    /// Ticks a fact is left alone that could not be had, and how many such facts are remembered.
    private static let unansweredTicks: UInt32 = 10
    private static let maximumUnanswered = 4096
    /// A fact that changes with every answer is believed for `untrackedTicks` after so many.
    private static let maximumRepeats = 3
    /// The last epoch before all begins anew.
    private static let lastEpoch = UInt32.max - 1

    /// What a kind of fact suffers at present.
    private struct Outage {
        var isFailing = false
        var pausedUntil: UInt32 = 0
        var reads = 0
    }

    private struct ReadKey: Hashable {
        let record: ObjectIdentifier
        let kind: FactKind

        init(_ kind: FactKind, _ tenant: TenantRecord, _ user: UserRecord?) {
            record = user.map { ObjectIdentifier($0) } ?? ObjectIdentifier(tenant)
            self.kind = kind
        }
    }

    /// A fact that could not be had.
    private struct Unanswered {
        /// Held, so that no other record can take its place in memory and be mistaken for it.
        let read: FactRead
        /// Until when it is left alone.
        let until: UInt32
    }

    /// Where facts are read; it must not hold this directory.
    public var source: (any FactSource)?
    public private(set) var counters = DirectoryCounters()
    let hash: KeyedHash
    let stale: StaleTimes
    private let tenants: RecordTable<TenantRecord>
    private let users: RecordTable<UserRecord>
    private var reads: [ReadKey: FactRead] = [:]
    private var unanswered: [ReadKey: Unanswered] = [:]
    private var outages = [Outage](repeating: Outage(), count: FactKind.allCases.count)
    private var tick: UInt32 = 1
    private var epoch: UInt32 = 1
    private var losses = LossTimes()
    /// Whether every change is told at present.
    private var isTracked: Bool
    private var random: LoopRandom

    /// - Parameters:
    ///   - hash: The process's hash, by which identities know their tenants and users.
    ///   - records: Tenants, and users, that are kept; 300 bytes for one of each.
    ///   - isTracked: Whether changes are told from the start.
    public init(
        hash: KeyedHash, records: Int = 1 << 17, stale: StaleTimes = StaleTimes(), isTracked: Bool, seed: UInt64 = 1
    ) {
        self.hash = hash
        self.stale = stale
        self.isTracked = isTracked
        tenants = RecordTable(limit: records)
        users = RecordTable(limit: records)
        random = LoopRandom(seed: seed)
    }

    /// Tenants and users known.
    public var counts: (tenants: Int, users: Int) { (tenants.count, users.count) }

    /// Sets the time, in the loop's milliseconds; some twenty times a second.
    public func advance(nowMilliseconds: Int64) { tick = UInt32(truncatingIfNeeded: nowMilliseconds / Self.tickMilliseconds) }

    // MARK: Records

    /// The record of a tenant; nil for what is no tenant's name. `hash` is the process's hash of the name.
    public func tenant(_ name: ByteView, hash: UInt64) -> TenantRecord? {
        if let record = tenants.find(hash, { $0.name == name }) { return record }
        guard TenantName.isValid(name) else { return nil }
        let record = TenantRecord.make(name: name, hash: hash)
        tenants.insert(record)
        return record
    }

    /// The record of a tenant's user. `hash` is the process's hash of tenant and user together.
    public func user(_ name: ByteView, of tenant: TenantRecord, hash: UInt64) -> UserRecord {
        if let record = users.find(hash, { $0.name == name && $0.tenant === tenant }) { return record }
        let record = UserRecord.make(tenant, name: name, hash: hash)
        users.insert(record)
        return record
    }

    // MARK: Looking

    @inline(__always)
    public func modules(of tenant: TenantRecord) -> FactView<ModuleSet> { view(.modules, tenant) { tenant.header.modules } }

    @inline(__always)
    public func rate(of tenant: TenantRecord) -> FactView<RateRule> { view(.rate, tenant) { tenant.header.rate } }

    @inline(__always)
    public func plan(of tenant: TenantRecord) -> FactView<PlanInfo> { view(.plan, tenant) { tenant.header.plan } }

    @inline(__always)
    public func cors(of tenant: TenantRecord) -> FactView<CORSRules> { view(.cors, tenant) { tenant.header.cors } }

    @inline(__always)
    public func permissions(of user: UserRecord) -> FactView<HeldPermissions> {
        view(.permissions, user.tenant, user) { user.header.permissions }
    }

    @inline(__always)
    private func view<Value>(
        _ kind: FactKind, _ tenant: TenantRecord, _ user: UserRecord? = nil, _ cell: () -> FactCell<Value>
    ) -> FactView<Value> {
        let known = cell()
        return known.isBelieved(epoch: epoch, tick: tick) ? .known(known.value) : look(kind, known, tenant, user, cell)
    }

    /// A fact that is not believed: read it, or say what there is.
    private func look<Value>(
        _ kind: FactKind, _ cell: FactCell<Value>, _ tenant: TenantRecord, _ user: UserRecord?,
        _ again: () -> FactCell<Value>
    ) -> FactView<Value> {
        let key = ReadKey(kind, tenant, user)
        let outage = outages[Int(kind.rawValue)]
        if outage.isFailing, outage.reads > 0 || Self.isBefore(tick, outage.pausedUntil) { return fallback(kind, cell) }
        if let read = reads[key] { return .reading(read) }
        if !unanswered.isEmpty, isLeftAlone(key) { return fallback(kind, cell) }
        guard reads.count < Self.maximumReads, source != nil else {
            counters.refused += 1
            return fallback(kind, cell)
        }
        let read = FactRead(kind, tenant, user)
        reads[key] = read
        outages[Int(kind.rawValue)].reads += 1
        ask(read)
        guard reads[key] === read else {
            // It was settled at once.
            let now = again()
            return now.isBelieved(epoch: epoch, tick: tick) ? .known(now.value) : fallback(kind, now)
        }
        return .reading(read)
    }

    private func isLeftAlone(_ key: ReadKey) -> Bool {
        guard let entry = unanswered[key] else { return false }
        if Self.isBefore(tick, entry.until) { return true }
        unanswered[key] = nil
        return false
    }

    private func leaveAlone(_ key: ReadKey, _ read: FactRead) {
        if unanswered.count >= Self.maximumUnanswered {
            let tick = tick
            unanswered = unanswered.filter { Self.isBefore(tick, $0.value.until) }
            // Full of what was just asked for: whoever made it so asks again, and is bounded by the reads under way.
            if unanswered.count >= Self.maximumUnanswered { unanswered = [:] }
        }
        unanswered[key] = Unanswered(read: read, until: tick &+ Self.unansweredTicks)
    }

    private func fallback<Value>(_ kind: FactKind, _ cell: FactCell<Value>) -> FactView<Value> {
        if let since = cell.doubtedSince(epoch: epoch, losses: losses), tick &- since < stale.ticks(kind) {
            counters.staleUses += 1
            return .known(cell.value)
        }
        counters.unavailable += 1
        return .unavailable
    }

    private func ask(_ read: FactRead) {
        read.isOutrun = false
        read.epoch = epoch
        read.isTracked = isTracked
        counters.reads += 1
        source?.read(read)
    }

    // MARK: Answers

    /// The end of a read: the answer is kept and everybody who waits goes on.
    ///
    /// `lifeMilliseconds` says how long it is believed where nobody tells of changes: the word of an authority.
    public func settle(_ read: FactRead, _ answer: FactAnswer, lifeMilliseconds: Int64? = nil) {
        let key = ReadKey(read.kind, read.tenant, read.user)
        guard reads[key] === read else { return }
        if read.isOutrun, read.repeats < Self.maximumRepeats {
            read.repeats += 1
            return ask(read)
        }
        reads[key] = nil
        let kind = Int(read.kind.rawValue)
        outages[kind].reads -= 1
        if case .unanswered = answer {
            counters.failures += 1
            outages[kind].isFailing = false
            leaveAlone(key, read)
        } else if case .unavailable = answer {
            counters.failures += 1
            outages[kind].isFailing = true
            outages[kind].pausedUntil =
                tick &+ Self.pauseTicks &+ UInt32(truncatingIfNeeded: random.next()) % (Self.pauseTicks + 1)
        } else {
            outages[kind].isFailing = false
            keep(read, answer, lifeMilliseconds)
        }
        read.waiting.resumeAll()
    }

    private func keep(_ read: FactRead, _ answer: FactAnswer, _ life: Int64?) {
        let isSure = read.isTracked && !read.isOutrun && read.epoch == epoch
        let until =
            life.map { tick &+ UInt32(clamping: max(1, $0 / Self.tickMilliseconds)) }
            ?? (isSure ? UInt32.max : tick &+ Self.untrackedTicks)
        switch answer {
        case .modules(let value): read.tenant.header.modules.learn(value, epoch: epoch, until: until)
        case .rate(let value): read.tenant.header.rate.learn(value, epoch: epoch, until: until)
        case .plan(let value): read.tenant.header.plan.learn(value, epoch: epoch, until: until)
        case .cors(let value): read.tenant.header.cors.learn(value, epoch: epoch, until: until)
        case .permissions(let value): read.user?.header.permissions.learn(value, epoch: epoch, until: until)
        case .unanswered, .unavailable: break
        }
    }

    // MARK: Changes

    /// A fact has changed. Whoever is not known here is no concern.
    public func invalidate(_ kind: FactKind, tenant name: ByteView, user: ByteView? = nil) {
        counters.invalidations += 1
        guard let tenant = tenants.find(hash(name), { $0.name == name }) else { return }
        var record: UserRecord?
        switch kind {
        case .modules: tenant.header.modules.forget()
        case .rate: tenant.header.rate.forget()
        case .plan: tenant.header.plan.forget()
        case .cors: tenant.header.cors.forget()
        case .permissions:
            record = user.flatMap { user in
                users.find(Identity.userHash(tenant: name, subject: user, hash)) { $0.name == user && $0.tenant === tenant }
            }
            guard let record else { return }
            record.header.permissions.forget()
        }
        reads[ReadKey(kind, tenant, record)]?.isOutrun = true
    }

    /// A value was not what it should be.
    public func noteMalformed() { counters.malformed += 1 }

    /// Everything may have changed, and nothing that was known is right any more.
    public func forgetAll() {
        counters.invalidations += 1
        tenants.removeAll()
        users.removeAll()
        for read in reads.values { read.isOutrun = true }
    }

    /// From now on changes may be missed: everything known is doubted.
    public func lost() {
        guard isTracked else { return }
        counters.losses += 1
        isTracked = false
        doubtAll()
    }

    /// From now on every change is told.
    public func restored() { isTracked = true }

    /// Everything is to be read again before it is used, because what it was read from has been replaced.
    public func doubtAll() {
        losses.note(end: tick, of: epoch)
        epoch += 1
        guard epoch >= Self.lastEpoch else { return }
        forgetAll()
        epoch = 1
    }

    private static func isBefore(_ tick: UInt32, _ other: UInt32) -> Bool { Int32(bitPattern: other &- tick) > 0 }
}

/// What a directory did since its start.
public struct DirectoryCounters: Sendable, Equatable {
    /// Facts asked for.
    public var reads: UInt64 = 0
    /// Reads that failed.
    public var failures: UInt64 = 0
    /// Values that were not what they should be.
    public var malformed: UInt64 = 0
    /// Looks answered by what is doubted.
    public var staleUses: UInt64 = 0
    /// Looks that nobody could answer.
    public var unavailable: UInt64 = 0
    /// Looks that found too many reads under way.
    public var refused: UInt64 = 0
    /// Changes told.
    public var invalidations: UInt64 = 0
    /// Times changes may have been missed.
    public var losses: UInt64 = 0

    /// Nothing yet.
    public init() {}
}

/// For how long what is doubted may stand in for what cannot be read.
public struct StaleTimes: Sendable, Hashable {
    /// For permissions; default none: who cannot be asked about grants nothing.
    public var permissions: Duration
    /// For plans; default 1 hour, so that who was suspended stays so.
    public var plans: Duration
    /// For modules, ceilings and pages of other origins; default 5 minutes.
    public var others: Duration = .seconds(300)

    public init(permissions: Duration = .zero, plans: Duration = .seconds(3600)) {
        self.permissions = permissions
        self.plans = plans
    }

    func ticks(_ kind: FactKind) -> UInt32 {
        let time =
            switch kind {
            case .permissions: permissions
            case .plan: plans
            case .modules, .rate, .cors: others
            }
        return UInt32(clamping: time.milliseconds / TenantDirectory.tickMilliseconds)
    }
}
