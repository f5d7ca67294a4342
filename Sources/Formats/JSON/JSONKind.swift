/// What a node of a `JSONTape` is.
@frozen
public enum JSONKind: UInt8, Sendable {
    case object
    case array
    case string
    case number
    case `true`
    case `false`
    case null
    /// The name of an object's member; the node after it is the member's value.
    case key

    /// The kind in the lowest three bits. The compiler makes nothing of this switch, and a call of `init(rawValue:)`.
    @inlinable
    @inline(__always)
    init(bits: UInt32) {
        switch bits & 7 {
        case 0: self = .object
        case 1: self = .array
        case 2: self = .string
        case 3: self = .number
        case 4: self = .true
        case 5: self = .false
        case 6: self = .null
        default: self = .key
        }
    }
}
