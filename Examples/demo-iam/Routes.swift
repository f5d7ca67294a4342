import Foundation
import Hummingbird

/// What `POST /token` reads.
struct TokenRequest: Decodable, Sendable {
    /// `name@tenant`, one of the directory's logins.
    let user: String
    /// Seconds until the token expires, from -3600 to 86400; nil means an hour.
    let expiresIn: Int?
}

/// What `POST /token` answers, in the names of RFC 6749 section 5.1.
struct TokenResponse: ResponseEncodable, Sendable {
    let access_token: String
    let token_type: String
    let expires_in: Int
}

private struct KeySet: ResponseEncodable {
    let keys: [WebKey]
}

private struct UserList: ResponseEncodable {
    let users: [String]
}

private struct Rotation: ResponseEncodable {
    let kid: String
}

private struct Liveness: ResponseEncodable {
    let status: String
}

func iamRouter(store: KeyStore, minter: TokenMinter) -> Router<BasicRequestContext> {
    let router = Router()
    router.get("/live") { _, _ in Liveness(status: "ok") }
    router.get("/users") { _, _ in UserList(users: Directory.users.map(\.login)) }
    router.get("/.well-known/jwks.json") { request, context in
        var response = try KeySet(keys: await store.published).response(from: request, context: context)
        response.headers[.cacheControl] = "public, max-age=60"
        return response
    }
    router.post("/rotate") { _, _ in Rotation(kid: try await store.rotate().id) }
    router.post("/token") { request, context in
        let asked = try await request.decode(as: TokenRequest.self, context: context)
        let secondsToLive = asked.expiresIn ?? 3600
        guard (-3600...86_400).contains(secondsToLive) else {
            throw HTTPError(.badRequest, message: "expiresIn must be from -3600 to 86400 seconds")
        }
        guard let user = Directory.user(asked.user) else {
            let known = Directory.users.map(\.login).joined(separator: ", ")
            throw HTTPError(.notFound, message: "no such user; the directory holds \(known)")
        }
        guard let key = await store.signer else { throw HTTPError(.serviceUnavailable, message: "no signing key") }
        let token = try minter.token(
            for: user, secondsToLive: secondsToLive, now: Int(Date().timeIntervalSince1970), key: key)
        return TokenResponse(access_token: token, token_type: "Bearer", expires_in: secondsToLive)
    }
    return router
}
