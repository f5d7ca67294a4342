/// Looks for repetitions that can take the same text in more than one way (Weber and Seidl, "On the degree of ambiguity of
/// finite automata", 1991), where what follows can fail and so makes an engine that tries go through all of them.
struct HazardAnalysis {
    /// A kind of growth and the quantifier it comes from, as an index of scalars.
    struct Finding {
        let growth: PatternHazard.Growth
        let position: Int
    }

    /// So many loops that can exchange their text are the fourth power; `^\S+@\S+\.\S+$` is the third and common.
    private static let mostLinks = 2
    /// Most pairs and triples of positions that are looked at, in a pattern and its lookarounds together.
    private static let mostSteps = 50_000

    private let positions: PatternPositions
    private let alphabet: Alphabet
    /// The strongly connected component of each position, or nil for one that nothing leads back to.
    private let components: [Int?]
    private var steps: Int

    /// The worst finding of a pattern and of its lookarounds' bodies; nil when there is none.
    static func run(_ root: PatternNode, _ numbers: [CodePointSet: Int32], _ alphabet: Alphabet) -> Finding? {
        var pending = [root]
        var found: Finding?
        var steps = 0
        while let node = pending.popLast() {
            guard let positions = PatternPositions(node, numbers) else { return found ?? Finding(growth: .unknown, position: 0) }
            pending += positions.bodies
            var analysis = HazardAnalysis(positions, alphabet, steps)
            if let exponential = analysis.exponential() { return exponential }
            found = found ?? analysis.polynomial()
            steps = analysis.steps
            if steps > mostSteps { return found ?? Finding(growth: .unknown, position: 0) }
        }
        return found
    }

    private init(_ positions: PatternPositions, _ alphabet: Alphabet, _ steps: Int) {
        self.steps = steps
        self.positions = positions
        self.alphabet = alphabet
        components = Components.of(positions.edges.map { $0.map(\.target) })
    }

    // MARK: - Exponential: two ways from a position back to itself over the same text

    private mutating func exponential() -> Finding? {
        for (source, edges) in positions.edges.enumerated() where components[source] != nil {
            for edge in edges where edge.ways > 1 && components[edge.target] == components[source] {
                if !positions.isFree[source] || !positions.isFree[edge.target] { return finding(edge.loop, source, edge.target) }
            }
        }
        return partedAndMet()
    }

    /// Whether one position leads to two over the same text, and these to one again.
    private mutating func partedAndMet() -> Finding? {
        let count = positions.sets.count
        var pending = positions.sets.indices.filter { components[$0] != nil && !positions.isFree[$0] }.map { $0 * count + $0 }
        var seen = Set(pending)
        while let pair = pending.popLast() {
            let (first, second) = (pair / count, pair % count)
            for left in inside(first) {
                for right in inside(second) {
                    steps += 1
                    if steps > Self.mostSteps { return nil }
                    guard alphabet.overlap(positions.sets[left], positions.sets[right]) else { continue }
                    // All positions here are of one component, so that whatever meets comes back to where it parted.
                    if left == right, first != second { return finding(nil, first, second) }
                    let next = min(left, right) * count + max(left, right)
                    if seen.insert(next).inserted { pending.append(next) }
                }
            }
        }
        return nil
    }

    /// What can follow a position in its own component.
    private func inside(_ position: Int) -> [Int] {
        positions.edges[position].lazy.map(\.target).filter { components[$0] == components[position] }
    }

    // MARK: - Polynomial: loops one behind the other that can exchange their text

    private mutating func polynomial() -> Finding? {
        let members = Dictionary(grouping: positions.sets.indices.filter { components[$0] != nil }) { components[$0] ?? 0 }
        // A component's number is above those it leads to.
        let order = members.keys.sorted(by: >)
        var links: [Int: Int] = [:]
        for (index, component) in order.enumerated() {
            let targets = members[component] ?? []
            for before in order[..<index] {
                let sources = members[before] ?? []
                guard let known = links[before], leads(from: sources[0], to: targets[0]) else { continue }
                let isLinked = sources.contains { source in
                    targets.contains { !positions.isFree[$0] && exchanges(source, $0) }
                }
                links[component] = max(links[component] ?? 0, known + (isLinked ? 1 : 0))
                if steps > Self.mostSteps { return nil }
            }
            links[component] = links[component] ?? 0
            if links[component] ?? 0 > Self.mostLinks {
                return Finding(growth: .polynomial, position: positions.loops[targets[0]].first ?? 0)
            }
        }
        return nil
    }

    private mutating func leads(from start: Int, to end: Int) -> Bool {
        var seen = Set([start])
        var pending = [start]
        while let position = pending.popLast() {
            if position == end { return true }
            for edge in positions.edges[position] where seen.insert(edge.target).inserted { pending.append(edge.target) }
            steps += positions.edges[position].count
            if steps > Self.mostSteps { return false }
        }
        return false
    }

    /// Whether one text leads from `source` to itself, from `source` to `target`, and from `target` to itself.
    private mutating func exchanges(_ source: Int, _ target: Int) -> Bool {
        let count = positions.sets.count
        func packed(_ first: Int, _ second: Int, _ third: Int) -> Int { (first * count + second) * count + third }
        var pending = [packed(source, source, target)]
        var seen = Set(pending)
        while let state = pending.popLast() {
            for first in inside(state / count / count) {
                for third in inside(state % count) {
                    for edge in positions.edges[state / count % count] {
                        steps += 1
                        if steps > Self.mostSteps { return false }
                        let second = edge.target
                        guard alphabet.overlap(positions.sets[first], positions.sets[second], positions.sets[third]) else {
                            continue
                        }
                        if first == source, second == target, third == target { return true }
                        let next = packed(first, second, third)
                        if seen.insert(next).inserted { pending.append(next) }
                    }
                }
            }
        }
        return false
    }

    /// A finding at `loop`, or at the innermost quantifier around both positions.
    private func finding(_ loop: Int?, _ left: Int, _ right: Int) -> Finding {
        let common = positions.loops[left].first { positions.loops[right].contains($0) }
        return Finding(growth: .exponential, position: loop ?? common ?? 0)
    }
}
