public import Bytes

/// The modules that are active for a tenant; immutable, shared by all tenants that have the same.
public final class ModuleSet: Sendable {
    /// Modules of one tenant; more are not looked at.
    public static let maximumModules = 4096
    /// Bytes of a module's name.
    public static let maximumNameBytes = NamePart.mostBytes

    private let active: NameSet

    /// No module at all.
    public static let none = ModuleSet([])

    /// The set of the names; those that are empty or too long are left out.
    public init(_ names: some Sequence<[UInt8]>) {
        let fitting = names.filter { (1...Self.maximumNameBytes).contains($0.count) }
        active = NameSet(Set(fitting).sorted { $0.lexicographicallyPrecedes($1) }.prefix(Self.maximumModules))
    }

    /// How many are active.
    public var count: Int { active.count }

    /// Sorted, each once.
    public var names: [[UInt8]] { active.names }

    /// Whether the module is active. Allocates nothing.
    public func contains(_ name: ByteView) -> Bool { active.contains(name) }
}
