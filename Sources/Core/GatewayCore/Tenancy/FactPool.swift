public import Permissions

/// Makes one object of equal answers, so that a million tenants with the same modules share one set.
///
/// Confined to its loop. Objects that nobody else holds any more are dropped when the pool has doubled.
public final class FactPool<Value: AnyObject> {
    private var values: [[UInt8]: Value] = [:]
    private var sweepAt = 1024
    private let make: ([[UInt8]]) -> Value

    /// A pool of what `make` makes of a list of distinct, sorted names.
    public init(_ make: @escaping ([[UInt8]]) -> Value) { self.make = make }

    public var count: Int { values.count }

    /// The object of these names; order and repetition mean nothing.
    public func value(_ names: [[UInt8]]) -> Value {
        let sorted = Set(names).sorted { $0.lexicographicallyPrecedes($1) }
        var key: [UInt8] = []
        for name in sorted {
            // Lengths keep names apart, whatever bytes they have.
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: name.count).littleEndian) { key += $0 }
            key += name
        }
        if let value = values[key] { return value }
        if values.count >= sweepAt { sweep() }
        let value = make(sorted)
        values[key] = value
        return value
    }

    private func sweep() {
        for key in Array(values.keys) {
            var value = values.removeValue(forKey: key)
            if !isKnownUniquelyReferenced(&value) { values[key] = value }
        }
        sweepAt = max(1024, values.count * 2)
    }
}

extension FactPool where Value == ModuleSet {
    public convenience init() { self.init { ModuleSet($0) } }
}

extension FactPool where Value == HeldPermissions {
    public convenience init() { self.init { HeldPermissions($0.map { String(decoding: $0, as: UTF8.self) }) } }
}
