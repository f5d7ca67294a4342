/// One person the demo platform knows.
struct DemoUser: Sendable {
    /// What `POST /token` is asked for, `name@tenant`.
    let login: String
    /// The token's `sub`.
    let id: String
    /// The token's `tenantId`.
    let tenant: String
    /// The token's `roles`.
    var roles: [String]
}

/// What a tenant has paid for, as `POST /plans/{tenant}` writes it.
struct DemoPlan: Codable, Sendable {
    var plan: String
    /// `active`, `trialing`, `past_due`, `suspended` or `terminated`.
    var status: String
    /// Quotas that are used up.
    var exceeded: [String]?
}

/// The people and plans of two tenants. It starts the same each time; roles and plans change while it runs.
actor Directory {
    /// What each role holds: the same as the role table of the demo's gateway.
    static let grants = [
        "owner": ["*"],
        "admin": ["*"],
        "member": ["crm.contacts.read", "crm.notes.read", "files.file.read", "files.file.write"],
    ]
    static let statuses = ["active", "trialing", "past_due", "suspended", "terminated"]

    private var users = [
        DemoUser(login: "admin@acme", id: "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0a01", tenant: "acme", roles: ["admin"]),
        DemoUser(login: "member@acme", id: "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0a02", tenant: "acme", roles: ["member"]),
        DemoUser(login: "owner@acme", id: "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0a03", tenant: "acme", roles: ["owner"]),
        DemoUser(login: "admin@globex", id: "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0b01", tenant: "globex", roles: ["admin"]),
        DemoUser(login: "member@globex", id: "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0b02", tenant: "globex", roles: ["member"]),
        DemoUser(login: "owner@globex", id: "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0b03", tenant: "globex", roles: ["owner"]),
    ]
    private var plans = [
        "acme": DemoPlan(plan: "pro", status: "active"), "globex": DemoPlan(plan: "starter", status: "active"),
    ]
    /// Counts every change, of anybody.
    private(set) var version = 1

    var logins: [String] { users.map(\.login) }

    func user(_ login: String) -> DemoUser? { users.first { $0.login == login } }

    /// What somebody holds, sorted; nil when the tenant has no such user.
    func permissions(tenant: String, id: String) -> [String]? {
        users.first { $0.tenant == tenant && $0.id == id }
            .map { user in Set(user.roles.flatMap { Self.grants[$0] ?? [] }).sorted() }
    }

    /// Gives somebody other roles; nil when there is nobody of that name.
    func setRoles(_ roles: [String], of login: String) -> DemoUser? {
        guard let index = users.firstIndex(where: { $0.login == login }) else { return nil }
        users[index].roles = roles
        version += 1
        return users[index]
    }

    func plan(of tenant: String) -> DemoPlan? { plans[tenant] }

    /// Gives one of the tenants another plan; false when there is none of that name.
    func setPlan(_ plan: DemoPlan, of tenant: String) -> Bool {
        guard plans[tenant] != nil else { return false }
        plans[tenant] = plan
        version += 1
        return true
    }
}
