import TokenVerification

/// What a key store knows, changed only under its lock.
struct KeyStoreState {
    var policy = KeyRefreshPolicy()
    var issuers: [KeyStore.Issuer] = []
    /// The keys in use by the issuer's `name`.
    var held: [String: KeySet] = [:]
    /// Requests parked until the issuer's fetch is over.
    var waiting: [String: [@Sendable (KeyRing) -> Void]] = [:]
    var ring = KeyRing([])

    /// Records how a fetch went; answers what to report and who waited for it.
    mutating func finish(
        _ issuer: KeyStore.Issuer, _ answer: Result<KeySet?, KeySourceFault>, now: Int64, chance: Double,
        hash: ([UInt8]?) -> UInt64
    ) -> (KeyStore.Event?, [@Sendable (KeyRing) -> Void]) {
        let waiters = waiting.removeValue(forKey: issuer.name) ?? []
        guard issuers.contains(where: { $0.name == issuer.name }) else { return (nil, waiters) }
        var event: KeyStore.Event?
        switch answer {
        case .failure(let fault):
            event = .failed(issuer: issuer.rule.issuer, keys: held[issuer.name]?.keys.count ?? 0, fault)
        case .success(let set?) where !(held[issuer.name]?.hasSameKeys(as: set) ?? false):
            held[issuer.name] = set
            event = .loaded(issuer: issuer.rule.issuer, keys: set.keys.count, findings: set.findings)
            renewRing()
        case .success: break
        }
        let keys = held[issuer.name]?.keys ?? []
        var succeeded = !keys.isEmpty
        if case .failure = answer { succeeded = false }
        policy.finished(issuer: issuer.name, succeeded: succeeded, now: now, chance: chance) { wanted in
            keys.contains { hash($0.keyID) == wanted }
        }
        return (event, waiters)
    }

    /// Makes the ring of what is configured and held now.
    mutating func renewRing() {
        ring = KeyRing(issuers.map { ($0.rule, held[$0.name]) }, generation: ring.generation + 1)
    }
}
