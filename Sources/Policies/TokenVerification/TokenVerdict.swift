/// What the verifier says about a token.
public enum TokenVerdict: Sendable {
    /// Signature and claims hold.
    case accepted(Identity)
    /// The token is bad and stays bad.
    case refused(TokenFault)
    /// Everything that can be checked without the key holds, and the ring has no such key: it may be a new one.
    ///
    /// The caller may park the request, ask the issuer once (`KeyRefreshPolicy`) and verify again; without success the
    /// answer is `TokenFault.unknownKey`.
    case unknownKey(UnknownKey)
}

/// A key that a token names and the ring does not have.
public struct UnknownKey: Sendable, Hashable {
    /// The issuer's index in the ring that was asked.
    public let issuer: Int
    /// The issuer's `iss`.
    public let issuerName: String
    /// The `kid`; nil when the token names none and the issuer has no key of the algorithm.
    public let keyID: [UInt8]?

    public init(issuer: Int, issuerName: String, keyID: [UInt8]?) {
        self.issuer = issuer
        self.issuerName = issuerName
        self.keyID = keyID
    }
}
