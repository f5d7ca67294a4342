public import Bytes

/// A value of a parsed reply, borrowed from its parser and its bytes: good for the call it was handed to, never stored.
public struct RESPValue {
    private let nodes: UnsafePointer<RESPNode>
    private let index: Int
    private let bytes: ByteView

    init(nodes: UnsafePointer<RESPNode>, index: Int, bytes: ByteView) {
        self.nodes = nodes
        self.index = index
        self.bytes = bytes
    }

    private var node: RESPNode { nodes[index] }

    /// The type.
    public var kind: RESPKind { node.kind }

    /// Whether it is a null of any form.
    public var isNull: Bool { node.kind == .null }

    /// Whether it is an error of either form.
    public var isError: Bool { node.kind == .simpleError || node.kind == .bulkError }

    /// The content of a scalar as it was sent: text, digits, the bytes of a bulk string; of a verbatim string without its
    /// format. Nil for aggregates and null.
    public var content: ByteView? {
        guard !node.kind.isAggregate, node.kind != .null else { return nil }
        let start = node.kind == .verbatimString ? Int(node.lower) + 4 : Int(node.lower)
        return bytes[start, Int(node.upper)]
    }

    /// The content of a string of any of the three kinds, or nil.
    public var string: ByteView? {
        switch node.kind {
        case .simpleString, .bulkString, .verbatimString: content
        default: nil
        }
    }

    /// The three letters before a verbatim string's text, such as `txt` and `mkd`; nil for other kinds.
    public var verbatimFormat: ByteView? {
        node.kind == .verbatimString ? bytes[Int(node.lower), Int(node.lower) + 3] : nil
    }

    /// The value of an integer, or of a string of one; nil for anything else.
    public var integer: Int64? {
        switch node.kind {
        case .integer, .simpleString, .bulkString: content.flatMap(RESPText.integer)
        default: nil
        }
    }

    /// The value of a boolean; nil for anything else.
    public var boolean: Bool? { node.kind == .boolean ? content.map { $0 == "t" } : nil }

    /// The value of a double; nil for anything else. Off the hot path only.
    public var double: Double? { node.kind == .double ? content.flatMap { Double(String($0)) } : nil }

    /// The number of children of an aggregate, keys and values of a map both counted; 0 for scalars.
    public var count: Int { node.kind.isAggregate ? Int(node.lower) : 0 }

    /// The child at `position`, found by walking over those before it; nil when there is none.
    public subscript(position: Int) -> RESPValue? {
        guard position >= 0, position < count else { return nil }
        var child = index + 1
        for _ in 0..<position { child = end(of: child) }
        return RESPValue(nodes: nodes, index: child, bytes: bytes)
    }

    /// The value behind a map's first key that is a string of these bytes, or nil.
    public subscript(key: StaticString) -> RESPValue? {
        guard node.kind == .map else { return nil }
        var child = index + 1
        for _ in 0..<count / 2 {
            let name = RESPValue(nodes: nodes, index: child, bytes: bytes)
            child = end(of: child)
            if let text = name.string, text == key { return RESPValue(nodes: nodes, index: child, bytes: bytes) }
            child = end(of: child)
        }
        return nil
    }

    /// The children in order.
    public var children: Children { Children(parent: self) }

    private func end(of child: Int) -> Int { nodes[child].kind.isAggregate ? Int(nodes[child].upper) : child + 1 }

    /// The children of an aggregate, one after the other; none for scalars.
    public struct Children: Sequence, IteratorProtocol {
        private let parent: RESPValue
        private var position: Int
        private var left: Int

        init(parent: RESPValue) {
            self.parent = parent
            position = parent.index + 1
            left = parent.count
        }

        /// The next child.
        public mutating func next() -> RESPValue? {
            guard left > 0 else { return nil }
            left -= 1
            defer { position = parent.end(of: position) }
            return RESPValue(nodes: parent.nodes, index: position, bytes: parent.bytes)
        }
    }
}
