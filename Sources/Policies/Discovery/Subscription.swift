/// What one client asked for of one kind, and how far it has it.
struct Subscription: Sendable {
    /// An answer about which the client has not said anything yet.
    struct Outstanding: Sendable {
        let nonce: String
        let generation: UInt64
        let version: String
        let names: [String]
    }

    /// Names that one client may ask for of one kind: more than any fleet has clusters.
    static let mostNames = 16_384
    static let wildcard = "*"

    /// Whether everything is asked for.
    private(set) var isWildcard = false
    /// Whether that is so because no name was ever given.
    private var isLegacyWildcard = false
    private(set) var names: Set<String> = []
    /// Names whose resource is sent even if the client has it, or of which it is told that there is none.
    var owed: Set<String> = []
    /// Whether an answer is due even if it holds nothing new: the first one, which waits for no other kind either.
    var isFirst = true
    /// Delta: what the client was told, by name.
    var held: [String: String] = [:]
    /// State of the world: the version of what was sent last.
    var sentVersion: String?
    var acceptedVersion: String?
    /// The set of which the client took this kind last.
    var acceptedGeneration: UInt64?
    var outstanding: Outstanding?
    /// Of the answer that the client judged last; empty before.
    var lastNonce = ""
    /// The client's words about the last answer, if it refused that.
    var refusal: String?

    func includes(_ name: String) -> Bool { isWildcard || names.contains(name) }

    /// Takes the names of a request of state of the world: all of them each time. False when they are too many.
    mutating func take(all requested: [String], kind: DiscoveryKind) -> Bool {
        guard requested.count <= Self.mostNames else { return false }
        if requested.isEmpty {
            // A client that never named anything goes on asking for everything.
            isLegacyWildcard = isFirst ? kind.isWildcardByDefault : isLegacyWildcard
            isWildcard = isLegacyWildcard
            names = []
        } else {
            isLegacyWildcard = false
            isWildcard = requested.contains(Self.wildcard)
            names = Set(requested).subtracting([Self.wildcard])
        }
        return true
    }

    /// Takes the changes of a delta request. False when they are too many.
    mutating func take(added: [String], removed: [String], kind: DiscoveryKind, hasAsked: Bool) -> Bool {
        if !hasAsked, added.isEmpty, kind.isWildcardByDefault { (isWildcard, isLegacyWildcard) = (true, true) }
        for name in added {
            if name == Self.wildcard {
                isWildcard = true
                isLegacyWildcard = false
            } else {
                names.insert(name)
                owed.insert(name)
            }
        }
        for name in removed {
            if name == Self.wildcard {
                isWildcard = false
                held = held.filter { names.contains($0.key) }
            } else {
                names.remove(name)
                // Whoever asks for everything is told what became of the name.
                if isWildcard { owed.insert(name) } else { forget(name) }
            }
        }
        return names.count + owed.count <= Self.mostNames
    }

    private mutating func forget(_ name: String) {
        held[name] = nil
        owed.remove(name)
    }
}
