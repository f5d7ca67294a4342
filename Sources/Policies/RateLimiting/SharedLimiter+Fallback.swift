/// What holds without Valkey: because there is none, or because it is away.
extension SharedLimiter {
    /// Turns to the limit's fallback; false when that is to be closed.
    func fallBack(_ term: UnsafeMutablePointer<Term>) -> Bool {
        guard source != nil else {
            term.pointee.way = .local
            return true
        }
        counters.fallbacks &+= 1
        switch term.pointee.limit.fallback {
        case .open: term.pointee.way = .open
        case .closed: return false
        case .local: term.pointee.way = .local
        }
        return true
    }

    /// Takes a token of each local bucket if all have one, and none of open limits; else answers which has none.
    func takeLocal(_ count: Int) -> Int? {
        let parts = source == nil ? 1 : instances.current
        // Only with several can one be taken from in vain.
        if count > 1 {
            for index in 0..<self.count where terms[index].way == .local {
                let rate = localRate(terms + index, parts)
                let decision = local.take(0, key: terms[index].hash, rate: rate, now: now)
                if decision.remaining < Int(cost) { return takeLocal(index, rate) ? nil : index }
            }
        }
        for index in 0..<self.count {
            if terms[index].way == .local {
                guard takeLocal(index, localRate(terms + index, parts)) else { return index }
            } else if terms[index].way == .open {
                describeOpen(index)
            }
        }
        return nil
    }

    private func takeLocal(_ index: Int, _ rate: BucketRate) -> Bool {
        let decision = local.take(Int(cost), key: terms[index].hash, rate: rate, now: now)
        (decisions + index).initialize(to: decision)
        return decision.isAllowed
    }

    /// The numbers of a limit that is not applied at present.
    func describeOpen(_ index: Int) {
        let full = GCRA.Decision(isAllowed: true, remaining: terms[index].burst, retryAfterNanoseconds: 0, resetNanoseconds: 0)
        (decisions + index).initialize(to: full)
    }

    /// The numbers of a local bucket that nothing is taken of.
    func describeLocal(_ index: Int) {
        let parts = source == nil ? 1 : instances.current
        let decision = local.take(0, key: terms[index].hash, rate: localRate(terms + index, parts), now: now)
        (decisions + index).initialize(to: decision)
    }

    /// The part of the rate that one instance may grant. The first time after Valkey was asked the bucket is lowered to what was known of it.
    private func localRate(_ term: UnsafeMutablePointer<Term>, _ parts: Int) -> BucketRate {
        let limit = term.pointee.limit
        let rate = limit.rate.divided(by: parts)
        guard let entry = term.pointee.entry, !entry.pointee.isLocal else { return rate }
        entry.pointee.isLocal = true
        let missing = limit.shared.capacity - entry.pointee.level(limit.shared, now: now)
        local.drain(
            key: term.pointee.hash, rate: rate, missing: UInt64(missing), of: UInt64(limit.shared.capacity), now: now)
        return rate
    }
}
