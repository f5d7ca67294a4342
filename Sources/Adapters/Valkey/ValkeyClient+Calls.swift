import Bytes
import RESP

extension ValkeyClient {
    /// Sends a command, which is copied; the owner is told its end exactly once, never from inside `send`.
    ///
    /// With `reading` a replica may answer, if the client reads from replicas at all. While it is not known whom to ask, or the
    /// first attempt to connect runs, the command waits; once an attempt failed it is refused at once until one succeeds.
    @discardableResult
    public func send(
        _ command: ValkeyCommand, reading: Bool = false, timeoutMilliseconds: Int, owner: ValkeyCommandOwner, tag: Int,
        nowMilliseconds: Int64
    ) -> ValkeyCallHandle {
        observe(nowMilliseconds)
        let call = takeCall()
        call.state = .open
        call.owner = owner
        call.tag = tag
        call.deadline = now + Int64(max(0, min(timeoutMilliseconds, Self.longestTimeout)))
        call.isRead = reading
        counters.commands += 1
        scheduleFlush()
        if isShutDown {
            refuse(call, .notConnected)
        } else if command.parts == 0 || command.body.count > limits.commandBytes {
            refuse(call, .refused)
        } else {
            call.take(command)
            call.slot = mode == .standalone ? nil : command.slot
            route(call)
        }
        return call.handle
    }

    /// A day: nobody waits longer, and sums stay far from overflow.
    private static var longestTimeout: Int { 86_400_000 }

    /// Gives a command up: its owner hears nothing more. It may be carried out all the same. Stale handles do nothing.
    public func cancel(_ handle: ValkeyCallHandle) {
        if let call = call(handle) { release(call) }
    }

    // MARK: Replies

    func replied(_ value: RESPValue, _ slot: ValkeySlot, _ session: ValkeySession) {
        if slot.call < 0 { return answered(value, slot, session) }
        guard let call = call(slot) else { return }
        if value.isError, let text = value.content { return failed(call, ValkeyServerError(text), session) }
        counters.replies += 1
        let owner = call.owner
        let tag = call.tag
        release(call)
        owner?.valkeyReplied(value, tag: tag)
    }

    /// A server's error ends the call, or sends it again where that may help.
    private func failed(_ call: ValkeyCall, _ error: ValkeyServerError, _ session: ValkeySession) {
        counters.errors += 1
        guard call.repeats < limits.repeats else { return finish(call, error.error) }
        switch error.code {
        case .moved, .ask:
            guard let redirect = ValkeyRedirect(error.rest, from: session.address),
                let target = error.code == .moved ? moved(redirect) : migrating(redirect)
            else { return finish(call, error.error) }
            counters.redirects += 1
            call.needsAsking = error.code == .ask
            again(call, target)
        case .tryAgain, .clusterDown, .loading, .masterDown:
            refreshSoon()
            postpone(call)
        case .readOnly:
            demoted(session)
            postpone(call)
        case .noScript:
            guard let script = call.script else { return finish(call, error.error) }
            counters.missingScripts += 1
            session.connection?.load(script, after: call.sentAt)
            again(call, session)
        default: finish(call, error.error)
        }
    }

    private func again(_ call: ValkeyCall, _ session: ValkeySession) {
        call.repeats += 1
        hand(call, to: session)
        scheduleFlush()
    }

    /// Sends the call again a little later.
    private func postpone(_ call: ValkeyCall) {
        let delay = limits.repeatDelay << Int64(min(call.repeats, 10))
        call.repeats += 1
        call.state = .delayed
        call.resumeAt = now + delay / 2 + backoff.below(delay / 2 + 1)
    }

    /// The connection of a command that was sent is gone.
    func lost(_ slot: ValkeySlot, _ error: ValkeyError) {
        if let call = call(slot) { finish(call, error) }
    }

    /// A command that was not sent has lost its connection; another may take it.
    func unsent(_ slot: ValkeySlot) {
        guard let call = call(slot) else { return }
        guard call.repeats < limits.repeats else { return refuse(call, .notConnected) }
        call.repeats += 1
        route(call)
    }

    // MARK: Routes

    private func route(_ call: ValkeyCall) {
        if let session = session(for: call) { return hand(call, to: session) }
        guard isDiscovering else { return refuse(call, .notConnected) }
        guard !parked.isFull else { return refuse(call, .refused) }
        parked.append(call.queueSlot)
    }

    private func hand(_ call: ValkeyCall, to session: ValkeySession) {
        switch session.accept(call) {
        case .taken: call.state = .open
        case .full: refuse(call, .refused)
        case .unreachable:
            refreshSoon()
            refuse(call, .notConnected)
        }
    }

    private func session(for call: ValkeyCall) -> ValkeySession? {
        switch mode {
        case .other: return nil
        case .standalone:
            if call.isRead, readsFromReplicas, let replica = ready(sessions, where: { !$0.isPrimary }) { return replica }
            return primary
        case .cluster:
            guard let slot = call.slot else { return ready(sessions, where: { !$0.isReplica }) }
            guard let shard = shard(of: slot) else { return nil }
            if call.isRead, readsFromReplicas, let replica = ready(shard.replicas, where: { _ in true }) { return replica }
            return shard.primary
        }
    }

    /// The next usable session of those that qualify, by turns.
    private func ready(_ candidates: [ValkeySession], where qualifies: (ValkeySession) -> Bool) -> ValkeySession? {
        turn = turn &+ 1 & 0xffff
        for offset in candidates.indices {
            let candidate = candidates[(turn + offset) % candidates.count]
            if candidate.isReady && qualifies(candidate) { return candidate }
        }
        return nil
    }

    /// It is known now whom to ask: or that nobody can be.
    func routeParked() {
        var left = parked.count
        while left > 0, let slot = parked.popFirst() {
            left -= 1
            if let call = call(slot) { route(call) }
        }
    }

    // MARK: Ends

    /// Timeouts, and calls that waited for another try.
    func expireCalls() {
        var index = 0
        while index < calls.count {
            let call = calls[index]
            index += 1
            guard call.state == .open || call.state == .delayed else { continue }
            if call.deadline <= now {
                counters.timeouts += 1
                finish(call, .timeout)
            } else if call.state == .delayed && call.resumeAt <= now {
                resume(call)
            }
        }
    }

    private func resume(_ call: ValkeyCall) {
        // Whoever answered that it is not the one to ask may have no successor yet.
        if session(for: call) == nil, call.repeats < limits.repeats { return postpone(call) }
        call.state = .open
        route(call)
    }

    func finish(_ call: ValkeyCall, _ error: ValkeyError) {
        let owner = call.owner
        let tag = call.tag
        release(call)
        owner?.valkeyFailed(error, tag: tag)
    }

    /// Ends a call whose owner may be in the middle of sending it.
    private func refuse(_ call: ValkeyCall, _ error: ValkeyError) {
        counters.refused += 1
        call.state = .refused
        call.refusal = error
        due.append(call.handle)
        scheduleFlush()
    }

    /// What is refused meanwhile is told at the end of the next turn.
    func tellDue() {
        swap(&due, &telling)
        for handle in telling {
            if let call = call(handle) { finish(call, call.refusal) }
        }
        telling.removeAll(keepingCapacity: true)
    }

    // MARK: Records

    private func takeCall() -> ValkeyCall {
        guard firstFree >= 0 else {
            let call = ValkeyCall(index: calls.count)
            calls.append(call)
            return call
        }
        let call = calls[firstFree]
        firstFree = call.next
        call.next = -1
        return call
    }

    private func release(_ call: ValkeyCall) {
        call.clear()
        call.next = firstFree
        firstFree = call.index
    }

    func call(_ slot: ValkeySlot) -> ValkeyCall? { call(ValkeyCallHandle(index: slot.call, generation: slot.generation)) }

    private func call(_ handle: ValkeyCallHandle) -> ValkeyCall? {
        guard handle.index >= 0, Int(handle.index) < calls.count else { return nil }
        let call = calls[Int(handle.index)]
        return call.generation == handle.generation && call.state != .free ? call : nil
    }
}
