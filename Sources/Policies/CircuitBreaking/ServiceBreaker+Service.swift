import Synchronization

/// The breaker for all callers: opens on a run of failures.
extension ServiceBreaker {
    /// Takes a success; true when it closed the breaker.
    @inline(__always) func succeeded(_ ticket: CallTicket, loop: Int, now: Int64) -> Bool {
        let word = BreakerWord(raw: state.load(ordering: .relaxed))
        guard word.epoch == ticket.epoch else { return false }
        successes.note(tenant: ticket.tenant, loop: loop, now: now)
        return word.isClosedWithoutRun ? false : recover(word, ticket, now: now)
    }

    /// Ends the run of failures, or the half-open phase; true when it was that.
    private func recover(_ seen: BreakerWord, _ ticket: CallTicket, now: Int64) -> Bool {
        var word = seen
        while word.epoch == ticket.epoch {
            if word.isClosed {
                if word.run == 0 || replace(&word, by: word.withoutRun, now: now) { return false }
            } else if replace(&word, by: .closed(epoch: word.nextEpoch), now: now) {
                return true
            }
        }
        return false
    }

    /// Takes a failure; true when it opened the breaker.
    func failed(_ ticket: CallTicket, now: Int64) -> Bool {
        var word = BreakerWord(raw: state.load(ordering: .sequentiallyConsistent))
        while word.epoch == ticket.epoch {
            if word.isClosed {
                guard replace(&word, by: word.addingFailure(upTo: settings.failures), now: now) else { continue }
                run.write(tenant: ticket.tenant, position: word.position, epoch: word.epoch, now: now)
                return judge(epoch: word.epoch, now: now)
            }
            if open(&word, now: now) { return true }
        }
        return false
    }

    /// Opens the breaker when the run calls for it.
    private func judge(epoch: UInt32, now: Int64) -> Bool {
        var word = BreakerWord(raw: state.load(ordering: .sequentiallyConsistent))
        while word.isClosed, word.epoch == epoch, word.run == settings.failures {
            let verdict = run.judge(end: word.position, epoch: epoch, now: now) { tenant in
                successes.anotherSucceeded(than: tenant, since: now &- settings.windowMilliseconds)
            }
            guard verdict == .opens else { return false }
            if open(&word, now: now) { return true }
        }
        return false
    }

    private func open(_ word: inout BreakerWord, now: Int64) -> Bool {
        let isOpen = replace(&word, by: .open(epoch: word.nextEpoch, until: now &+ settings.openMilliseconds), now: now)
        if isOpen { openings.wrappingAdd(1, ordering: .relaxed) }
        return isOpen
    }

    /// Lets the next asker be the probe when `epoch` is that of the probe under way.
    func returnProbe(epoch: UInt32, now: Int64) {
        var word = BreakerWord(raw: state.load(ordering: .relaxed))
        guard word.isProbing, word.epoch == epoch else { return }
        _ = replace(&word, by: .open(epoch: word.nextEpoch, until: now), now: now)
    }
}
