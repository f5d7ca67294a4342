/// A pattern as a tree, in the terms of ECMA-262 section 22.2.1.
indirect enum PatternNode {
    case empty
    /// One code point of the set.
    case set(CodePointSet)
    case sequence([PatternNode])
    case choice([PatternNode])
    case loop(Loop)
    /// A capturing group; captures count from 1.
    case capture(Int, PatternNode)
    case assertion(Assertion)
    case look(Look)
    case backreference(Int)

    /// A quantified atom.
    struct Loop {
        let body: PatternNode
        let minimum: Int
        /// Nil for no upper bound.
        let maximum: Int?
        let isGreedy: Bool
        /// The capturing groups inside, which every iteration begins by forgetting.
        let captures: Range<Int>
        /// Where the quantifier stands, as an index of scalars.
        let position: Int
    }

    enum Assertion { case textStart, textEnd, wordBoundary, notWordBoundary }

    /// A lookahead or lookbehind.
    struct Look {
        let body: PatternNode
        let isAhead: Bool
        let isNegative: Bool
    }
}

extension PatternNode {
    /// Whether the node can match without taking a code point.
    var isNullable: Bool {
        switch self {
        case .empty, .assertion, .look, .backreference: true
        case .set: false
        case .sequence(let parts): parts.allSatisfy(\.isNullable)
        case .choice(let options): options.contains(where: \.isNullable)
        case .loop(let loop): loop.minimum == 0 || loop.body.isNullable
        case .capture(_, let body): body.isNullable
        }
    }

    /// Whether every match begins at the start of the text.
    var startsAtTextStart: Bool {
        switch self {
        case .assertion(.textStart): true
        case .sequence(let parts): parts.first?.startsAtTextStart ?? false
        case .choice(let options): options.allSatisfy(\.startsAtTextStart)
        case .capture(_, let body): body.startsAtTextStart
        case .loop(let loop): loop.minimum > 0 && loop.body.startsAtTextStart
        case .empty, .set, .assertion, .look, .backreference: false
        }
    }

    /// How many instructions the node becomes at most, saturating; also what analysing it costs.
    var size: Int {
        switch self {
        case .empty, .set, .assertion, .backreference: 1
        case .sequence(let parts): parts.reduce(1) { Self.saturatingSum($0, $1.size) }
        case .choice(let options): options.reduce(1) { Self.saturatingSum($0, Self.saturatingSum($1.size, 2)) }
        case .capture(_, let body): Self.saturatingSum(body.size, 2)
        case .look(let look): Self.saturatingSum(look.body.size, 2)
        case .loop(let loop): Self.sizeOfLoop(loop)
        }
    }

    private static func sizeOfLoop(_ loop: Loop) -> Int {
        let forced = saturatingSum(loop.body.size, loop.captures.isEmpty ? 0 : 1)
        let optional = saturatingSum(forced, loop.body.isNullable ? 3 : 1)
        let more = loop.maximum.map { max(0, $0 - loop.minimum) }
        let copies = saturatingProduct(forced, loop.minimum)
        return saturatingSum(copies, saturatingSum(saturatingProduct(optional, more ?? 1), 1))
    }

    private static func saturatingProduct(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }

    private static func saturatingSum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
