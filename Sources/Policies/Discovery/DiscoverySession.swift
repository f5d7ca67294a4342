/// One stream of a client: what it asked for, what it was told, and what it must be told next.
///
/// A state machine without I/O. For each request the owner calls `receive`, and after it, or when the set changes, `next` until
/// that has nothing more. Of each kind one answer is under way at a time, so that changes that come faster than a client
/// takes them become one. A kind waits until those before it are settled, and what others referred to is removed only after all is
/// settled: at no time does a client know something that refers to what it does not know (xDS protocol, "Eventual consistency
/// considerations").
public struct DiscoverySession: Sendable {
    /// Types without resources here that one client may ask for; Envoy knows about a dozen.
    private static let mostForeignTypes = 32
    /// Bytes of a client's words that are kept.
    private static let refusalBytes = 2048

    public let variant: DiscoveryVariant
    /// From the first request.
    public private(set) var node = DiscoveryNode()
    private var subscriptions: [Subscription?]
    private var foreign: Set<String> = []
    private var foreignDue: [String] = []
    private var lastNonce: UInt64 = 0
    /// State of the world: the resources that others may refer to, as they were sent last, by kind.
    private var kept: [[DiscoveryResource]]

    public init(_ variant: DiscoveryVariant) {
        self.variant = variant
        subscriptions = DiscoveryKind.allCases.map { _ in nil }
        kept = DiscoveryKind.allCases.map { _ in [] }
    }

    // MARK: What the client says

    /// Takes a request.
    public mutating func receive(_ request: DiscoveryRequest, in set: DiscoverySet) -> DiscoveryVerdict {
        if let node = request.node { self.node = node }
        guard !request.typeURL.isEmpty else { return .invalid("a request on an aggregated stream names its type") }
        guard let kind = DiscoveryKind(typeURL: request.typeURL) else { return receiveForeign(request) }
        let isNew = subscriptions[kind.rawValue] == nil
        var subscription = subscriptions[kind.rawValue] ?? Subscription()
        defer { subscriptions[kind.rawValue] = subscription }
        let verdict: DiscoveryVerdict
        switch variant {
        case .stateOfTheWorld:
            // What a client of a stream that ended says of its answers has no meaning here.
            if !isNew, request.nonce != (subscription.outstanding?.nonce ?? subscription.lastNonce) { return .stale }
            let before = isNew ? [] : content(kind, subscription, set)
            verdict = Self.judge(request, kind, &subscription)
            guard subscription.take(all: request.names, kind: kind) else { return .invalid("too many names") }
            let after = content(kind, subscription, set)
            if isNew {
                adoptKnown(request.version, after, set, &subscription)
            } else if subscription.outstanding == nil, after.count < before.count {
                shrink(from: before, to: after, &subscription)
            }
        case .delta:
            verdict = Self.judge(request, kind, &subscription)
            if isNew { subscription.held = request.known }
            let isTaken = subscription.take(
                added: request.names, removed: request.unsubscribed, kind: kind, hasAsked: !isNew)
            guard isTaken, subscription.held.count <= Subscription.mostNames else { return .invalid("too many names") }
            if isNew {
                // What the client holds in the newest version it need not be sent again.
                subscription.owed = subscription.owed.filter { subscription.held[$0] == nil }
                subscription.held = subscription.held.filter { subscription.includes($0.key) }
            }
        }
        return verdict
    }

    private static func judge(
        _ request: DiscoveryRequest, _ kind: DiscoveryKind, _ subscription: inout Subscription
    ) -> DiscoveryVerdict {
        guard !request.nonce.isEmpty else { return .none }
        guard let answer = subscription.outstanding, answer.nonce == request.nonce else {
            return subscription.outstanding == nil && request.nonce == subscription.lastNonce ? .none : .stale
        }
        subscription.outstanding = nil
        subscription.lastNonce = answer.nonce
        guard let words = request.refusal else {
            subscription.acceptedVersion = answer.version
            subscription.acceptedGeneration = answer.generation
            subscription.refusal = nil
            return .acknowledged
        }
        let message = String(decoding: words.utf8.prefix(refusalBytes), as: UTF8.self)
        subscription.refusal = message
        return .refused(
            DiscoveryRefusal(
                kind: kind, message: message, names: answer.names, generation: answer.generation,
                accepted: subscription.acceptedGeneration))
    }

    /// A client that connects again and has what it would be sent needs no answer.
    private func adoptKnown(
        _ version: String, _ content: [DiscoveryResource], _ set: DiscoverySet, _ subscription: inout Subscription
    ) {
        guard !version.isEmpty, version == DiscoverySet.version(of: content) else { return }
        subscription.isFirst = false
        subscription.sentVersion = version
        subscription.acceptedVersion = version
        subscription.acceptedGeneration = set.generation
    }

    /// A client that asks for less than before, and had it all, has what it asks for.
    private func shrink(from before: [DiscoveryResource], to after: [DiscoveryResource], _ subscription: inout Subscription) {
        guard subscription.sentVersion == DiscoverySet.version(of: before) else { return }
        let names = Set(before.map(\.name))
        guard after.allSatisfy({ names.contains($0.name) }) else { return }
        let isAccepted = subscription.acceptedVersion == subscription.sentVersion
        subscription.sentVersion = DiscoverySet.version(of: after)
        if isAccepted { subscription.acceptedVersion = subscription.sentVersion }
    }

    /// Types of which there are no resources: the client is told so once, and need not wait for any.
    private mutating func receiveForeign(_ request: DiscoveryRequest) -> DiscoveryVerdict {
        guard foreign.insert(request.typeURL).inserted else { return .none }
        guard foreign.count <= Self.mostForeignTypes else { return .invalid("too many types") }
        foreignDue.append(request.typeURL)
        return .none
    }

    // MARK: What the client is told

    /// The next answer; nil when there is none now.
    public mutating func next(in set: DiscoverySet) -> DiscoveryResponse? {
        if let typeURL = foreignDue.popLast() {
            return DiscoveryResponse(typeURL: typeURL, version: "0", nonce: nonce(), resources: [], removed: [])
        }
        var isSettled = true
        for kind in DiscoveryKind.allCases {
            guard let subscription = subscriptions[kind.rawValue] else { continue }
            if subscription.outstanding == nil, isSettled || subscription.isFirst, let answer = answer(kind, set, removes: false)
            {
                return answer
            }
            if subscription.outstanding != nil { isSettled = false }
        }
        guard isSettled else { return nil }
        defer { noteAccepted(set) }
        for kind in DiscoveryKind.allCases.reversed() where kind.isReferredTo {
            if let answer = answer(kind, set, removes: true) { return answer }
        }
        return nil
    }

    /// Whether the client has taken all of a set that it asked for.
    public func isSynchronized(with set: DiscoverySet) -> Bool {
        guard foreignDue.isEmpty else { return false }
        for kind in DiscoveryKind.allCases {
            guard let subscription = subscriptions[kind.rawValue] else { continue }
            if subscription.outstanding != nil || subscription.isFirst || subscription.refusal != nil { return false }
            switch variant {
            case .stateOfTheWorld:
                if subscription.sentVersion != DiscoverySet.version(of: content(kind, subscription, set)) { return false }
            case .delta:
                let changes = changes(kind, subscription, set, removes: true)
                if !changes.resources.isEmpty || !changes.removed.isEmpty { return false }
            }
        }
        return true
    }

    private mutating func answer(_ kind: DiscoveryKind, _ set: DiscoverySet, removes: Bool) -> DiscoveryResponse? {
        guard var subscription = subscriptions[kind.rawValue], subscription.outstanding == nil else { return nil }
        let made: DiscoveryResponse?
        switch variant {
        case .stateOfTheWorld: made = answerWhole(kind, set, &subscription, removes: removes)
        case .delta: made = answerChanges(kind, set, &subscription, removes: removes)
        }
        guard let made else { return nil }
        subscription.isFirst = false
        subscriptions[kind.rawValue] = subscription
        // An Envoy that is told a cluster again asks nobody for its endpoints and waits for them all the same.
        if kind == .cluster, !removes, !made.resources.isEmpty { oweEndpoints() }
        return made
    }

    /// Who has nothing to be told of a set has taken it.
    private mutating func noteAccepted(_ set: DiscoverySet) {
        for index in subscriptions.indices {
            guard let subscription = subscriptions[index], subscription.outstanding == nil, subscription.refusal == nil else {
                continue
            }
            subscriptions[index]?.acceptedGeneration = set.generation
        }
    }

    private mutating func oweEndpoints() {
        guard var subscription = subscriptions[DiscoveryKind.endpoints.rawValue] else { return }
        switch variant {
        case .stateOfTheWorld: subscription.sentVersion = nil
        case .delta: subscription.owed.formUnion(subscription.held.keys)
        }
        subscriptions[DiscoveryKind.endpoints.rawValue] = subscription
    }

    /// What a client that asked so is to hold of a kind, by name.
    private func content(_ kind: DiscoveryKind, _ subscription: Subscription, _ set: DiscoverySet) -> [DiscoveryResource] {
        let all = set.resources(kind)
        return subscription.isWildcard ? all : all.filter { subscription.names.contains($0.name) }
    }

    private mutating func answerWhole(
        _ kind: DiscoveryKind, _ set: DiscoverySet, _ subscription: inout Subscription, removes: Bool
    ) -> DiscoveryResponse? {
        var content = content(kind, subscription, set)
        if kind.isReferredTo, !removes {
            let stay = kept[kind.rawValue].filter { subscription.includes($0.name) && set.resource(kind, $0.name) == nil }
            if !stay.isEmpty { content = (content + stay).sorted { $0.name < $1.name } }
        }
        let version = DiscoverySet.version(of: content)
        guard subscription.isFirst || subscription.sentVersion != version else { return nil }
        if kind.isReferredTo { kept[kind.rawValue] = content }
        subscription.sentVersion = version
        let nonce = nonce()
        subscription.outstanding = .init(
            nonce: nonce, generation: set.generation, version: version, names: content.map(\.name))
        return DiscoveryResponse(typeURL: kind.typeURL, version: version, nonce: nonce, resources: content, removed: [])
    }

    private mutating func answerChanges(
        _ kind: DiscoveryKind, _ set: DiscoverySet, _ subscription: inout Subscription, removes: Bool
    ) -> DiscoveryResponse? {
        let found = changes(kind, subscription, set, removes: removes || !kind.isReferredTo)
        guard subscription.isFirst || !found.resources.isEmpty || !found.removed.isEmpty else { return nil }
        for resource in found.resources { subscription.held[resource.name] = resource.version }
        for name in found.removed { subscription.held[name] = nil }
        subscription.owed.subtract(found.resources.map(\.name))
        subscription.owed.subtract(found.removed)
        let version = set.version(kind)
        subscription.sentVersion = version
        let nonce = nonce()
        subscription.outstanding = .init(
            nonce: nonce, generation: set.generation, version: version, names: found.resources.map(\.name) + found.removed)
        return DiscoveryResponse(
            typeURL: kind.typeURL, version: version, nonce: nonce, resources: found.resources, removed: found.removed)
    }

    /// What a client of the delta variant does not have yet, and has too much.
    private func changes(
        _ kind: DiscoveryKind, _ subscription: Subscription, _ set: DiscoverySet, removes: Bool
    ) -> (resources: [DiscoveryResource], removed: [String]) {
        let resources = content(kind, subscription, set).filter {
            subscription.held[$0.name] != $0.version || subscription.owed.contains($0.name)
        }
        // Names that never were: the client waits to hear that.
        var removed = subscription.owed.filter { set.resource(kind, $0) == nil && (removes || subscription.held[$0] == nil) }
        if removes { removed.formUnion(subscription.held.keys.filter { set.resource(kind, $0) == nil }) }
        return (resources, removed.sorted())
    }

    private mutating func nonce() -> String {
        lastNonce += 1
        return String(lastNonce)
    }

    // MARK: Reports

    /// How far a client is with one kind.
    public struct KindStatus: Sendable, Hashable {
        public let kind: DiscoveryKind
        /// Of what was sent last; nil before.
        public let sent: String?
        /// Of what was accepted last; nil before.
        public let accepted: String?
        /// Whether an answer is under way.
        public let isWaiting: Bool
        /// The client's words, when it refused the last answer.
        public let refusal: String?
    }

    /// The kinds the client asked for, in order.
    public var kinds: [KindStatus] {
        zip(DiscoveryKind.allCases, subscriptions).compactMap { kind, subscription in
            subscription.map {
                KindStatus(
                    kind: kind, sent: $0.sentVersion, accepted: $0.acceptedVersion, isWaiting: $0.outstanding != nil,
                    refusal: $0.refusal)
            }
        }
    }
}
