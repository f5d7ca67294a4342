/// What a node of a `JSONTape` is.
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
}
