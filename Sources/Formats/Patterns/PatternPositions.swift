/// The places of a pattern that take a code point, and which can follow which: Glushkov's automaton, with the number of ways.
///
/// Two ways from one place to another are what makes an engine that tries run away, so ways are counted, not merged.
/// Lookarounds and assertions count as empty; a pattern whose ways only they keep apart is judged by its ways alone.
struct PatternPositions {
    /// The number of the set that each position takes.
    private(set) var sets: [Int] = []
    /// Quantifiers around each position, the innermost first.
    private(set) var loops: [[Int]] = []
    /// What can follow each position.
    private(set) var edges: [[Edge]] = []
    /// Positions behind which the whole pattern has matched, whatever comes.
    private(set) var isFree: [Bool] = []
    /// Patterns within lookarounds, each with positions of its own.
    private(set) var bodies: [PatternNode] = []

    struct Edge {
        let target: Int
        /// 2 for any number above one.
        var ways: Int
        /// The quantifier that made the second way, or the only one.
        var loop: Int?
    }

    /// Most positions and ways: analysis takes time that grows faster than their number.
    private static let mostPositions = 1024
    private static let mostWays = 16_384
    /// Counted repeats whose bounds are this far apart are as good as unbounded.
    private static let farApart = 16
    /// So many copies of a counted repeat are enough to see how its ways multiply.
    private static let mostCopies = 5

    private let numbers: [CodePointSet: Int32]
    private var ways = 0
    private var around: [Int] = []
    private var isTooLarge = false

    /// What a node offers to its neighbours; positions stand there once for every way.
    private struct Ends {
        /// In how many ways it can match nothing; 2 for any number above one.
        var empty = 0
        /// Whether it can match nothing without asking anything.
        var isFreelyEmpty = false
        var first: [Int] = []
        var last: [Int] = []
        /// Those of `last` from which the node ends without asking anything.
        var free: Set<Int> = []
    }

    /// The positions of a tree, or nil when there are too many.
    init?(_ root: PatternNode, _ numbers: [CodePointSet: Int32]) {
        self.numbers = numbers
        let ends = visit(root)
        if isTooLarge { return nil }
        isFree = sets.indices.map(ends.free.contains)
    }

    private mutating func visit(_ node: PatternNode) -> Ends {
        if isTooLarge { return Ends() }
        switch node {
        case .empty: return Ends(empty: 1, isFreelyEmpty: true)
        case .assertion, .backreference: return Ends(empty: 1)
        case .look(let look):
            bodies.append(look.body)
            return Ends(empty: 1)
        case .set(let set): return position(set)
        case .capture(_, let body): return visit(body)
        case .sequence(let parts):
            return parts.reduce(into: Ends(empty: 1, isFreelyEmpty: true)) { $0 = join($0, visit($1), loop: nil) }
        case .choice(let options): return options.reduce(into: Ends()) { merge(&$0, visit($1)) }
        case .loop(let loop): return visit(loop)
        }
    }

    private mutating func position(_ set: CodePointSet) -> Ends {
        guard sets.count < Self.mostPositions else {
            isTooLarge = true
            return Ends()
        }
        let number = sets.count
        sets.append(Int(numbers[set] ?? 0))
        loops.append(around.reversed())
        edges.append([])
        return Ends(first: [number], last: [number], free: [number])
    }

    private mutating func visit(_ loop: PatternNode.Loop) -> Ends {
        if loop.maximum == 0 { return Ends(empty: 1, isFreelyEmpty: true) }
        let isUnbounded = loop.maximum.map { $0 - loop.minimum >= Self.farApart } ?? true
        if isUnbounded { return repeated(loop) }
        let copies = loop.body.hasUnboundedLoop ? min(loop.maximum ?? 1, Self.mostCopies) : 1
        var ends = Ends(empty: 1, isFreelyEmpty: true)
        for copy in 0..<copies {
            var next = visit(loop.body)
            if copy >= loop.minimum {
                next.empty = 1
                next.isFreelyEmpty = true
            }
            ends = join(ends, next, loop: loop.position)
        }
        return ends
    }

    private mutating func repeated(_ loop: PatternNode.Loop) -> Ends {
        around.append(loop.position)
        var ends = visit(loop.body)
        around.removeLast()
        connect(ends.last, ends.first, loop.position)
        // An iteration that takes nothing is no iteration, so there is one way to take none.
        if loop.minimum == 0 {
            ends.empty = 1
            ends.isFreelyEmpty = true
        } else if ends.empty > 0 {
            // But for the iterations that have to be there: what is taken can begin in the first of them or behind it.
            ends.first += ends.first
        }
        bound(ends)
        return ends
    }

    private mutating func join(_ left: Ends, _ right: Ends, loop: Int?) -> Ends {
        connect(left.last, right.first, loop)
        var ends = Ends(empty: min(2, left.empty * right.empty), isFreelyEmpty: left.isFreelyEmpty && right.isFreelyEmpty)
        ends.first = left.first
        for _ in 0..<left.empty { ends.first += right.first }
        ends.last = right.last
        for _ in 0..<right.empty { ends.last += left.last }
        ends.free = right.isFreelyEmpty ? right.free.union(left.free) : right.free
        bound(ends)
        return ends
    }

    private mutating func merge(_ ends: inout Ends, _ option: Ends) {
        ends.empty = min(2, ends.empty + option.empty)
        ends.isFreelyEmpty = ends.isFreelyEmpty || option.isFreelyEmpty
        ends.first += option.first
        ends.last += option.last
        ends.free.formUnion(option.free)
        bound(ends)
    }

    private mutating func bound(_ ends: Ends) {
        if ends.first.count + ends.last.count > Self.mostWays { isTooLarge = true }
    }

    private mutating func connect(_ from: [Int], _ to: [Int], _ loop: Int?) {
        ways += from.count * to.count
        guard ways <= Self.mostWays, !isTooLarge else {
            isTooLarge = true
            return
        }
        for source in from {
            for target in to {
                if let known = edges[source].firstIndex(where: { $0.target == target }) {
                    edges[source][known].ways = 2
                    edges[source][known].loop = loop ?? edges[source][known].loop
                } else {
                    edges[source].append(Edge(target: target, ways: 1, loop: loop))
                }
            }
        }
    }
}

extension PatternNode {
    /// Whether there is a quantifier without an upper bound inside.
    fileprivate var hasUnboundedLoop: Bool {
        switch self {
        case .empty, .set, .assertion, .backreference, .look: false
        case .sequence(let parts): parts.contains(where: \.hasUnboundedLoop)
        case .choice(let options): options.contains(where: \.hasUnboundedLoop)
        case .capture(_, let body): body.hasUnboundedLoop
        case .loop(let loop): loop.maximum == nil || loop.body.hasUnboundedLoop
        }
    }
}
