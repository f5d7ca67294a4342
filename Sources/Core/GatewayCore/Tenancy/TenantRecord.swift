public import Bytes
import CORS
import Permissions
import Plans

/// The fixed part of a tenant's record.
public struct TenantState {
    let hash: UInt64
    let nameCount: UInt8
    var isLinked = true
    var isRecent = true
    var modules = FactCell<ModuleSet>()
    var rate = FactCell<RateRule>()
    var plan = FactCell<PlanInfo>()
    var cors = FactCell<CORSRules>()
}

/// The fixed part of a user's record.
public struct UserState {
    let tenant: TenantRecord
    let hash: UInt64
    let nameCount: UInt32
    var isLinked = true
    var isRecent = true
    var permissions = FactCell<HeldPermissions>()
}

/// What a loop knows of one tenant; its name is stored behind it.
///
/// Requests hold on to it between lookups. Once it is evicted it is no longer told of changes: `isLinked` says so.
public final class TenantRecord: ManagedBuffer<TenantState, UInt8>, DirectoryRecord {
    static func make(name: ByteView, hash: UInt64) -> TenantRecord {
        let buffer = TenantRecord.create(minimumCapacity: name.count) { _ in
            TenantState(hash: hash, nameCount: UInt8(truncatingIfNeeded: name.count))
        }
        buffer.withUnsafeMutablePointerToElements { $0.update(from: name.base, count: name.count) }
        return unsafeDowncast(buffer, to: TenantRecord.self)
    }

    /// The tenant's id; good while the record is held.
    public var name: ByteView { withUnsafeMutablePointers { ByteView($1, Int($0.pointee.nameCount)) } }

    var hash: UInt64 { header.hash }
    var isLinked: Bool {
        get { header.isLinked }
        set { header.isLinked = newValue }
    }
    var isRecent: Bool {
        get { header.isRecent }
        set { header.isRecent = newValue }
    }
}

/// What a loop knows of one user of a tenant; the user's id is stored behind it.
public final class UserRecord: ManagedBuffer<UserState, UInt8>, DirectoryRecord {
    static func make(_ tenant: TenantRecord, name: ByteView, hash: UInt64) -> UserRecord {
        let buffer = UserRecord.create(minimumCapacity: name.count) { _ in
            UserState(tenant: tenant, hash: hash, nameCount: UInt32(truncatingIfNeeded: name.count))
        }
        buffer.withUnsafeMutablePointerToElements { $0.update(from: name.base, count: name.count) }
        return unsafeDowncast(buffer, to: UserRecord.self)
    }

    public var tenant: TenantRecord { header.tenant }
    /// The user's id; good while the record is held.
    public var name: ByteView { withUnsafeMutablePointers { ByteView($1, Int($0.pointee.nameCount)) } }

    var hash: UInt64 { header.hash }
    var isLinked: Bool {
        get { header.isLinked }
        set { header.isLinked = newValue }
    }
    var isRecent: Bool {
        get { header.isRecent }
        set { header.isRecent = newValue }
    }
}
