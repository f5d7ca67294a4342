/// A set of known field names in one word.
public struct FieldNameSet: Hashable, Sendable, ExpressibleByArrayLiteral {
    @usableFromInline var bits: UInt64

    @inlinable
    public init(arrayLiteral names: FieldName...) {
        bits = 0
        for name in names { bits |= name.bit }
    }

    /// Whether the name is in the set.
    @inlinable
    public func contains(_ name: FieldName) -> Bool { bits & name.bit != 0 }

    /// The names of both sets.
    @inlinable
    public func union(_ other: FieldNameSet) -> FieldNameSet {
        var all = self
        all.bits |= other.bits
        return all
    }
}
