import Bytes
import RESP

/// Who is to be asked: the primary among the addresses of a single server, the owners of a cluster's slots.
extension ValkeyClient {
    /// Whether commands may wait because it will soon be known whom to ask.
    var isDiscovering: Bool {
        let isPromising = sessions.contains { $0.isPromising }
        return mode == .cluster ? shards.isEmpty && (isPromising || asked != nil) : primary == nil && isPromising
    }

    func shard(of slot: UInt16) -> Shard? {
        guard Int(slot) < owners.count, Int(owners[Int(slot)]) < shards.count else { return nil }
        return shards[Int(owners[Int(slot)])]
    }

    /// The addresses of the endpoint become members, unless they are.
    func ensureSeeds() {
        for address in endpoint.addresses { _ = member(address) }
    }

    /// The session for commands to an address; nil when there are too many.
    func member(_ address: ValkeyAddress) -> ValkeySession? {
        if let session = sessions.first(where: { $0.address == address }) { return session }
        guard sessions.count < limits.nodes, !isShutDown else { return nil }
        let session = ValkeySession(address, .commands, client: self)
        sessions.append(session)
        session.tick()
        return session
    }

    // MARK: Sessions come and go

    func sessionReady(_ session: ValkeySession, _ mode: ValkeyHandshake.Mode) {
        problem = nil
        guard session.purpose == .commands else { return updateTracking() }
        if mode != self.mode { changeMode(mode) }
        switch mode {
        case .standalone: choosePrimary()
        case .cluster: if shards.isEmpty { askForMap(session) } else { refreshSoon() }
        case .other: problem = .protocolViolation
        }
        if !isDiscovering { routeParked() }
        scheduleFlush()
    }

    func sessionLost(_ session: ValkeySession) {
        guard !isShutDown, !session.isRetired else { return }
        guard session.purpose == .commands else { return updateTracking() }
        if asked === session { asked = nil }
        if primary === session {
            primary = nil
            choosePrimary()
        }
        refreshSoon()
        if !isDiscovering { routeParked() }
    }

    private func changeMode(_ mode: ValkeyHandshake.Mode) {
        self.mode = mode
        primary = nil
        shards = []
        owners = []
        asked = nil
    }

    // MARK: A single server

    /// Keeps the primary while it says that it is one: a former one that comes back may think so for a while.
    private func choosePrimary() {
        guard mode == .standalone else { return }
        if let primary, primary.isReady, primary.isPrimary { return }
        primary = sessions.first { $0.isReady && $0.isPrimary }
        if primary == nil { return refreshSoon() }
        routeParked()
        updateTrackers()
    }

    /// A server refused a write because it is a replica.
    func demoted(_ session: ValkeySession) {
        session.isPrimary = false
        choosePrimary()
        refreshSoon()
    }

    // MARK: Looking again

    /// Looks again before long; every client at another moment.
    func refreshSoon() {
        let earliest = max(now, lastRefresh + limits.refreshDistance)
        nextRefresh = min(nextRefresh, earliest + backoff.below(limits.refreshDistance))
    }

    func refresh() {
        lastRefresh = now
        nextRefresh = now + backoff.around(tracking == nil ? limits.refresh : limits.trackingRefresh)
        switch mode {
        case .standalone:
            counters.refreshes += 1
            for session in sessions { session.connection?.ask("*1\r\n$4\r\nROLE\r\n", .role) }
        case .cluster:
            if !sessions.contains(where: { $0.isReady }) { return ensureSeeds() }
            turn = turn &+ 1 & 0xffff
            for offset in sessions.indices {
                let session = sessions[(turn + offset) % sessions.count]
                if session.isReady { return askForMap(session) }
            }
        case .other: break
        }
    }

    private func askForMap(_ session: ValkeySession) {
        guard asked == nil, let connection = session.connection,
            connection.ask("*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n", .topology)
        else { return }
        counters.refreshes += 1
        asked = session
        scheduleFlush()
    }

    /// An answer to what the client asked on its own account.
    func answered(_ value: RESPValue, _ slot: ValkeySlot, _ session: ValkeySession) {
        if slot.call == ValkeySlot.role.call, mode == .standalone, let role = value[0]?.string {
            session.isPrimary = role == "master"
            choosePrimary()
        } else if slot.call == ValkeySlot.topology.call, asked === session {
            asked = nil
            if let topology = ValkeyTopology(value, from: session.address, limit: limits.nodes), !topology.shards.isEmpty {
                apply(topology)
            } else {
                if value.isError, let text = value.content { problem = ValkeyServerError(text).error }
                refreshSoon()
            }
            if !isDiscovering { routeParked() }
        }
    }

    // MARK: A cluster

    private func apply(_ topology: ValkeyTopology) {
        let before = sessions
        sessions = []
        shards = topology.shards.map { shard in
            Shard(
                primary: keep(shard.primary, isReplica: false, from: before),
                replicas: readsFromReplicas ? shard.replicas.map { keep($0, isReplica: true, from: before) } : [])
        }
        owners = topology.owners
        for session in before where !sessions.contains(where: { $0 === session }) { retire(session) }
        updateTrackers()
    }

    /// The session there was, or a new one.
    private func keep(_ address: ValkeyAddress, isReplica: Bool, from before: [ValkeySession]) -> ValkeySession {
        // READONLY, which only replicas need, does no harm on one that became a primary.
        if let session = (sessions + before).first(where: { $0.address == address && ($0.isReplica || !isReplica) }) {
            if !sessions.contains(where: { $0 === session }) { sessions.append(session) }
            return session
        }
        let session = ValkeySession(address, .commands, isReplica: isReplica, client: self)
        sessions.append(session)
        session.tick()
        return session
    }

    /// Notes the new owner of a slot; nil when there is no room for one more server.
    func moved(_ redirect: ValkeyRedirect) -> ValkeySession? {
        refreshSoon()
        guard let index = shard(at: redirect.address) else { return nil }
        if Int(redirect.slot) < owners.count { owners[Int(redirect.slot)] = UInt16(index) }
        return shards[index].primary
    }

    /// Who has the keys of a slot that is on its way to it; nil as above. From now on its keys are tracked too.
    func migrating(_ redirect: ValkeyRedirect) -> ValkeySession? { shard(at: redirect.address).map { shards[$0].primary } }

    private func shard(at address: ValkeyAddress) -> Int? {
        if let index = shards.firstIndex(where: { $0.primary.address == address }) { return index }
        guard shards.count < limits.nodes, let session = member(address) else { return nil }
        shards.append(Shard(primary: session, replicas: []))
        updateTrackers()
        return shards.count - 1
    }

    private func retire(_ session: ValkeySession) {
        retired.append(session)
        session.retire()
    }

    // MARK: Tracking

    /// Makes a tracking session for each primary. While none is known those there are go on: only connections for commands may be lost.
    private func updateTrackers() {
        guard tracking != nil, !isShutDown else { return }
        let wanted = mode == .cluster ? shards.map(\.primary.address) : primary.map { [$0.address] } ?? []
        guard !wanted.isEmpty else { return }
        let unwanted = trackers.filter { !wanted.contains($0.address) }
        if !unwanted.isEmpty {
            trackers.removeAll { !wanted.contains($0.address) }
            loseTracking()
            for tracker in unwanted { retire(tracker) }
        }
        for address in wanted where !trackers.contains(where: { $0.address == address }) {
            let tracker = ValkeySession(address, .tracking, client: self)
            trackers.append(tracker)
            tracker.tick()
        }
        updateTracking()
    }

    /// Tells the owner when tracking became whole, or is no more.
    func updateTracking() {
        guard !trackers.isEmpty, trackers.allSatisfy({ $0.isReady }) else { return loseTracking() }
        guard !isTracking else { return }
        isTracking = true
        tracking?.owner.valkeyTrackingRestored()
    }

    /// Also when a primary is one no more: what was read from it may have changed elsewhere.
    private func loseTracking() {
        guard isTracking else { return }
        isTracking = false
        tracking?.owner.valkeyTrackingLost()
    }

    /// Something a server said unasked, on a tracking connection.
    func pushed(_ value: RESPValue) {
        guard let owner = tracking?.owner, let kind = value[0]?.string, kind == "invalidate", let keys = value[1] else { return }
        if keys.isNull { return owner.valkeyInvalidatedAll() }
        for key in keys.children {
            if let name = key.string { owner.valkeyInvalidated(name) }
        }
    }
}
