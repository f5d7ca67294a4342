/// One person the demo platform knows.
struct DemoUser: Sendable {
    /// What `POST /token` is asked for, `name@tenant`.
    let login: String
    /// The token's `sub`.
    let id: String
    /// The token's `tenantId`.
    let tenant: String
    /// The token's `roles`.
    let roles: [String]
}

/// The built-in directory: an administrator and a member in each of two tenants.
enum Directory {
    static let users = [
        DemoUser(login: "admin@acme", id: "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0a01", tenant: "acme", roles: ["admin"]),
        DemoUser(login: "member@acme", id: "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0a02", tenant: "acme", roles: ["member"]),
        DemoUser(login: "admin@globex", id: "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0b01", tenant: "globex", roles: ["admin"]),
        DemoUser(login: "member@globex", id: "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0b02", tenant: "globex", roles: ["member"]),
    ]

    static func user(_ login: String) -> DemoUser? {
        users.first { $0.login == login }
    }
}
