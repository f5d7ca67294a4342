import Bytes
import HTTPSemantics

/// The flat arrays of a route table while they are laid out.
struct RouteImage {
    private(set) var nodes: [RouteTable.Node] = []
    private(set) var children: [RouteTable.Child] = []
    private(set) var leaves: [RouteTable.Leaf] = []
    private(set) var customs: [RouteTable.Custom] = []
    private(set) var routes: [RouteTable.Route] = []
    private(set) var slots: [RouteTable.Slot] = []
    private(set) var text: [UInt8] = []
    private(set) var hasVerbs = false
    let templates: [PathTemplate]
    private let headFallsBackToGet: Bool

    init(templates: [PathTemplate], headFallsBackToGet: Bool) {
        self.templates = templates
        self.headFallsBackToGet = headFallsBackToGet
        for template in templates { appendSlots(template) }
    }

    mutating func compile(_ root: RouteTreeNode) {
        nodes.append(RouteTable.Node())
        compile(root, 0)
    }

    /// Lays out `tree` at `index`. Recurses as deep as templates have segments.
    private mutating func compile(_ tree: RouteTreeNode, _ index: Int) {
        var node = RouteTable.Node()
        node.firstLeaf = UInt32(leaves.count)
        let ends = tree.shapes.filter { $0.tail == nil }
        let rests = tree.shapes.filter { $0.tail != nil }.sorted { ($0.tail ?? []).count > ($1.tail ?? []).count }
        for shape in ends + rests { appendLeaf(shape) }
        node.leafCount = UInt32(ends.count)
        node.restCount = UInt32(rests.count)
        if let single = tree.single {
            node.single = Int32(nodes.count)
            nodes.append(RouteTable.Node())
            compile(single, Int(node.single))
        }
        let entries = tree.literals.map { (bytes: Array($0.key.utf8), tree: $0.value) }.sorted {
            Self.precedes($0.bytes, $1.bytes)
        }
        node.firstChild = UInt32(children.count)
        node.childCount = UInt32(entries.count)
        let firstNode = nodes.count
        for (offset, entry) in entries.enumerated() {
            let word = entry.bytes.withByteView { RouteTable.word($0, 0, $0.count) }
            children.append(RouteTable.Child(word: word, text: append(entry.bytes), node: UInt32(firstNode + offset)))
            nodes.append(RouteTable.Node())
        }
        nodes[index] = node
        for (offset, entry) in entries.enumerated() { compile(entry.tree, firstNode + offset) }
    }

    /// The order the search expects: first eight bytes, length, rest.
    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withByteView { left in
            right.withByteView { right in
                let words = (RouteTable.word(left, 0, left.count), RouteTable.word(right, 0, right.count))
                if words.0 != words.1 { return words.0 < words.1 }
                return left.count == right.count ? RouteTable.order(left, right) < 0 : left.count < right.count
            }
        }
    }

    private mutating func appendLeaf(_ shape: RouteTreeNode.Shape) {
        var chosen = InlineArray<10, Int32>(repeating: -1)
        var allow: MethodSet = []
        let firstCustom = customs.count
        var any: Int32 = -1
        for (method, route) in shape.routes {
            switch method {
            case .known(let known):
                chosen[Int(known.rawValue)] = Int32(route)
                allow.formUnion(MethodSet(known))
            case .custom(let token):
                customs.append(RouteTable.Custom(token: append(Array(token.utf8)), route: Int32(route)))
            case .any: any = Int32(route)
            }
        }
        let get = chosen[Int(RequestMethod.get.rawValue)]
        if headFallsBackToGet, get >= 0, chosen[Int(RequestMethod.head.rawValue)] < 0 {
            chosen[Int(RequestMethod.head.rawValue)] = get
            allow.formUnion(MethodSet(.head))
        }
        for slot in chosen.indices where chosen[slot] < 0 { chosen[slot] = any }
        if shape.verb != nil { hasVerbs = true }
        let tail = (shape.tail ?? []).map { "/" + $0 }.joined()
        leaves.append(
            RouteTable.Leaf(
                tail: append(Array(tail.utf8)), verb: append(Array((shape.verb ?? "").utf8)), allow: allow, routes: chosen,
                firstCustom: UInt32(firstCustom), customCount: UInt32(customs.count - firstCustom)))
    }

    private mutating func append(_ bytes: [UInt8]) -> ByteRange {
        let start = text.count
        text += bytes
        return ByteRange(start, text.count)
    }

    private mutating func appendSlots(_ template: PathTemplate) {
        let firstSlot = slots.count
        let rest = template.segments.firstIndex(of: .rest)
        // Bytes of the literals from a segment behind `**` to the end, slashes included.
        func tailBytes(from index: Int) -> Int {
            template.segments[index...].reduce(0) { sum, segment in
                if case .literal(let text) = segment { sum + 1 + text.utf8.count } else { sum }
            }
        }
        for variable in template.variables {
            let count = template.segments.count
            let end = variable.end < 0 ? count + variable.end + 1 : variable.end
            var slot = RouteTable.Slot(start: .segment(variable.start), end: .segment(end))
            if let rest, variable.start > rest { slot.start = .tail(tailBytes(from: variable.start) - 1) }
            if end == count {
                slot.end = .tail(0)
            } else if let rest, end > rest {
                slot.end = .tail(tailBytes(from: end))
            }
            slots.append(slot)
        }
        routes.append(
            RouteTable.Route(firstSlot: UInt32(firstSlot), slotCount: UInt32(slots.count - firstSlot)))
    }
}
