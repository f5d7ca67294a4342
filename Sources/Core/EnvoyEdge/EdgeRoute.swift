/// What Envoy must know of requests below a path.
struct EdgeRoute: Sendable, Hashable {
    /// Facts by which Envoy treats requests differently.
    struct Facts: Sendable, Hashable {
        /// Seconds of silence after which the stream is given up; 0 never does.
        var idleSeconds: Int64
        /// Whether it may pass without a token; nil where nobody asks.
        var isPublic: Bool?
        /// Whether Envoy asks about limits; the gateway's own endpoints have none.
        var isLimited = false
        /// The path of the deprecated version below which it is; nil for others.
        var version: String?

        /// Facts that are wrong for neither: whoever waits longer or asks less leaves the decision to the gateway. Only what Envoy counts is
        /// counted, and so both are.
        func merged(with other: Facts) -> Facts {
            let isPublic = isPublic.flatMap { own in other.isPublic.map { own || $0 } }
            return Facts(
                idleSeconds: max(idleSeconds, other.idleSeconds), isPublic: isPublic, isLimited: isLimited || other.isLimited,
                version: version == other.version ? version : nil)
        }
    }

    /// The path itself and all below it; `/` is everything.
    var prefix: String
    /// Whether it is for requests that ask for an upgrade.
    var isUpgrade = false
    /// The methods it is for, sorted; empty for all.
    var methods: [String] = []
    var facts: Facts

    /// Which requests it is for.
    struct Place: Hashable {
        let prefix: String
        let isUpgrade: Bool
        let methods: [String]
    }

    var place: Place { Place(prefix: prefix, isUpgrade: isUpgrade, methods: methods) }
}
