import Synchronization

/// The breaker for one tenant: isolates it when too many of its calls fail.
extension ServiceBreaker {
    @inline(__always) func countForTenant(_ ticket: CallTicket, failed: Bool, loop: Int, now: Int64) -> BreakerEvents {
        let tenant = ticket.tenant
        var start = now &- settings.tenantWindowMilliseconds
        if let word = isolated.word(of: tenant) {
            guard word.epoch == ticket.tenantEpoch else { return [] }
            guard word.isClosed else { return finishProbe(word, of: tenant, failed: failed, now: now) }
            start = max(start, now &+ word.remaining(at: now))
        } else if ticket.tenantEpoch != 0 {
            return []
        }
        let own = windows.count(failed: failed, key: key(tenant), loop: loop, now: now, start: start, span: span)
        // A failure is always worth a look at all loops; a success, which may be the twentieth call, only when this loop has seen
        // more failures than it may. A busy tenant that fails now and then so costs nothing more than one that never does.
        guard failed || own.isFailing(moreThan: settings.tenantFailurePercent) else { return [] }
        return isolateIfFailing(tenant, now: now, start: start)
    }

    private func isolateIfFailing(_ tenant: UInt64, now: Int64, start: Int64) -> BreakerEvents {
        let total = windows.total(key: key(tenant), now: now, start: start, span: span)
        guard total.calls >= settings.tenantRequests, total.isFailing(moreThan: settings.tenantFailurePercent) else { return [] }
        guard isolated.isolate(tenant, now: now, until: now &+ settings.tenantOpenMilliseconds) else { return [] }
        isolations.wrappingAdd(1, ordering: .relaxed)
        return .tenantIsolated
    }

    private func finishProbe(_ word: BreakerWord, of tenant: UInt64, failed: Bool, now: Int64) -> BreakerEvents {
        let next: BreakerWord =
            failed
            ? .open(epoch: word.nextEpoch, until: now &+ settings.tenantOpenMilliseconds)
            : .closed(epoch: word.nextEpoch, since: now)
        guard isolated.replace(word, by: next, of: tenant) else { return [] }
        if failed { isolations.wrappingAdd(1, ordering: .relaxed) }
        return failed ? .tenantIsolated : .tenantReleased
    }

    /// Lets the tenant's next call be the probe when `epoch` is that of the probe under way.
    func returnProbe(of tenant: UInt64, epoch: UInt32, now: Int64) {
        guard epoch != 0, let word = isolated.word(of: tenant), word.isProbing, word.epoch == epoch else { return }
        _ = isolated.replace(word, by: .open(epoch: word.nextEpoch, until: now), of: tenant)
    }
}
