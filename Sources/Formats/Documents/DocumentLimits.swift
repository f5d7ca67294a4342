/// What a document may cost before it is refused.
public struct DocumentLimits: Sendable {
    /// Bytes of text; 16 MiB holds the largest published OpenAPI documents several times over.
    public var bytes = 16 << 20
    /// Nodes with every alias expanded, so that a few lines cannot stand for billions of nodes; a million, text counting as one more
    /// for every 64 bytes.
    public var nodes = 1_000_000
    /// Nesting of mappings and sequences, because readers of the tree recurse; 100, the usual depth of JSON parsers.
    public var depth = 100
    /// Findings after which reading the text stops; 100, more than anybody reads at once.
    public var findings = 100

    public init() {}

    public static let `default` = DocumentLimits()
}
