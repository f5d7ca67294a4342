public import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A JSON text read once into a flat list of nodes in document order.
///
/// Each loop owns one tape and reuses it: the nodes live in memory the tape keeps, so a steady stream of texts allocates
/// nothing. A tape refers to the bytes it parsed and is meaningful only while they stay where they were. Not thread-safe.
/// Reading follows RFC 8259 without extensions, and RFC 7493 (I-JSON) for surrogates and, by limit, duplicate names.
///
/// Node 0 is the whole value. A container's children follow it; an object's alternate name (`.key`) and value, so from a
/// name at `i` the value is at `i + 1` and the next name at `end(i + 1)`.
public final class JSONTape {
    /// One node in sixteen bytes.
    @usableFromInline
    package struct Node {
        @usableFromInline package var lower: UInt32
        @usableFromInline package var upper: UInt32
        /// Index after the subtree of an object or array; for a name, a hash of its unescaped bytes; 0 for anything else.
        @usableFromInline package var link: UInt32
        /// Kind in bits 0...2, flags in bits 3...4, child count from bit 8.
        @usableFromInline package var meta: UInt32

        @inlinable package var kind: JSONKind { JSONKind(bits: meta) }
        /// The kind, with one more for numbers that have a fraction or an exponent: a number below 32.
        @inlinable package var form: UInt32 { meta & (7 | JSONTape.fractionFlag) }
        @inlinable package static var fractionForm: UInt32 { UInt32(JSONKind.number.rawValue) | JSONTape.fractionFlag }
        @inlinable package var hasEscapes: Bool { meta & JSONTape.escapeFlag != 0 }
        @inlinable package var hasFraction: Bool { meta & JSONTape.fractionFlag != 0 }
        /// The index after the subtree of the node, which is at `index` and no name.
        @inlinable
        package func end(_ index: Int) -> Int { meta & 7 <= JSONKind.array.rawValue ? Int(link) : index &+ 1 }
        /// Bytes in the text.
        @inlinable package var byteCount: Int { Int(upper) &- Int(lower) }
    }

    @inlinable static var escapeFlag: UInt32 { 1 << 3 }
    @inlinable static var fractionFlag: UInt32 { 1 << 4 }
    static let oneChild: UInt32 = 1 << 8

    /// Nodes kept between texts; memory above it, grown by one huge text, is given back when a small one follows.
    static let retainedNodes = 1 << 16
    static let firstNodes = 256

    @usableFromInline var nodes: UnsafeMutablePointer<Node>
    var capacity: Int
    var table: UnsafeMutablePointer<UInt32>?
    var tableCapacity = 0
    /// What is open while a text is read.
    var open: JSONOpenValue
    var masks = JSONWord.Masks()
    /// What names to expect.
    var names = JSONNameMemory()
    let hash: KeyedHash
    let secret: UInt64
    /// Room for the unescaped text of one string at a time.
    let unescaped = ByteWriter(capacity: 64)

    /// Nodes of the last text; 0 before the first and after a fault.
    public internal(set) var count = 0
    /// The bytes of the last text; empty before the first and after a fault.
    public internal(set) var bytes = ByteView.empty

    /// An empty tape; `seed` keys the hash that finds duplicate names, tests pass a constant.
    public init(seed: UInt64 = .random(in: .min ... .max)) {
        capacity = Self.firstNodes
        nodes = .allocate(capacity: capacity)
        open = JSONOpenValue(nodes)
        hash = KeyedHash(seed: seed)
        secret = seed | 1
    }

    deinit {
        nodes.deallocate()
        table?.deallocate()
        open.deallocate()
        names.deallocate()
    }

    /// What node `index` is; traps outside `0..<count`, as every accessor does.
    @inlinable @inline(__always) public func kind(_ index: Int) -> JSONKind { node(index).kind }

    /// The node's bytes in the text: a string or name without its quotes and still escaped, anything else whole.
    @inlinable
    public func range(_ index: Int) -> ByteRange {
        let node = node(index)
        return ByteRange(Int(node.lower), Int(node.upper))
    }

    /// The bytes of `range(index)`.
    @inlinable
    @inline(__always)
    public func raw(_ index: Int) -> ByteView {
        let node = node(index)
        return bytes[Int(node.lower), Int(node.upper)]
    }

    /// The index after the node's subtree: its next sibling, or the end of its parent.
    @inlinable
    @inline(__always)
    public func end(_ index: Int) -> Int {
        let node = node(index)
        return node.meta & 7 <= JSONKind.array.rawValue ? Int(node.link) : index &+ 1
    }

    /// Elements of an array, members of an object, 0 for anything else.
    @inlinable public func childCount(_ index: Int) -> Int { Int(node(index).meta >> 8) }

    /// Whether a string or name holds a backslash escape, so that its raw bytes are not its value.
    @inlinable public func hasEscapes(_ index: Int) -> Bool { node(index).meta & Self.escapeFlag != 0 }

    /// Whether a number is written without fraction and exponent; `1.0` is not, though `int64` answers 1 for it.
    @inlinable
    public func isInteger(_ index: Int) -> Bool {
        let meta = node(index).meta
        return meta & 7 == JSONKind.number.rawValue && meta & Self.fractionFlag == 0
    }

    /// The nodes, for loops that check once that they stay within `count`.
    @inlinable package var memory: UnsafePointer<Node> { UnsafePointer(nodes) }

    @inlinable
    @inline(__always)
    package func node(_ index: Int) -> Node {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return nodes[index]
    }

    /// Makes room for more nodes than the `used` there are, and answers where the next one goes; nil where there can be none.
    @inline(never)
    func grow(_ used: Int) -> UnsafeMutablePointer<Node>? {
        guard used < open.mostNodes else { return nil }
        let parent = open.parent - nodes
        if used == capacity { resize(to: min(capacity * 2, max(open.mostNodes, capacity + 1)), keeping: used) }
        open.parent = nodes + parent
        open.room = nodes + min(capacity, open.mostNodes)
        return nodes + used
    }

    func resize(to larger: Int, keeping used: Int) {
        let fresh = UnsafeMutablePointer<Node>.allocate(capacity: larger)
        memcpy(fresh, nodes, used * MemoryLayout<Node>.stride)
        nodes.deallocate()
        nodes = fresh
        capacity = larger
    }
}

extension JSONTape.Node {
    @inline(__always)
    init(_ kind: JSONKind, _ lower: Int, _ upper: Int, link: UInt32 = 0, flags: UInt32 = 0) {
        self.init(
            lower: UInt32(truncatingIfNeeded: lower), upper: UInt32(truncatingIfNeeded: upper), link: link,
            meta: UInt32(kind.rawValue) | flags)
    }
}
