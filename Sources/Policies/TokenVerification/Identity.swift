public import Bytes

/// Who a verified token speaks for; immutable, shared by every request that carries the token.
///
/// Built only by `TokenVerifier`. All texts are fit for a header field: visible ASCII, in roles also inner spaces.
public final class Identity: @unchecked Sendable {
    // Unchecked because of `bytes` alone, which nothing writes after `init`.
    private let bytes: ByteWriter
    private let subjectRange: ByteRange
    private let tenantRange: ByteRange
    private let rolesRange: ByteRange
    private let roleRanges: [ByteRange]

    /// The first second, since 1970, at which the token is no longer accepted: `exp` plus the leeway.
    public let expiresAt: Int64
    /// The issuer's index in the ring that verified the token; meaningless in another ring.
    public let issuer: Int
    /// The key that signed the token.
    public let key: KeyIdentity
    /// Hash of the tenant, by the process's `KeyedHash`.
    public let tenantHash: UInt64
    /// Hash of tenant and subject together, by the process's `KeyedHash`.
    public let userHash: UInt64

    init(
        subject: ByteView, tenant: ByteView, roles: [[UInt8]], expiresAt: Int64, issuer: Int, key: KeyIdentity, hash: KeyedHash
    ) {
        let bytes = ByteWriter(capacity: tenant.count + 1 + subject.count + roles.reduce(0) { $0 + $1.count + 1 })
        bytes.append(tenant)
        tenantRange = ByteRange(0, bytes.count)
        // Neither part can hold a NUL, so tenant and subject together are one unambiguous text.
        bytes.append(0)
        subjectRange = ByteRange(bytes.count, bytes.count + subject.count)
        bytes.append(subject)
        tenantHash = hash(tenant)
        userHash = hash(bytes.view)
        let start = bytes.count
        var ranges: [ByteRange] = []
        for role in roles {
            if bytes.count > start { bytes.append(UInt8(ascii: ",")) }
            ranges.append(ByteRange(bytes.count, bytes.count + role.count))
            role.withByteView { bytes.append($0) }
        }
        rolesRange = ByteRange(start, bytes.count)
        self.bytes = bytes
        roleRanges = ranges
        self.expiresAt = expiresAt
        self.issuer = issuer
        self.key = key
    }

    /// The `sub` claim, as `X-User-ID` carries it; valid while the identity lives.
    public var subject: ByteView { bytes.view[subjectRange] }

    /// The tenant claim, as `X-Tenant-ID` carries it; valid while the identity lives.
    public var tenant: ByteView { bytes.view[tenantRange] }

    /// The roles joined by commas, as `X-User-Roles` carries them; empty without roles.
    public var joinedRoles: ByteView { bytes.view[rolesRange] }

    /// Number of roles.
    public var roleCount: Int { roleRanges.count }

    /// The role at `index`; traps outside `0..<roleCount`.
    public func role(_ index: Int) -> ByteView { bytes.view[roleRanges[index]] }

    /// Whether the token lists exactly that role.
    public func hasRole(_ name: ByteView) -> Bool {
        var index = 0
        while index < roleRanges.count {
            if role(index) == name { return true }
            index &+= 1
        }
        return false
    }

    /// The hash by which an identity knows its user.
    public static func userHash(tenant: ByteView, subject: ByteView, _ hash: KeyedHash) -> UInt64 {
        let bytes = ByteWriter(capacity: tenant.count + 1 + subject.count)
        bytes.append(tenant)
        bytes.append(0)
        bytes.append(subject)
        return hash(bytes.view)
    }

    /// What the identity weighs in a cache, in bytes.
    var weight: Int { bytes.count + roleRanges.count * 8 }
}
