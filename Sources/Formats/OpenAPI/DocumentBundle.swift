public import Documents

/// A document and the files it refers to, all read; resolving a reference touches nothing else.
public struct DocumentBundle: Sendable {
    /// Files of one bundle; published descriptions split into fewer.
    public static let maximumFiles = 256
    /// Nodes of all files together, twice what one file may have.
    public static let maximumNodes = 2_000_000
    /// Bytes of a `$ref`; a pointer is as long as the names it passes.
    public static let maximumReferenceBytes = 4096
    /// References that may lead to a reference before the chain is called a cycle.
    public static let maximumChain = 32

    /// The root of the document the bundle is about.
    public let root: SourceNode
    /// The roots of all files, by the name their nodes carry.
    public let files: [String: SourceNode]

    init(root: SourceNode, files: [String: SourceNode]) {
        self.root = root
        self.files = files
    }

    /// The node behind `node` when it is a reference object, across chains; `node` itself when it is none. Nil when the
    /// reference leads nowhere or in a circle, which was a finding at load.
    public func resolved(_ node: SourceNode) -> SourceNode? {
        var current = node
        for _ in 0..<Self.maximumChain {
            guard let reference = current["$ref"], reference.string != nil else { return current }
            guard let target = target(of: reference) else { return nil }
            current = target
        }
        return nil
    }

    /// The node a `$ref` value names; nil when there is none in the bundle.
    public func target(of reference: SourceNode) -> SourceNode? {
        guard let target = ReferenceTarget(reference), let file = files[target.file] else { return nil }
        return Self.node(at: target.fragment, in: file)
    }

    /// The node at an RFC 6901 pointer, given as a URI fragment with percent-encoding; nil when there is none.
    public static func node(at fragment: String, in root: SourceNode) -> SourceNode? {
        percentDecoded(fragment).flatMap { root.node(at: $0) }
    }
}
