public import Discovery
import Synchronization

/// The Envoys that are connected, over all loops: how far each is, and what is told of them.
public final class EnvoyFleet: Sendable {
    /// One stream of an Envoy.
    public struct Member: Sendable, Hashable {
        /// Unique in the process.
        public let id: UInt64
        /// As it says itself; empty before its first request.
        public var node = DiscoveryNode()
        /// Address and port.
        public let peer: String
        public let variant: DiscoveryVariant
        public let connected: ContinuousClock.Instant
        public var kinds: [DiscoverySession.KindStatus] = []
        /// The newest generation of which it has taken all; nil before the first.
        public var generation: UInt64?
        /// Since when it lacks something; nil when it does not.
        public var behind: ContinuousClock.Instant?

        /// Whether it has lacked something for so long that nobody waits for it any more.
        public func isBroken(grace: Duration, now: ContinuousClock.Instant = .now) -> Bool {
            behind.map { now - $0 >= grace } ?? false
        }
    }

    /// What happens to members, told on the loop it happens on.
    public enum Event: Sendable {
        case connected(Member)
        case refused(Member, DiscoveryRefusal)
        /// It has taken all of a generation.
        case synchronized(UInt64, generation: UInt64)
        case left(Member)
    }

    /// How long an Envoy that once had everything may take for a change until it counts as behind: an update under way is no loss
    /// of synchrony, and a gateway that is not ready for the milliseconds of each would be taken out of service for it.
    static let patience = Duration.seconds(1)

    private struct State {
        var members: [UInt64: Member] = [:]
        var counts = Counts()
    }

    /// What was counted since the start.
    public struct Counts: Sendable, Hashable {
        public var streams = 0
        public var answers = 0
        public var acknowledged = 0
        public var refused = 0
        public var stale = 0
        public var faults = 0
        public var bytes = 0
    }

    private let state = Mutex(State())
    private let lastID = Atomic<UInt64>(0)
    private let report: @Sendable (Event) -> Void

    /// - Parameter report: Must not block.
    public init(report: @escaping @Sendable (Event) -> Void) { self.report = report }

    /// By connection, the oldest first.
    public var members: [Member] { state.withLock { $0.members.values.sorted { $0.id < $1.id } } }

    public var counts: Counts { state.withLock { $0.counts } }

    /// Whether some Envoy lacks something of the newest generation, and has not done so for longer than `grace`.
    public func isBehind(grace: Duration, now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            state.members.values.contains { member in
                guard let behind = member.behind, !member.isBroken(grace: grace, now: now) else { return false }
                return member.generation == nil || now - behind >= Self.patience
            }
        }
    }

    func join(peer: String, variant: DiscoveryVariant) -> Member {
        var member = Member(
            id: lastID.wrappingAdd(1, ordering: .relaxed).newValue, peer: peer, variant: variant, connected: .now)
        member.behind = member.connected
        let joined = member
        state.withLock { state in
            state.members[joined.id] = joined
            state.counts.streams += 1
        }
        return joined
    }

    /// Takes how far a member is now.
    func update(_ id: UInt64, _ session: DiscoverySession, generation: UInt64, isSynchronized: Bool) {
        let isNew = state.withLock { state -> Bool in
            guard var member = state.members[id] else { return false }
            member.node = session.node
            member.kinds = session.kinds
            if isSynchronized {
                member.behind = nil
            } else if member.behind == nil {
                member.behind = .now
            }
            let isNew = isSynchronized && member.generation != generation
            if isNew { member.generation = generation }
            state.members[id] = member
            return isNew
        }
        if isNew { report(.synchronized(id, generation: generation)) }
    }

    func count(_ change: (inout Counts) -> Void) { state.withLock { change(&$0.counts) } }

    func hello(_ id: UInt64) {
        if let member = state.withLock({ $0.members[id] }) { report(.connected(member)) }
    }

    func refused(_ id: UInt64, _ refusal: DiscoveryRefusal) {
        let member = state.withLock { state -> Member? in
            state.counts.refused += 1
            return state.members[id]
        }
        if let member { report(.refused(member, refusal)) }
    }

    func leave(_ id: UInt64) {
        if let member = state.withLock({ $0.members.removeValue(forKey: id) }) { report(.left(member)) }
    }
}
