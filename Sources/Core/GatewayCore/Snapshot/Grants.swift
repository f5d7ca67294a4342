import Bytes
import Permissions
import TokenVerification

/// What a caller may do and how much of it, resolved once for each token and snapshot.
final class Grants {
    /// The snapshot these were resolved against.
    let generation: UInt64
    let held: HeldPermissions
    /// Nil when users are not limited.
    let rateRule: RateRule?

    init(_ identity: Identity, snapshot: Snapshot) {
        generation = snapshot.generation
        held = snapshot.roles.permissions(of: (0..<identity.roleCount).map { String(identity.role($0)) })
        let rules = snapshot.roleRules.filter { entry in entry.role.withByteView { identity.hasRole($0) } }
        // The most generous of the caller's roles; a role without a limit is as generous as can be.
        if rules.contains(where: { $0.rule == nil }) {
            rateRule = nil
        } else {
            rateRule = rules.compactMap(\.rule).max { $0.perSecond < $1.perSecond } ?? snapshot.userRule
        }
    }

    func allow(_ permission: PermissionPattern, capture: (Int) -> ByteView) -> Bool {
        held.allows(permission, capture: capture)
    }

    /// Whether the caller has one of the roles.
    func hasAny(of roles: [[UInt8]], _ identity: Identity?) -> Bool {
        guard let identity else { return false }
        return roles.contains { role in role.withByteView { identity.hasRole($0) } }
    }
}
