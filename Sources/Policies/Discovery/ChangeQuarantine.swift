/// Finds whose change it is that Envoys refuse, and withholds that change alone until it is another.
///
/// What Envoys are told is composed of parts of owners: modules, services, listeners. When a client refuses a composition, the
/// suspects are the parts that are new to that client. Of several the culprit is found by offering them to it in halves. Meanwhile
/// everything else goes on with its newest part, and whoever is withheld with the part that was last taken.
public struct ChangeQuarantine<Part: Hashable & Sendable>: Sendable {
    /// A part that is withheld.
    public struct Culprit: Sendable, Hashable {
        public let owner: String
        /// What was refused.
        public let part: Part
        /// What is said instead; nil for nothing.
        public let instead: Part?
        public let kind: DiscoveryKind
        /// The client's words.
        public let message: String
        /// Who refused it.
        public let node: String
    }

    /// The search among several suspects, which one client judges.
    private struct Trial: Sendable {
        let judge: UInt64
        let base: [String: Part]
        var offered: [String]
        var waiting: [[String]]
        /// The first generation that is composed so; nil until there is one.
        var generation: UInt64?
    }

    /// Generations whose compositions are remembered: a client that is further behind is judged by what others took.
    private static var mostGenerations: UInt64 { 64 }

    private var latest: [String: Part] = [:]
    private var compositions: [UInt64: [String: Part]] = [:]
    /// What some client has taken whole.
    private var taken: [String: Part] = [:]
    private var trial: Trial?
    /// By owner.
    public private(set) var culprits: [String: Culprit] = [:]

    public init() {}

    /// Whether a culprit is being looked for.
    public var isSearching: Bool { trial != nil }

    /// What to tell now, by owner.
    private var composition: [String: Part] {
        guard !culprits.isEmpty || trial != nil else { return latest }
        var composition = latest
        if let trial { for owner in trial.waiting.joined() { composition[owner] = trial.base[owner] } }
        for (owner, culprit) in culprits { composition[owner] = culprit.instead }
        return composition
    }

    /// Takes the newest parts of all owners. Culprits that changed, or are gone, are culprits no more.
    public mutating func update(_ parts: [String: Part]) {
        culprits = culprits.filter { parts[$0.key] == $0.value.part }
        if var search = trial {
            // What changes during a search is offered after it.
            let changed = parts.filter { latest[$0.key] != $0.value }.keys.sorted()
            let isSettled = { (owner: String) in parts[owner] != nil && !changed.contains(owner) }
            search.offered.removeAll { !isSettled($0) }
            search.waiting = search.waiting.map { $0.filter(isSettled) }
            search.waiting.append(changed)
            search.generation = nil
            trial = search
            if search.offered.isEmpty { advance() }
        }
        latest = parts
    }

    /// What to tell clients as a generation, by owner; generations only grow.
    public mutating func compose(_ generation: UInt64) -> [String: Part] {
        let composition = composition
        compositions[generation] = composition
        compositions = compositions.filter { $0.key + Self.mostGenerations > generation }
        if trial?.generation == nil { trial?.generation = generation }
        return composition
    }

    /// What a generation was composed of; nil when that is forgotten.
    public func composition(of generation: UInt64) -> [String: Part]? { compositions[generation] }

    /// Takes a client's refusal.
    ///
    /// - Parameters:
    ///   - owners: Who had a part in the answer that was refused.
    ///   - hint: Whom the client's words point at; may be empty.
    /// - Returns: Whether the composition is another now.
    public mutating func refused(
        _ refusal: DiscoveryRefusal, by stream: UInt64, node: String, owners: Set<String>, hint: Set<String>
    ) -> Bool {
        if let search = trial {
            guard search.judge == stream, let since = search.generation, refusal.generation >= since else { return false }
            if search.offered.count == 1 {
                convict(search.offered[0], refusal, node, base: search.base)
            } else {
                let half = search.offered.count / 2
                trial?.waiting.insert(contentsOf: [Array(search.offered[..<half]), Array(search.offered[half...])], at: 0)
            }
            advance()
            return true
        }
        guard let refusedParts = compositions[refusal.generation] else { return false }
        // It was on its way when its culprit was found.
        guard !culprits.values.contains(where: { refusedParts[$0.owner] == $0.part }) else { return false }
        let base = refusal.accepted.flatMap { compositions[$0] } ?? taken
        var suspects = owners.filter { owner in
            guard let part = refusedParts[owner] else { return false }
            return part != base[owner] && latest[owner] == part
        }
        let hinted = suspects.intersection(hint)
        if !hinted.isEmpty { suspects = hinted }
        guard !suspects.isEmpty else { return false }
        if suspects.count == 1, let owner = suspects.first {
            convict(owner, refusal, node, base: base)
            return true
        }
        let order = suspects.sorted()
        trial = Trial(
            judge: stream, base: base, offered: Array(order[..<(order.count / 2)]), waiting: [Array(order[(order.count / 2)...])])
        return true
    }

    private mutating func convict(_ owner: String, _ refusal: DiscoveryRefusal, _ node: String, base: [String: Part]) {
        guard let part = latest[owner] else { return }
        culprits[owner] = Culprit(
            owner: owner, part: part, instead: base[owner], kind: refusal.kind, message: refusal.message, node: node)
    }

    private mutating func advance() {
        trial?.generation = nil
        trial?.offered = []
        while let search = trial, search.offered.isEmpty {
            guard let next = search.waiting.first else {
                trial = nil
                return
            }
            trial?.waiting.removeFirst()
            trial?.offered = next
        }
    }

    /// Takes that a client has all of a generation. Answers whether the composition is another now.
    public mutating func synchronized(_ stream: UInt64, with generation: UInt64) -> Bool {
        if let composition = compositions[generation] { taken = composition }
        guard let search = trial, search.judge == stream, let since = search.generation, generation >= since else { return false }
        advance()
        return true
    }

    /// Takes that a client is gone. Without its judge a search ends, and everything is offered again.
    public mutating func left(_ stream: UInt64) -> Bool {
        guard trial?.judge == stream else { return false }
        trial = nil
        return true
    }

    /// Offers what is withheld once more: what an Envoy refuses may lie in its own surroundings, such as an address in use.
    public mutating func retry() -> Bool {
        guard trial == nil, !culprits.isEmpty else { return false }
        culprits = [:]
        return true
    }
}
