extension PatternParser {
    /// A member of a class: one code point, which may begin or end a range, or a set, which may not.
    private enum Member {
        case point(UInt32)
        case set(CodePointSet)
    }

    /// What follows an opening bracket, to the closing one.
    mutating func characterClass(start: Int) throws(PatternError) -> PatternNode {
        let isNegated = take("^")
        var ranges: [CodePointSet.Range] = []
        while !take("]") {
            let position = at
            let first = try member(start)
            guard peek == "-", at + 1 < scalars.count, scalars[at + 1] != "]" else {
                append(first, to: &ranges)
                continue
            }
            at += 1
            let last = try member(start)
            guard case .point(let lower) = first, case .point(let upper) = last else {
                throw error("a class such as \\d neither begins nor ends a range", at: position)
            }
            guard lower <= upper else { throw error("the ends of a range are out of order", at: position) }
            ranges.append(CodePointSet.Range(lower: lower, upper: upper))
        }
        let set = CodePointSet(ranges)
        return .set(try admitted(isNegated ? set.inverted : set, start))
    }

    private func append(_ member: Member, to ranges: inout [CodePointSet.Range]) {
        switch member {
        case .point(let point): ranges.append(CodePointSet.Range(lower: point, upper: point))
        case .set(let set): ranges += set.ranges
        }
    }

    private mutating func member(_ start: Int) throws(PatternError) -> Member {
        let position = at
        guard let next = take() else { throw error("a class without its closing bracket", at: start) }
        guard next == "\\" else { return .point(next.value) }
        // Counted as they are read: a class may name large sets many times.
        if let set = try classEscape(start: position) { return .set(try admitted(set, position)) }
        return .point(try characterEscape(start: position, inClass: true))
    }
}
