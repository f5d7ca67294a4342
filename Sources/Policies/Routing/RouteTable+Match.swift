public import Bytes
public import HTTPSemantics

extension RouteTable {
    /// The route of a request.
    ///
    /// - Parameters:
    ///   - path: the normalised path, still percent-encoded, without query; it starts with a slash or matches nothing.
    ///   - method: the request's method.
    ///   - customMethod: the token when `method` is `.other`.
    ///   - captures: receives the variables of the route that is found.
    public func match(
        path: ByteView, method: RequestMethod, customMethod: ByteView = .empty, captures: Captures
    ) -> RouteMatch {
        captures.count = 0
        guard path.count > 0, path[0] == UInt8(ascii: "/"), !nodes.isEmpty else { return .notFound }
        var visit = RouteVisit(table: self, path: path, method: method, custom: customMethod, captures: captures)
        if hasVerbs, let colon = Self.verbColon(path) {
            visit.end = colon
            visit.verb = path[colon &+ 1, path.count]
            let route = visit.run()
            if route >= 0 { return found(route, end: colon, captures) }
            if splitsUnregisteredVerbs { return visit.refusal }
        }
        visit.end = path.count
        visit.verb = .empty
        let route = visit.run()
        return route >= 0 ? found(route, end: path.count, captures) : visit.refusal
    }

    /// Offset of the last colon when it stands in the last segment with something after it.
    private static func verbColon(_ path: ByteView) -> Int? {
        var at = path.count &- 1
        while at > 0 {
            let byte = path[at]
            if byte == UInt8(ascii: "/") { return nil }
            if byte == UInt8(ascii: ":") { return at &+ 1 < path.count ? at : nil }
            at &-= 1
        }
        return nil
    }

    private func found(_ number: Int32, end: Int, _ captures: Captures) -> RouteMatch {
        let route = routes[Int(number)]
        var index = 0
        while index < Int(route.slotCount) {
            let slot = slots[Int(route.firstSlot) &+ index]
            let upper: Int
            switch slot.end {
            case .segment(let segment): upper = min(Int(captures.starts[segment]) &- 1, end)
            case .tail(let bytes): upper = end &- bytes
            }
            let lower: Int
            switch slot.start {
            case .segment(let segment): lower = Int(captures.starts[segment])
            case .tail(let bytes): lower = end &- bytes
            }
            captures.ranges[index] = ByteRange(min(lower, upper), upper)
            index &+= 1
        }
        captures.count = Int(route.slotCount)
        return .found(route: Int(number))
    }
}

/// One walk through the trie, depth first in the order of preference.
private struct RouteVisit {
    let table: RouteTable
    let path: ByteView
    let method: RequestMethod
    let custom: ByteView
    let captures: Captures
    /// Where the path ends for this walk: before the verb, if one was split off.
    var end = 0
    var verb = ByteView.empty
    var allow: MethodSet = []
    var sawShape = false

    init(table: RouteTable, path: ByteView, method: RequestMethod, custom: ByteView, captures: Captures) {
        self.table = table
        self.path = path
        self.method = method
        self.custom = custom
        self.captures = captures
    }

    var refusal: RouteMatch { sawShape ? .methodNotAllowed(allow: allow) : .notFound }

    /// The route, or -1.
    mutating func run() -> Int32 { visit(0, at: end == 1 ? 1 : 0, depth: 0) }

    /// Looks below `index` for what follows `position`, which is the end or the slash before the next segment.
    ///
    /// Recurses at most `RouteTable.maximumSegments` deep: the trie has no more levels.
    private mutating func visit(_ index: Int, at position: Int, depth: Int) -> Int32 {
        let node = table.nodes[index]
        captures.starts[depth] = UInt32(truncatingIfNeeded: position &+ 1)
        if position == end {
            let route = leaf(Int(node.firstLeaf), Int(node.leafCount), position)
            if route >= 0 { return route }
        } else {
            let start = position &+ 1
            let stop = path.firstIndex(of: UInt8(ascii: "/"), from: start).map { min($0, end) } ?? end
            if node.childCount > 0, let child = literal(node, start, stop) {
                let route = visit(child, at: stop, depth: depth &+ 1)
                if route >= 0 { return route }
            }
            if node.single >= 0, stop > start {
                let route = visit(Int(node.single), at: stop, depth: depth &+ 1)
                if route >= 0 { return route }
            }
        }
        guard node.restCount > 0 else { return -1 }
        return leaf(Int(node.firstLeaf &+ node.leafCount), Int(node.restCount), position)
    }

    /// The first of the leaves that fits the verb, the tail and the method.
    private mutating func leaf(_ first: Int, _ count: Int, _ position: Int) -> Int32 {
        var index = first
        while index < first &+ count {
            let leaf = table.leaves[index]
            index &+= 1
            guard fits(leaf, position) else { continue }
            let route = choose(leaf)
            if route >= 0 { return route }
            sawShape = true
            allow.formUnion(leaf.allow)
        }
        return -1
    }

    private func fits(_ leaf: RouteTable.Leaf, _ position: Int) -> Bool {
        if leaf.verb.count != verb.count || leaf.tail.count > end &- position { return false }
        if leaf.verb.isEmpty && leaf.tail.isEmpty { return true }
        return table.text.withByteView { text in
            text[leaf.verb] == verb && text[leaf.tail] == path[end &- leaf.tail.count, end]
        }
    }

    private func choose(_ leaf: RouteTable.Leaf) -> Int32 {
        if method == .other, leaf.customCount > 0 {
            for index in Int(leaf.firstCustom)..<Int(leaf.firstCustom &+ leaf.customCount) {
                let entry = table.customs[index]
                if table.text.withByteView({ $0[entry.token] == custom }) { return entry.route }
            }
        }
        return leaf.routes[Int(method.rawValue)]
    }

    /// Binary search among the literal children.
    private func literal(_ node: RouteTable.Node, _ start: Int, _ stop: Int) -> Int? {
        let count = stop &- start
        let word = RouteTable.word(path, start, count)
        let children = table.children
        var low = Int(node.firstChild)
        var high = low &+ Int(node.childCount)
        while low < high {
            let middle = (low &+ high) >> 1
            let child = children[middle]
            var isBefore = child.word < word
            if child.word == word {
                let order = rest(child, start, stop)
                if order == 0 { return Int(child.node) }
                isBefore = order < 0
            }
            if isBefore { low = middle &+ 1 } else { high = middle }
        }
        return nil
    }

    /// How a child sorts against the segment when their first eight bytes are equal.
    private func rest(_ child: RouteTable.Child, _ start: Int, _ stop: Int) -> Int {
        let count = stop &- start
        if child.text.count != count || count <= 8 { return child.text.count &- count }
        return table.text.withByteView {
            RouteTable.order($0[child.text.start &+ 8, child.text.end], path[start &+ 8, stop])
        }
    }
}

extension RouteTable {
    /// The first eight bytes of a segment as a word, zeros where it is shorter.
    static func word(_ bytes: ByteView, _ start: Int, _ count: Int) -> UInt64 {
        if count == 0 { return 0 }
        if start &+ 8 <= bytes.count {
            let word = bytes.load8(at: start)
            return count >= 8 ? word : word & (1 &<< UInt64(truncatingIfNeeded: count &* 8) &- 1)
        }
        var word: UInt64 = 0
        var index = min(count, 8)
        while index > 0 {
            index &-= 1
            word = word << 8 | UInt64(bytes[start &+ index])
        }
        return word
    }

    /// Negative, zero or positive as `left` sorts before, with or after `right`, which is of the same length.
    static func order(_ left: ByteView, _ right: ByteView) -> Int {
        var index = 0
        while index < left.count {
            let difference = Int(left[index]) &- Int(right[index])
            if difference != 0 { return difference }
            index &+= 1
        }
        return 0
    }
}
