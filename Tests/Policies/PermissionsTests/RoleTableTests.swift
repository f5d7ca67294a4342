import Permissions
import Testing

@Suite struct RoleTableTests {
    static let table = RoleTable(["admin": ["*"], "sales": ["crm.*", "hr.people.read"], "guest": []])

    @Test(
        "grants what the roles grant together",
        arguments: [
            (["sales"], "crm.deals.write", true), (["sales"], "hr.people.read", true), (["sales"], "hr.people.write", false),
            (["admin"], "hr.people.write", true),
            (["guest"], "crm.deals.read", false), (["guest", "sales"], "crm.deals.read", true),
            (["unknown"], "crm.deals.read", false), ([], "crm.deals.read", false),
        ] as [([String], String, Bool)])
    func union(roles: [String], permission: String, expected: Bool) throws {
        #expect(Self.table.permissions(of: roles).allows(try PermissionPattern(permission)) == expected)
    }

    @Test("lists malformed grants with their role")
    func malformed() {
        #expect(Self.table.malformed.isEmpty)
        let faults = RoleTable(["b": ["x"], "a": ["a.b.c", "y.z"]]).malformed
        #expect(faults.map { "\($0.role):\($0.grant)" } == ["a:y.z", "b:x"])
    }
}
