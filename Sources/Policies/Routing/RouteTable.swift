import Bytes

/// Compiled routes: an immutable trie over path segments, shared by all event loops.
///
/// At every segment a literal goes before `*`, and `*` before `**`; of several `**` the one with the longest literal tail goes
/// first. When the preferred way leads to no route for the method, the next one is tried: the visit is bounded by the number
/// of nodes, because no node can be reached twice.
public final class RouteTable: Sendable {
    /// Segments of a template; deeper paths match only through `**`.
    public static let maximumSegments = 64

    struct Node: Sendable {
        var firstChild: UInt32 = 0
        var childCount: UInt32 = 0
        /// The node behind `*`, or -1.
        var single: Int32 = -1
        var firstLeaf: UInt32 = 0
        /// Leaves where the path ends; the ones behind `**` follow them.
        var leafCount: UInt32 = 0
        var restCount: UInt32 = 0
    }

    /// A literal segment below a node; siblings are sorted by first eight bytes, length, rest.
    struct Child: Sendable {
        var word: UInt64
        var text: ByteRange
        var node: UInt32
    }

    /// Routes of one shape.
    struct Leaf: Sendable {
        /// Literal segments behind `**`, each with its slash.
        var tail: ByteRange
        var verb: ByteRange
        var allow: MethodSet
        /// Route by the raw value of the method, or -1; the slot of `other` is for tokens that are not in `customs`.
        var routes: InlineArray<10, Int32>
        var firstCustom: UInt32
        var customCount: UInt32
    }

    struct Custom: Sendable {
        var token: ByteRange
        var route: Int32
    }

    /// Where one variable of a route starts and ends.
    struct Slot: Sendable {
        enum Edge: Sendable {
            /// At the segment with this index.
            case segment(Int)
            /// This many bytes before the end of the path.
            case tail(Int)
        }
        var start: Edge
        var end: Edge
    }

    struct Route: Sendable {
        var firstSlot: UInt32
        var slotCount: UInt32
    }

    let nodes: [Node]
    let children: [Child]
    let leaves: [Leaf]
    let customs: [Custom]
    let routes: [Route]
    let slots: [Slot]
    let text: [UInt8]
    let hasVerbs: Bool
    let splitsUnregisteredVerbs: Bool
    private let templates: [PathTemplate]

    init(_ image: RouteImage, splitsUnregisteredVerbs: Bool) {
        nodes = image.nodes
        children = image.children
        leaves = image.leaves
        customs = image.customs
        routes = image.routes
        slots = image.slots
        text = image.text
        hasVerbs = image.hasVerbs
        templates = image.templates
        self.splitsUnregisteredVerbs = splitsUnregisteredVerbs
    }

    /// Number of routes added, those left out for a conflict included.
    public var count: Int { templates.count }

    /// The template of a route; off the hot path. Traps outside `0..<count`.
    public func template(of route: Int) -> PathTemplate { templates[route] }
}
