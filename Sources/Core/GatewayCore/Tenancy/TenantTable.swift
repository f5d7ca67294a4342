import Bytes
import Permissions

/// What the configuration says of tenants; immutable.
public final class TenantTable: Sendable {
    struct Entry: Sendable {
        let modules: ModuleSet
        let rate: RateRule?
    }

    private let entries: [[UInt8]: Entry]

    init(_ tenants: [String: PlatformConfiguration.Tenant]) {
        var entries: [[UInt8]: Entry] = [:]
        for (name, tenant) in tenants {
            entries[Array(name.utf8)] = Entry(modules: ModuleSet(tenant.modules.map { Array($0.utf8) }), rate: tenant.rate.map { .tenant($0) })
        }
        self.entries = entries
    }

    func entry(_ tenant: ByteView) -> Entry? { entries[Array(tenant)] }
}

/// Who is asked for a user's permissions where nothing is kept of them, on the loop that asks.
///
/// `completed` is called exactly once, on the same loop, within bounded time; with nil when the authority cannot be asked.
public typealias PermissionAuthority = (_ read: FactRead, _ completed: @escaping (AuthorityAnswer?) -> Void) -> Void

/// What an authority says of a user.
public struct AuthorityAnswer {
    /// Names of permissions; empty grants nothing.
    public let permissions: [String]
    /// How long it may be believed.
    public let lifeMilliseconds: Int64

    public init(permissions: [String], lifeMilliseconds: Int64) {
        self.permissions = permissions
        self.lifeMilliseconds = lifeMilliseconds
    }
}

/// The source of facts without a store: the configuration, and for permissions the authority.
public final class ConfiguredFacts: FactSource {
    private unowned let directory: TenantDirectory
    private var table: TenantTable
    private let authority: PermissionAuthority?

    public init(directory: TenantDirectory, table: TenantTable, authority: PermissionAuthority?) {
        self.directory = directory
        self.table = table
        self.authority = authority
    }

    /// Takes the table of a new configuration; everything known is looked up again.
    public func adopt(_ table: TenantTable) {
        self.table = table
        directory.doubtAll()
    }

    public func read(_ read: FactRead) {
        switch read.kind {
        case .modules: directory.settle(read, .modules(table.entry(read.tenant.name)?.modules ?? .none))
        case .rate: directory.settle(read, .rate(table.entry(read.tenant.name)?.rate))
        case .permissions:
            guard let authority else { return directory.settle(read, .unavailable) }
            authority(read) { [directory] answer in directory.settle(read, answer) }
        }
    }
}

extension TenantDirectory {
    /// The end of a read by an authority's word.
    public func settle(_ read: FactRead, _ answer: AuthorityAnswer?) {
        guard let answer else { return settle(read, .unavailable) }
        settle(read, .permissions(HeldPermissions(answer.permissions)), lifeMilliseconds: answer.lifeMilliseconds)
    }
}
