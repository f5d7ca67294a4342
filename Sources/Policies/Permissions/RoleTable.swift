/// Which permissions each role stands for: the embedded source, read from configuration.
public struct RoleTable: Sendable {
    private let grants: [String: [String]]

    /// A table of role name to the permissions it grants.
    public init(_ grants: [String: [String]]) { self.grants = grants }

    /// The roles the table knows, sorted.
    public var roles: [String] { grants.keys.sorted() }

    /// Grants that are not permissions, with the role they are written under; a configuration with any is refused.
    public var malformed: [(role: String, grant: String)] {
        roles.flatMap { role in HeldPermissions(grants[role] ?? []).ignored.map { (role, $0) } }
    }

    /// Everything the given roles grant together; a role the table does not know grants nothing.
    ///
    /// Computed once for each token and kept with it, never for each request.
    public func permissions(of roles: some Sequence<String>) -> HeldPermissions {
        HeldPermissions(roles.flatMap { grants[$0] ?? [] })
    }
}
