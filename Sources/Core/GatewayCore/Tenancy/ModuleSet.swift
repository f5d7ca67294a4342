public import Bytes

/// The modules that are active for a tenant; immutable, shared by all tenants that have the same.
public final class ModuleSet: Sendable {
    /// Modules of one tenant; more are not looked at.
    public static let maximumModules = 4096
    /// Bytes of a module's name.
    public static let maximumNameBytes = 64

    /// Sorted, each once.
    public let names: [[UInt8]]
    /// One more than an index into `names`, 0 for a free slot; at most half full.
    private let slots: [UInt16]
    private let hash: KeyedHash

    /// No module at all.
    public static let none = ModuleSet([])

    /// The set of the names; those that are empty or too long are left out.
    public init(_ names: some Sequence<[UInt8]>, seed: UInt64 = .random(in: .min ... .max)) {
        let fitting = names.filter { (1...Self.maximumNameBytes).contains($0.count) }
        let distinct = Set(fitting).sorted { $0.lexicographicallyPrecedes($1) }.prefix(Self.maximumModules)
        self.names = Array(distinct)
        hash = KeyedHash(seed: seed)
        var size = 2
        while size < distinct.count * 2 { size *= 2 }
        var slots = [UInt16](repeating: 0, count: size)
        for (index, name) in distinct.enumerated() {
            var slot = Int(truncatingIfNeeded: name.withByteView { [hash] in hash($0) }) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = UInt16(index + 1)
        }
        self.slots = slots
    }

    /// Whether the module is active. Allocates nothing.
    public func contains(_ name: ByteView) -> Bool {
        var slot = Int(truncatingIfNeeded: hash(name)) & (slots.count &- 1)
        while slots[slot] != 0 {
            if names[Int(slots[slot]) &- 1].withByteView({ $0 == name }) { return true }
            slot = (slot &+ 1) & (slots.count &- 1)
        }
        return false
    }
}
