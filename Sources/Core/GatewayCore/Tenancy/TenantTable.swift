import Bytes
import Permissions

/// What the configuration says of tenants; immutable.
public final class TenantTable: Sendable {
    struct Entry: Sendable {
        let modules: ModuleSet
        let rate: RateRule?
    }

    private let entries: [[UInt8]: Entry]

    init(_ tenants: [String: PlatformConfiguration.Tenant], _ limits: TenantLimits) {
        var entries: [[UInt8]: Entry] = [:]
        for (name, tenant) in tenants {
            entries[Array(name.utf8)] = Entry(
                modules: ModuleSet(tenant.modules.map { Array($0.utf8) }), rate: tenant.rate.map { limits.ceiling($0) })
        }
        self.entries = entries
    }

    func entry(_ tenant: ByteView) -> Entry? { entries[Array(tenant)] }
}

/// The source of facts without a store: the configuration, and for permissions the authority.
public final class ConfiguredFacts: FactSource {
    private unowned let directory: TenantDirectory
    private var table: TenantTable
    private var cors: CORSPolicy?
    private let authorities: Authorities

    public init(directory: TenantDirectory, snapshot: Snapshot, authorities: Authorities) {
        self.directory = directory
        table = snapshot.tenants
        cors = snapshot.cors
        self.authorities = authorities
    }

    /// Takes a new configuration; everything known is looked up again. Other modules alone are none.
    public func adopt(_ snapshot: Snapshot) {
        guard table !== snapshot.tenants || cors !== snapshot.cors else { return }
        table = snapshot.tenants
        cors = snapshot.cors
        directory.doubtAll()
    }

    public func read(_ read: FactRead) {
        switch read.kind {
        case .modules: directory.settle(read, .modules(table.entry(read.tenant.name)?.modules ?? .none))
        case .rate: directory.settle(read, .rate(table.entry(read.tenant.name)?.rate))
        case .cors: directory.settle(read, .cors(cors?.rules(ofTenant: read.tenant.name)))
        case .plan: authorities.settlePlan(read, in: directory)
        case .permissions:
            guard let permissions = authorities.permissions else { return directory.settle(read, .unanswered) }
            permissions(read) { [directory] in directory.settle(read, $0) { .permissions(HeldPermissions($0)) } }
        }
    }
}
