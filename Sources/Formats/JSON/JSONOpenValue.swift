/// The objects and arrays that are open while a text is read, in memory, so that what changes with every byte has the registers.
struct JSONOpenValue {
    /// The innermost one. While it is open its `link` holds its own parent, which makes the tape its own stack.
    var parent: UnsafeMutablePointer<JSONTape.Node>
    /// The end of the nodes that may be written before there has to be more room.
    var room: UnsafeMutablePointer<JSONTape.Node>
    var depth = 0
    private(set) var mostDepth = 0
    private(set) var mostNodes = 0
    /// Bits of the names that the innermost object has had.
    var seen: UInt64 = 0
    /// A name that repeats another of its object; 0 while there is none, -1 where that does not matter.
    var repeated = 0
    /// `seen` of the objects around it, by depth.
    private var outer: UnsafeMutablePointer<UInt64>
    private var levels = firstLevels

    /// Levels there is room for at first, as many as `JSONLimits` allows by default.
    private static let firstLevels = 64

    init(_ nodes: UnsafeMutablePointer<JSONTape.Node>) {
        (parent, room) = (nodes, nodes)
        outer = .allocate(capacity: levels)
    }

    func deallocate() { outer.deallocate() }

    mutating func begin(_ nodes: UnsafeMutablePointer<JSONTape.Node>, capacity: Int, _ limits: JSONLimits) {
        (mostDepth, mostNodes) = (limits.depth, limits.nodes)
        (parent, room) = (nodes, nodes + min(capacity, mostNodes))
        (depth, seen, repeated) = (0, 0, limits.rejectDuplicateNames ? 0 : -1)
    }

    /// Goes into the value at `node`.
    @inline(always)
    mutating func enter(_ node: UnsafeMutablePointer<JSONTape.Node>) {
        if depth == levels { addLevels() }
        outer[depth] = seen
        seen = 0
        depth &+= 1
        parent = node
    }

    /// Goes out again, to the value that is the node `index`.
    @inline(always)
    mutating func leave(to node: UnsafeMutablePointer<JSONTape.Node>) {
        depth &-= 1
        seen = outer[depth]
        parent = node
    }

    @inline(never)
    private mutating func addLevels() {
        let more = UnsafeMutablePointer<UInt64>.allocate(capacity: levels * 2)
        more.update(from: outer, count: levels)
        outer.deallocate()
        outer = more
        levels *= 2
    }
}
