import Bytes
import Permissions
import TokenVerification

/// What a caller may do and how much of it, resolved once for each token and snapshot.
final class Grants {
    /// The snapshot these were resolved against.
    let generation: UInt64
    /// What the caller's roles grant; nothing where each user's own permissions are kept.
    let held: HeldPermissions
    /// Nil when users are not limited.
    let rateRule: RateRule?
    /// What is known of the caller's tenant; nil when its name cannot be one.
    let tenant: TenantRecord?
    /// What is known of the caller; nil where roles alone decide.
    let user: UserRecord?

    init(_ identity: Identity, snapshot: Snapshot, directory: TenantDirectory) {
        generation = snapshot.generation
        tenant = directory.tenant(identity.tenant, hash: identity.tenantHash)
        let usesRoles = snapshot.permissionOrigin == .roles
        user = usesRoles ? nil : tenant.map { directory.user(identity.subject, of: $0, hash: identity.userHash) }
        held = usesRoles ? snapshot.roles.permissions(of: (0..<identity.roleCount).map { String(identity.role($0)) }) : .none
        rateRule = snapshot.rateRule { identity.hasRole($0) }
    }

    /// Whether what it says of tenant and user is kept right.
    var isLinked: Bool { (tenant?.isLinked ?? true) && (user?.isLinked ?? true) }

    func allow(_ permission: PermissionPattern, capture: (Int) -> ByteView) -> Bool {
        held.allows(permission, capture: capture)
    }

    /// Whether the caller has one of the roles.
    func hasAny(of roles: [[UInt8]], _ identity: Identity?) -> Bool {
        guard let identity else { return false }
        return roles.contains { role in role.withByteView { identity.hasRole($0) } }
    }
}
