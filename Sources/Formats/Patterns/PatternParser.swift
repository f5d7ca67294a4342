/// Reads the grammar of ECMA-262 section 22.2.1 with the flag u, and nothing else.
struct PatternParser {
    let scalars: [Unicode.Scalar]
    let limits: PatternLimits
    var at = 0
    private(set) var groupCount = 0
    /// Names of groups, with their numbers.
    private var names: [String: Int] = [:]
    /// Backreferences to be held against the groups when all are known, with where they stand.
    var references: [(number: Int, position: Int)] = []
    /// Named backreferences in order; `PatternNode.backreference(-1 - index)` until their group is known.
    var namedReferences: [(name: String, position: Int)] = []
    private var setRanges = 0

    /// What a parse answers: the tree and the number of capturing groups.
    struct Result {
        let root: PatternNode
        let groupCount: Int
    }

    static func parse(_ source: String, _ limits: PatternLimits) throws(PatternError) -> Result {
        guard source.utf8.count <= limits.sourceBytes else {
            let message = "a pattern has at most \(limits.sourceBytes) bytes"
            throw PatternError(code: .tooLarge, offset: limits.sourceBytes, message: message)
        }
        var parser = PatternParser(scalars: Array(source.unicodeScalars), limits: limits)
        let root = try parser.disjunction(depth: 0)
        if parser.at < parser.scalars.count { throw parser.error("a closing parenthesis that opens nowhere") }
        return Result(root: try parser.resolved(root), groupCount: parser.groupCount)
    }

    private init(scalars: [Unicode.Scalar], limits: PatternLimits) {
        self.scalars = scalars
        self.limits = limits
    }

    // MARK: - Alternatives and terms

    mutating func disjunction(depth: Int) throws(PatternError) -> PatternNode {
        guard depth <= limits.depth else { throw error("groups are nested deeper than \(limits.depth)", .tooLarge) }
        var options = [try alternative(depth: depth)]
        while take("|") { options.append(try alternative(depth: depth)) }
        return options.count == 1 ? options[0] : .choice(options)
    }

    private mutating func alternative(depth: Int) throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let next = peek, next != "|", next != ")" { parts.append(try term(depth: depth)) }
        switch parts.count {
        case 0: return .empty
        case 1: return parts[0]
        default: return .sequence(parts)
        }
    }

    private mutating func term(depth: Int) throws(PatternError) -> PatternNode {
        let start = at
        let firstCapture = groupCount + 1
        guard let next = take() else { return .empty }
        switch next {
        case "^": return .assertion(.textStart)
        case "$": return .assertion(.textEnd)
        case "\\" where take("b"): return .assertion(.wordBoundary)
        case "\\" where take("B"): return .assertion(.notWordBoundary)
        case "(":
            let (node, isAssertion) = try group(start: start, depth: depth)
            return isAssertion ? node : try quantified(node, firstCapture)
        case ".": return try quantified(.set(.dot), firstCapture)
        case "[": return try quantified(try characterClass(start: start), firstCapture)
        case "\\": return try quantified(try atomEscape(start: start), firstCapture)
        case "*", "+", "?": throw error("a quantifier without anything to repeat", at: start)
        case "]", "{", "}": throw error("'\(next)' must be written '\\\(next)'", at: start)
        default: return try quantified(.set(CodePointSet(next.value)), firstCapture)
        }
    }

    // MARK: - Quantifiers

    private mutating func quantified(_ body: PatternNode, _ firstCapture: Int) throws(PatternError) -> PatternNode {
        let position = at
        guard let (minimum, maximum) = try bounds() else { return body }
        let isGreedy = !take("?")
        if let maximum, minimum > maximum { throw error("the numbers of a quantifier are out of order", at: position) }
        return .loop(
            PatternNode.Loop(
                body: body, minimum: minimum, maximum: maximum, isGreedy: isGreedy,
                captures: firstCapture..<groupCount + 1, position: position))
    }

    private mutating func bounds() throws(PatternError) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = at
        guard take("{") else { return nil }
        guard let minimum = decimal() else { throw error("'{' must be written '\\{'", at: start) }
        var maximum: Int? = minimum
        if take(",") { maximum = decimal() }
        guard take("}") else { throw error("a quantifier without its closing brace", at: start) }
        return (minimum, maximum)
    }

    /// A run of digits; a number too large for any limit stays at `Int32.max`.
    mutating func decimal() -> Int? {
        var value: Int?
        while let digit = peek, ("0"..."9").contains(digit) {
            at += 1
            value = min((value ?? 0) * 10 + Int(digit.value - 0x30), Int(Int32.max))
        }
        return value
    }

    // MARK: - Groups

    /// What follows an opening parenthesis; the flag says that it is an assertion, which takes no quantifier.
    private mutating func group(start: Int, depth: Int) throws(PatternError) -> (PatternNode, Bool) {
        guard take("?") else { return (try capture(start: start, depth: depth), false) }
        if take(":") { return (try closed(start: start, depth: depth), false) }
        if take("=") { return (try look(isAhead: true, isNegative: false, start, depth), true) }
        if take("!") { return (try look(isAhead: true, isNegative: true, start, depth), true) }
        if take("<") {
            if take("=") { return (try look(isAhead: false, isNegative: false, start, depth), true) }
            if take("!") { return (try look(isAhead: false, isNegative: true, start, depth), true) }
            let position = at
            let name = try groupName()
            guard names.updateValue(groupCount + 1, forKey: name) == nil else {
                throw error("two groups have the name '\(name)'", at: position)
            }
            return (try capture(start: start, depth: depth), false)
        }
        throw error("ECMA-262 has no such group", at: start)
    }

    private mutating func capture(start: Int, depth: Int) throws(PatternError) -> PatternNode {
        groupCount += 1
        let number = groupCount
        return .capture(number, try closed(start: start, depth: depth))
    }

    private mutating func look(
        isAhead: Bool, isNegative: Bool, _ start: Int, _ depth: Int
    ) throws(PatternError) -> PatternNode {
        let body = try closed(start: start, depth: depth)
        return .look(PatternNode.Look(body: body, isAhead: isAhead, isNegative: isNegative))
    }

    private mutating func closed(start: Int, depth: Int) throws(PatternError) -> PatternNode {
        let body = try disjunction(depth: depth + 1)
        guard take(")") else { throw error("a group without its closing parenthesis", at: start) }
        return body
    }

    // MARK: - Backreferences

    /// The tree with its named backreferences numbered, once every group is known.
    private func resolved(_ root: PatternNode) throws(PatternError) -> PatternNode {
        for reference in references where reference.number > groupCount {
            throw error("there is no group \(reference.number)", .unknownGroup, at: reference.position)
        }
        var numbers: [Int] = []
        for reference in namedReferences {
            guard let number = names[reference.name] else {
                throw error("there is no group '\(reference.name)'", .unknownGroup, at: reference.position)
            }
            numbers.append(number)
        }
        return numbers.isEmpty ? root : root.numbering(numbers)
    }

    // MARK: - Reading

    var peek: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

    mutating func take() -> Unicode.Scalar? {
        guard at < scalars.count else { return nil }
        at += 1
        return scalars[at - 1]
    }

    mutating func take(_ expected: Unicode.Scalar) -> Bool {
        guard at < scalars.count, scalars[at] == expected else { return false }
        at += 1
        return true
    }

    /// A set that the tree is going to hold; all of them together are bounded.
    mutating func admitted(_ set: CodePointSet, _ start: Int) throws(PatternError) -> CodePointSet {
        setRanges += set.ranges.count
        guard setRanges <= limits.setRanges else {
            throw error("the classes together have more than \(limits.setRanges) ranges", .tooLarge, at: start)
        }
        return set
    }

    func error(_ message: String, _ code: PatternError.Code = .syntax, at position: Int? = nil) -> PatternError {
        let offset = scalars[..<min(position ?? at, scalars.count)].reduce(0) { $0 + UTF8.width($1) }
        return PatternError(code: code, offset: offset, message: message)
    }
}

extension PatternNode {
    /// The tree with `backreference(-1 - index)` replaced by the group numbers at `index`.
    fileprivate func numbering(_ numbers: [Int]) -> PatternNode {
        switch self {
        case .empty, .set, .assertion: self
        case .sequence(let parts): .sequence(parts.map { $0.numbering(numbers) })
        case .choice(let options): .choice(options.map { $0.numbering(numbers) })
        case .capture(let number, let body): .capture(number, body.numbering(numbers))
        case .backreference(let number): number < 0 ? .backreference(numbers[-1 - number]) : self
        case .look(let look):
            .look(Look(body: look.body.numbering(numbers), isAhead: look.isAhead, isNegative: look.isNegative))
        case .loop(let loop):
            .loop(
                Loop(
                    body: loop.body.numbering(numbers), minimum: loop.minimum, maximum: loop.maximum, isGreedy: loop.isGreedy,
                    captures: loop.captures, position: loop.position))
        }
    }
}
