import Crypto
import Foundation

/// Writes and signs the tokens, as compact JWS (RFC 7515) with the claims the platform's gateway asks for.
struct TokenMinter: Sendable {
    let issuer: String
    let audience: String

    private struct Header: Encodable {
        var alg = "ES256"
        var typ = "JWT"
        let kid: String
    }

    private struct Claims: Encodable {
        let iss: String
        let aud: String
        let sub: String
        let tenantId: String
        let roles: [String]
        let iat: Int
        let exp: Int
        let jti: String
    }

    /// A signed token for `user`.
    ///
    /// - Parameters:
    ///   - secondsToLive: may be negative: a token that has already expired, to see what the gateway says of it.
    ///   - now: seconds since 1970.
    func token(for user: DemoUser, secondsToLive: Int, now: Int, key: SigningKey) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let claims = Claims(
            iss: issuer, aud: audience, sub: user.id, tenantId: user.tenant, roles: user.roles, iat: now,
            exp: now + secondsToLive, jti: UUID().uuidString.lowercased())
        let input = base64url(try encoder.encode(Header(kid: key.id))) + "." + base64url(try encoder.encode(claims))
        let signature = try key.key.signature(for: Data(input.utf8))
        return input + "." + base64url(signature.rawRepresentation)
    }
}
