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

/// What `POST /users/{login}/roles` reads.
struct RolesRequest: Decodable, Sendable {
    /// Of the directory's roles; none takes everything away.
    let roles: [String]
}

private struct RolesResponse: ResponseEncodable {
    let user: String
    let roles: [String]
    let permissions: [String]
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

extension DemoPlan: ResponseEncodable {}

func iamRouter(
    store: KeyStore, minter: TokenMinter, directory: Directory, cache: PlatformCache?
) -> Router<BasicRequestContext> {
    let router = Router()
    addTokens(to: router, store, minter, directory)
    addRoles(to: router, directory, cache)
    addPlans(to: router, directory, cache)
    return router
}

private func addTokens(
    to router: Router<BasicRequestContext>, _ store: KeyStore, _ minter: TokenMinter, _ directory: Directory
) {
    router.get("/live") { _, _ in Liveness(status: "ok") }
    router.get("/users") { _, _ in UserList(users: await directory.logins) }
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
        guard let user = await directory.user(asked.user) else {
            let known = await directory.logins.joined(separator: ", ")
            throw HTTPError(.notFound, message: "no such user; the directory holds \(known)")
        }
        guard let key = await store.signer else { throw HTTPError(.serviceUnavailable, message: "no signing key") }
        let token = try minter.token(
            for: user, secondsToLive: secondsToLive, now: Int(Date().timeIntervalSince1970), key: key)
        return TokenResponse(access_token: token, token_type: "Bearer", expires_in: secondsToLive)
    }
}

private func addRoles(to router: Router<BasicRequestContext>, _ directory: Directory, _ cache: PlatformCache?) {
    router.post("/users/:login/roles") { request, context in
        let login = try context.parameters.require("login")
        let roles = try await request.decode(as: RolesRequest.self, context: context).roles
        let known = Directory.grants.keys.sorted().joined(separator: ", ")
        guard roles.allSatisfy({ Directory.grants[$0] != nil }) else {
            throw HTTPError(.badRequest, message: "the roles are \(known)")
        }
        guard let user = await directory.setRoles(roles, of: login) else {
            throw HTTPError(
                .notFound, message: "no such user; the directory holds \(await directory.logins.joined(separator: ", "))")
        }
        // After the change, so that whoever asks because of it gets the new answer.
        try await cache?.delete("rbac:\(user.tenant):\(user.id)")
        let permissions = await directory.permissions(tenant: user.tenant, id: user.id) ?? []
        return RolesResponse(user: login, roles: user.roles, permissions: permissions)
    }
}

private func addPlans(to router: Router<BasicRequestContext>, _ directory: Directory, _ cache: PlatformCache?) {
    router.get("/plans/:tenant") { _, context in
        guard let plan = await directory.plan(of: try context.parameters.require("tenant")) else {
            throw HTTPError(.notFound, message: "no such tenant")
        }
        return plan
    }
    router.post("/plans/:tenant") { request, context in
        let tenant = try context.parameters.require("tenant")
        let plan = try await request.decode(as: DemoPlan.self, context: context)
        guard Directory.statuses.contains(plan.status) else {
            throw HTTPError(.badRequest, message: "status is one of \(Directory.statuses.joined(separator: ", "))")
        }
        guard await directory.setPlan(plan, of: tenant) else { throw HTTPError(.notFound, message: "no such tenant") }
        try await cache?.delete("plan_info:\(tenant)")
        return plan
    }
}
