import Bytes

/// Every key that may vouch for a token now, by issuer; immutable, replaced whole.
public final class KeyRing: Sendable {
    /// Grows with each ring a process publishes; a token cache compares it to know that it must sweep.
    public let generation: UInt64
    let issuers: [Issuer]
    private let identities: Set<KeyIdentity>

    /// An issuer's rule, ready to compare, and its keys.
    struct Issuer: Sendable {
        let rule: IssuerRule
        let name: [UInt8]
        let audiences: [[UInt8]]
        let tenantClaim: [UInt8]
        let rolesClaim: [UInt8]
        let keys: [Entry]
    }

    /// A key and its name inside this ring.
    struct Entry: Sendable {
        let key: VerificationKey
        let identity: KeyIdentity
    }

    /// A ring of the given rules, each with the set it holds or nil while none has been loaded.
    ///
    /// Of two rules for one issuer the first counts; configuration reports the second.
    public init(_ issuers: [(rule: IssuerRule, keys: KeySet?)], generation: UInt64 = 0) {
        self.generation = generation
        self.issuers = issuers.map { issuer in
            let fingerprint = issuer.rule.fingerprint
            return Issuer(
                rule: issuer.rule, name: Array(issuer.rule.issuer.utf8), audiences: issuer.rule.audiences.map { Array($0.utf8) },
                tenantClaim: Array(issuer.rule.tenantClaim.utf8), rolesClaim: Array(issuer.rule.rolesClaim.utf8),
                keys: (issuer.keys?.keys ?? []).map { Entry(key: $0, identity: KeyIdentity(rule: fingerprint, key: $0)) })
        }
        identities = Set(self.issuers.flatMap { $0.keys.map(\.identity) })
    }

    /// Number of issuers; their indices are `0..<issuerCount`.
    public var issuerCount: Int { issuers.count }

    /// Number of keys of all issuers together.
    public var keyCount: Int { issuers.reduce(0) { $0 + $1.keys.count } }

    /// The rule of an issuer; traps outside `0..<issuerCount`.
    public func rule(_ issuer: Int) -> IssuerRule { issuers[issuer].rule }

    /// Whether the key is still there, under the same rule.
    public func contains(_ identity: KeyIdentity) -> Bool { identities.contains(identity) }

    /// Whether the issuer at `issuer` has a key of that name; false for an index the ring does not have.
    public func hasKey(issuer: Int, keyID: [UInt8]) -> Bool {
        issuers.indices.contains(issuer) && issuers[issuer].keys.contains { $0.key.keyID == keyID }
    }
}
