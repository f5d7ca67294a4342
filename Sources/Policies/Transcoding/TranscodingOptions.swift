/// The freedoms that proto3 JSON and google.api.http leave to an implementation.
public struct TranscodingOptions: Sendable, Hashable {
    /// Whether members of a request that the message lacks are dropped instead of refused; unknown enum names likewise.
    public var ignoresUnknownMembers = false
    /// Whether query parameters that no field takes are dropped instead of refused.
    public var ignoresUnknownParameters = false
    /// Whether responses carry unset scalars, lists and maps with their default values.
    public var emitsDefaults = false
    /// Whether responses use the names of the `.proto` file instead of the JSON names; requests may always use either.
    public var usesProtoNames = false
    /// Whether `+` in a query means a space, as forms write it.
    public var readsPlusAsSpace = true

    public init() {}
}

/// Bounds of one translation; all are faults when exceeded, never traps.
enum TranscodingLimits {
    /// Messages inside messages, the limit every protobuf runtime has by default.
    static let depth = 100
    /// Query parameters of one request; duplicates are found by comparing pairwise.
    static let parameters = 256
    /// Names between the dots of one parameter.
    static let parameterDepth = 16
    /// Paths of an update mask made of a body: more changed fields than any form has, and the mask stays small.
    static let maskPaths = 1024
    /// Bytes of those paths; a few bytes of a deep body stand for a long path each.
    static let maskBytes = 32 << 10
    /// Objects inside objects that such a mask follows.
    static let maskDepth = 32
    /// Items of one response that are looked at; each failed one becomes a document a hundred times its size.
    static let items = 10_000
    /// Map entries up to which equal keys are found by comparing pairwise; above it through a hash table.
    static let pairwiseEntries = 16
    /// Significant length of a decimal in a string; exact doubles never need more than 1100 characters.
    static let decimalText = 1200
}
