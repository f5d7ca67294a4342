public import Bytes

/// Why a bearer token is refused; every case answers 401.
///
/// Neither text holds anything of the token: `code` may label a metric, `description` may be sent to the caller.
public enum TokenFault: UInt8, Error, Sendable, CaseIterable {
    /// No `Authorization: Bearer` was sent; the only case that answers the bare challenge (RFC 6750 section 3.1).
    case missing
    /// The `Authorization` field is a bearer one but not `Bearer` and one token.
    case credentials
    /// Longer than `TokenVerifier.maximumTokenBytes`.
    case tooLong
    /// Not three parts between exactly two dots, or a part is empty.
    case structure
    /// A part is not strict base64url.
    case encoding
    /// The header is not one JSON object with unique names of the expected types.
    case header
    /// The header says `crit` or `b64`: an extension this verifier does not implement (RFC 7515 section 4.1.11, RFC 7797).
    case critical
    /// `typ` is there and neither `JWT` nor `at+jwt`.
    case type
    /// `alg` is absent, unknown, `none`, symmetric, or not on the issuer's list.
    case algorithm
    /// The key that `kid` names is for another algorithm than `alg`.
    case keyAlgorithm
    /// The issuer has no key that `kid` names, also after asking it.
    case unknownKey
    /// The signature does not have the exact length its algorithm and key prescribe, or does not verify.
    case signature
    /// The claims are not one JSON object with unique names.
    case claims
    /// `iss` is absent, not a string, or no issuer of the configuration.
    case issuer
    /// `aud` is absent, malformed, or names none of the issuer's audiences.
    case audience
    /// `exp` is absent or not a time.
    case expiryForm
    /// `exp` has passed.
    case expired
    /// `nbf` or `iat` is there and not a time.
    case timeForm
    /// `nbf` is still to come.
    case notYetValid
    /// `iat` is in the future.
    case issuedInFuture
    /// `sub` is absent, not a string, empty, too long or unfit for a header field.
    case subject
    /// The tenant claim is absent, not a string, empty, too long or unfit for a header field.
    case tenant
    /// `roles` is there and not an array of names fit for a header field.
    case roles

    /// A stable name for metrics, logs and tests.
    public var code: StaticString { texts.code }

    /// One sentence for `error_description`; free of quotes and backslashes, as RFC 6750 section 3 demands.
    public var description: StaticString { texts.description }

    private var texts: (code: StaticString, description: StaticString) {
        switch self {
        case .missing: ("token-missing", "A bearer token is required")
        case .credentials: ("token-credentials", "The Authorization field must be Bearer and one token")
        case .tooLong: ("token-too-long", "The token is longer than 8 KB")
        case .structure: ("token-structure", "The token is not a JWS in compact form")
        case .encoding: ("token-encoding", "A part of the token is not strict base64url")
        case .header: ("token-header", "The token header is malformed")
        case .critical: ("token-critical", "The token uses an extension that is not supported")
        case .type: ("token-type", "The token type is not JWT")
        case .algorithm: ("token-algorithm", "The signature algorithm is not allowed for this issuer")
        case .keyAlgorithm: ("token-key-algorithm", "The signing key is not for this algorithm")
        case .unknownKey: ("token-unknown-key", "The signing key is not known")
        case .signature: ("token-signature", "The signature is not valid")
        case .claims: ("token-claims", "The token claims are malformed")
        case .issuer: ("token-issuer", "The token issuer is not trusted")
        case .audience: ("token-audience", "The token is for another audience")
        case .expiryForm: ("token-expiry-form", "The token has no valid expiry time")
        case .expired: ("token-expired", "The token has expired")
        case .timeForm: ("token-time-form", "A time in the token is malformed")
        case .notYetValid: ("token-not-yet-valid", "The token is not valid yet")
        case .issuedInFuture: ("token-issued-in-future", "The token was issued in the future")
        case .subject: ("token-subject", "The token has no valid subject")
        case .tenant: ("token-tenant", "The token has no valid tenant")
        case .roles: ("token-roles", "The token roles are malformed")
        }
    }

    /// Appends the value of `WWW-Authenticate` (RFC 6750 section 3); `realm` is configuration, without quotes or backslashes.
    public func appendChallenge(realm: ByteView, to out: ByteWriter) {
        guard self != .missing else { return out.append("Bearer") }
        out.append("Bearer realm=\"")
        out.append(realm)
        out.append("\", error=\"invalid_token\", error_description=\"")
        out.append(description)
        out.append("\"")
    }
}
