import Synchronization

/// The two circuit breakers of a service: one for all its callers, one for each tenant alone.
///
/// Shared by all event loops without a lock. While nothing fails, admission reads two words that nobody writes, and a report writes only
/// to memory of its own loop; nothing is allocated, ever.
///
/// The rules in full, and why they are so: `docs/decisions/0008-circuit-breakers.md`. All times are milliseconds of one steady clock,
/// not negative.
public final class ServiceBreaker: Sendable {
    /// What a caller is told while a probe is under way: the answer may change at any moment.
    static let retryWhileProbing: Int64 = 1_000

    public let settings: BreakerSettings
    let state = Atomic<UInt64>(BreakerWord.closed(epoch: 1).raw)
    let run: FailureRun
    let successes: SuccessMarks
    let isolated = IsolatedTenants()
    let windows: TenantWindows
    let span: WindowSpan
    /// Makes the keys of this service's tenants differ from those of other services in `windows`.
    private let salt: UInt64
    /// When the service breaker last changed its phase; negative when it never did.
    let changed = Atomic<Int64>(-1)
    let openings = Atomic<Int>(0)
    let isolations = Atomic<Int>(0)

    /// Breakers of a service that share `windows` with all others; `ordinal` is different for each service.
    public init(settings: BreakerSettings = BreakerSettings(), windows: TenantWindows, ordinal: Int = 0) {
        let settings = settings.bounded
        self.settings = settings
        self.windows = windows
        run = FailureRun(failures: settings.failures, windowMilliseconds: settings.windowMilliseconds)
        successes = SuccessMarks(loops: windows.loops)
        span = WindowSpan(milliseconds: settings.tenantWindowMilliseconds)
        salt = UInt64(truncatingIfNeeded: ordinal) &* 0x9e37_79b9_7f4a_7c15
    }

    /// Asks for one call of `tenant`, the keyed hash of its name; 0 is a call without a tenant, which no tenant breaker judges.
    ///
    /// The tenant's breaker is asked first. A refusal by either is not counted anywhere.
    public func admit(tenant: UInt64, now: Int64) -> Admission {
        var tenantEpoch: UInt32 = 0
        if tenant != 0 {
            switch isolated.ask(tenant, now: now, lease: settings.probeLeaseMilliseconds) {
            case .passes(let epoch): tenantEpoch = epoch
            case .refused(let wait): return .refusedTenant(retryAfterMilliseconds: wait)
            }
        }
        var word = BreakerWord(raw: state.load(ordering: .relaxed))
        while !word.isClosed {
            let remaining = word.remaining(at: now)
            guard remaining <= 0 else {
                returnProbe(of: tenant, epoch: tenantEpoch, now: now)
                return .refusedService(retryAfterMilliseconds: word.isProbing ? Self.retryWhileProbing : remaining)
            }
            let probing = BreakerWord.probing(epoch: word.nextEpoch, until: now &+ settings.probeLeaseMilliseconds)
            if replace(&word, by: probing, now: now) { word = probing; break }
        }
        return .allowed(CallTicket(tenant: tenant, epoch: word.epoch, tenantEpoch: tenantEpoch))
    }

    /// Takes the end of an admitted call, on the event loop with the number `loop`.
    ///
    /// For a stream, report when it is known to work (its first answer), not when it ends.
    @discardableResult
    public func report(_ ticket: CallTicket, _ outcome: CallOutcome, loop: Int, now: Int64) -> BreakerEvents {
        let loop = UInt(bitPattern: loop) < UInt(bitPattern: windows.loops) ? loop : 0
        switch outcome {
        case .success:
            var events = ticket.tenant == 0 ? [] : countForTenant(ticket, failed: false, loop: loop, now: now)
            if succeeded(ticket, loop: loop, now: now) { events.insert(.serviceClosed) }
            return events
        case .failure:
            var events = ticket.tenant == 0 ? [] : countForTenant(ticket, failed: true, loop: loop, now: now)
            if failed(ticket, now: now) { events.insert(.serviceOpened) }
            return events
        case .ignored:
            returnProbe(of: ticket.tenant, epoch: ticket.tenantEpoch, now: now)
            returnProbe(epoch: ticket.epoch, now: now)
            return []
        }
    }

    /// The tenant's key in `windows`.
    func key(_ tenant: UInt64) -> UInt64 { tenant ^ salt }

    /// Replaces the state; otherwise `word` is what it is by now.
    func replace(_ word: inout BreakerWord, by new: BreakerWord, now: Int64) -> Bool {
        let (exchanged, original) = state.compareExchange(expected: word.raw, desired: new.raw, ordering: .sequentiallyConsistent)
        if !exchanged {
            word = BreakerWord(raw: original)
        } else if word.epoch != new.epoch {
            changed.store(now, ordering: .relaxed)
        }
        return exchanged
    }
}
