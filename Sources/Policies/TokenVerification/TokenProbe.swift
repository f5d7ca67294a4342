public import Bytes

/// The verifier's answers in the shape that the test probe prints; the calls are the gateway's own.
public enum TokenProbe {
    /// Why header or signature of a token is refused by the keys of one set, as a code; nil when both hold.
    public static func jws(jwks: ByteView, token: ByteView, algorithms: SignatureAlgorithms = .all) -> String? {
        switch KeySet.parse(jwks) {
        case .failure(let fault): return fault.code
        case .success(let keys):
            let ring = KeyRing([(IssuerRule(issuer: "", algorithms: algorithms), keys)])
            return TokenVerifier(hash: KeyedHash(seed: 0)).signatureFault(token, ring: ring, issuer: 0)?.code.description
        }
    }

    /// Who a token speaks for under one issuer's rule at `now` (seconds since 1970), or why it is refused, as a code.
    public static func jwt(jwks: ByteView, token: ByteView, rule: IssuerRule, now: Int64) -> (
        identity: Identity?, reason: String?
    ) {
        switch KeySet.parse(jwks) {
        case .failure(let fault): return (nil, fault.code)
        case .success(let keys):
            switch TokenVerifier(hash: KeyedHash(seed: 0)).verify(token, ring: KeyRing([(rule, keys)]), now: now) {
            case .accepted(let identity): return (identity, nil)
            case .refused(let fault): return (nil, fault.code.description)
            case .unknownKey: return (nil, TokenFault.unknownKey.code.description)
            }
        }
    }
}
