/// A set of code points as sorted ranges that neither overlap nor touch.
package struct CodePointSet: Hashable, Sendable {
    package struct Range: Hashable, Sendable {
        package var lower: UInt32
        package var upper: UInt32
    }

    package private(set) var ranges: [Range]

    /// The last code point there is.
    static let last: UInt32 = 0x10FFFF

    static let empty = CodePointSet(sorted: [])
    static let all = CodePointSet(0, last)

    /// The code points from `lower` to `upper`, both included.
    init(_ lower: UInt32, _ upper: UInt32) { ranges = [Range(lower: lower, upper: upper)] }

    init(_ single: UInt32) { self.init(single, single) }

    /// The code points of the given ranges in any order.
    package init(_ unsorted: [Range]) {
        ranges = []
        for range in unsorted.sorted(by: { $0.lower < $1.lower }) {
            if let previous = ranges.last, range.lower <= previous.upper &+ 1 {
                ranges[ranges.count - 1].upper = max(previous.upper, range.upper)
            } else {
                ranges.append(range)
            }
        }
    }

    private init(sorted: [Range]) { ranges = sorted }

    func union(_ other: CodePointSet) -> CodePointSet { CodePointSet(ranges + other.ranges) }

    var inverted: CodePointSet {
        var gaps: [Range] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lower > next { gaps.append(Range(lower: next, upper: range.lower - 1)) }
            next = range.upper + 1
        }
        if next <= Self.last { gaps.append(Range(lower: next, upper: Self.last)) }
        return CodePointSet(sorted: gaps)
    }

    func subtracting(_ other: CodePointSet) -> CodePointSet { inverted.union(other).inverted }

    package func contains(_ point: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low &+ high) >> 1
            if ranges[middle].upper < point { low = middle &+ 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lower <= point
    }
}

extension CodePointSet {
    private init(_ pairs: [(UInt32, UInt32)]) { self.init(pairs.map { Range(lower: $0.0, upper: $0.1) }) }

    /// `\d`.
    static let digits = CodePointSet(0x30, 0x39)
    /// `\w` without the flag i.
    static let word = CodePointSet([(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
    /// `\s`: WhiteSpace and LineTerminator of ECMA-262 sections 12.2 and 12.3.
    static let space = CodePointSet([
        (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
        (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
    ])
    /// What `.` matches without the flag s: all but line terminators.
    static let dot = CodePointSet([(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)]).inverted
}
