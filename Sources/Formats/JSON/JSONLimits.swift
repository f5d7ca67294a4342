/// What one JSON text may cost.
public struct JSONLimits: Sendable, Hashable {
    /// Largest text in bytes; default 16 MiB, the largest body the gateway buffers.
    public var bytes: Int
    /// Deepest nesting of arrays and objects; default 64, more than any document of an API uses.
    public var depth: Int
    /// Most nodes (values and names); default 1 048 576, which is 16 MiB of tape.
    public var nodes: Int
    /// Whether an object with two members of one name is refused (RFC 7493 section 2.3); default true, because two readers of
    /// such a text may see two different values.
    public var rejectDuplicateNames: Bool

    /// Limits; values above the tape's own ceilings (`mostBytes`, `mostNodes`) are cut to them.
    public init(bytes: Int = 16 << 20, depth: Int = 64, nodes: Int = 1 << 20, rejectDuplicateNames: Bool = true) {
        self.bytes = min(bytes, Self.mostBytes)
        self.depth = depth
        self.nodes = min(nodes, Self.mostNodes)
        self.rejectDuplicateNames = rejectDuplicateNames
    }

    /// The limits of a request body.
    public static let `default` = JSONLimits()

    /// Offsets are held in 32 bits.
    public static let mostBytes = 1 << 30
    /// Child counts are held in 24 bits.
    public static let mostNodes = (1 << 24) - 1
}
