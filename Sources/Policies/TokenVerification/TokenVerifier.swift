public import Bytes
import JSON

/// Verifies tokens the slow way: strict header, signature, claims.
///
/// One event loop owns one verifier and calls it only when its `TokenCache` does not know the token; the scratch memory is
/// reused. Not thread-safe. Follows RFC 7515, RFC 7519 and the advice of RFC 8725.
public final class TokenVerifier {
    /// Longest token: a head has room for it beside its other fields, and no identity provider in use comes near.
    public static let maximumTokenBytes = 8192
    /// Clock difference that is tolerated on `exp`, `nbf` and `iat`, in seconds.
    public static let leeway: Int64 = 5
    /// Keys tried for a token without `kid`: two during a rotation, doubled.
    static let maximumCandidates = 4

    private let hash: KeyedHash
    private let headerTape = JSONTape()
    private let claimsTape = JSONTape()
    private let headerBytes = ByteWriter()
    private let claimBytes = ByteWriter()
    private let signatureBytes = ByteWriter()

    /// A verifier whose identities carry hashes by `hash`.
    public init(hash: KeyedHash) { self.hash = hash }

    /// Checks a token against the keys of `ring` at `now`, in seconds since 1970.
    public func verify(_ token: ByteView, ring: KeyRing, now: Int64) -> TokenVerdict {
        let parts: CompactToken
        let header: TokenHeader
        switch readHeader(token) {
        case .failure(let fault): return .refused(fault)
        case .success(let read): (parts, header) = read
        }
        guard header.isJWT else { return .refused(.type) }
        claimBytes.removeAll()
        guard Base64URL.decode(parts.payload, into: claimBytes) else { return .refused(.encoding) }
        let claims: ClaimReader
        switch ClaimReader.read(claimBytes.view, claimsTape) {
        case .failure(let fault): return .refused(fault)
        case .success(let read): claims = read
        }
        guard let issuer = ring.issuers.firstIndex(where: { $0.name.withByteView(claims.isIssued) }) else {
            return .refused(.issuer)
        }
        switch checkSignature(parts, header, ring, issuer) {
        case .refused(let fault): return .refused(fault)
        case .unknown:
            return .unknownKey(UnknownKey(issuer: issuer, issuerName: ring.rule(issuer).issuer, keyID: header.keyID))
        case .signed(let key):
            switch claims.identity(for: ring.issuers[issuer], at: now) {
            case .failure(let fault): return .refused(fault)
            case .success(let person):
                return .accepted(
                    Identity(
                        subject: person.subject.view, tenant: person.tenant.view, roles: person.roles,
                        expiresAt: person.expiresAt, issuer: issuer, key: key, hash: hash))
            }
        }
    }

    /// Checks header and signature alone, with the keys of one issuer, whatever the payload is; nil when they hold.
    public func signatureFault(_ token: ByteView, ring: KeyRing, issuer: Int) -> TokenFault? {
        switch readHeader(token) {
        case .failure(let fault): return fault
        case .success(let (parts, header)):
            switch checkSignature(parts, header, ring, issuer) {
            case .signed: return nil
            case .refused(let fault): return fault
            case .unknown: return .unknownKey
            }
        }
    }

    /// What can be said of a token before any key is touched.
    private func readHeader(_ token: ByteView) -> Result<(CompactToken, TokenHeader), TokenFault> {
        guard token.count <= Self.maximumTokenBytes else { return .failure(.tooLong) }
        guard let parts = CompactToken(token) else { return .failure(.structure) }
        headerBytes.removeAll()
        guard Base64URL.decode(parts.header, into: headerBytes) else { return .failure(.encoding) }
        return TokenHeader.read(headerBytes.view, headerTape).map { (parts, $0) }
    }

    private enum Signed {
        case signed(KeyIdentity)
        case refused(TokenFault)
        case unknown
    }

    private func checkSignature(_ parts: CompactToken, _ header: TokenHeader, _ ring: KeyRing, _ issuer: Int) -> Signed {
        let issuer = ring.issuers[issuer]
        guard issuer.rule.algorithms.contains(header.algorithm) else { return .refused(.algorithm) }
        signatureBytes.removeAll()
        guard Base64URL.decode(parts.signature, into: signatureBytes) else { return .refused(.encoding) }
        var named = false
        var tried = 0
        for entry in issuer.keys where header.keyID == nil || entry.key.keyID == header.keyID {
            named = true
            guard entry.key.algorithms.contains(header.algorithm) else { continue }
            tried += 1
            guard tried <= Self.maximumCandidates else { break }
            if entry.key.verifies(signatureBytes.view, of: parts.signingInput, by: header.algorithm) {
                return .signed(entry.identity)
            }
        }
        if tried > 0 { return .refused(.signature) }
        return named && header.keyID != nil ? .refused(.keyAlgorithm) : .unknown
    }
}
