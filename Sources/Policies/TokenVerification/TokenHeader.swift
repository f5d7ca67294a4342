import Bytes
import JSON

/// A token's header after the checks that need no key (RFC 7515 section 4, RFC 8725 section 3).
struct TokenHeader {
    let algorithm: SignatureAlgorithm
    /// The `kid`, unescaped; nil when the header has none.
    let keyID: [UInt8]?
    /// Whether `typ` is absent or says JWT.
    let isJWT: Bool

    /// Room for a certificate chain that a token may carry along (it is ignored), not for a document.
    static let limits = JSONLimits(bytes: TokenVerifier.maximumTokenBytes, depth: 4, nodes: 128, rejectDuplicateNames: true)

    /// Reads the decoded header. Members that name keys to trust (`jwk`, `jku`, `x5c`, `x5u`) are ignored.
    static func read(_ bytes: ByteView, _ tape: JSONTape) -> Result<TokenHeader, TokenFault> {
        guard tape.parse(bytes, limits: limits) == nil, tape.kind(0) == .object else { return .failure(.header) }
        guard tape.member(of: 0, named: "crit") == nil, tape.member(of: 0, named: "b64") == nil else {
            return .failure(.critical)
        }
        guard let named = tape.member(of: 0, named: "alg") else { return .failure(.algorithm) }
        guard tape.kind(named) == .string else { return .failure(.header) }
        var keyID: [UInt8]?
        if let at = tape.member(of: 0, named: "kid") {
            guard tape.kind(at) == .string else { return .failure(.header) }
            let text = text(at, tape)
            guard !text.isEmpty, text.count <= KeyReader.maximumKeyIDBytes else { return .failure(.header) }
            keyID = text
        }
        var isJWT = true
        if let at = tape.member(of: 0, named: "typ") {
            guard tape.kind(at) == .string else { return .failure(.header) }
            isJWT = text(at, tape).withByteView(saysJWT)
        }
        guard let algorithm = text(named, tape).withByteView({ SignatureAlgorithm(name: $0) }) else {
            return .failure(.algorithm)
        }
        return .success(TokenHeader(algorithm: algorithm, keyID: keyID, isJWT: isJWT))
    }

    /// `JWT` (RFC 7519 section 5.1) or the access token type (RFC 9068 section 2.1); media types have no case.
    private static func saysJWT(_ type: ByteView) -> Bool {
        type.equalsIgnoringCase("JWT") || type.equalsIgnoringCase("at+jwt") || type.equalsIgnoringCase("application/at+jwt")
            || type.equalsIgnoringCase("application/jwt")
    }

    private static func text(_ node: Int, _ tape: JSONTape) -> [UInt8] {
        let out = ByteWriter()
        tape.appendUnescaped(node, to: out)
        return Array(out.view)
    }
}
