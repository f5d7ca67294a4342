/// The code points in classes that no set of a pattern tells apart, so that a set is a row of bits.
struct Alphabet {
    /// The number of classes.
    let count: Int
    /// The class of each code point below 128.
    let ascii: [UInt16]
    /// Where each run of one class begins, and its class.
    private let starts: [UInt32]
    private let classes: [UInt16]
    /// One row of `wordsPerSet` words a set.
    private let rows: [UInt64]
    private let wordsPerSet: Int

    /// Most classes, so that a class fits its sixteen bits and the rows stay small.
    private static let mostClasses = 4096
    /// Most words of all rows together.
    private static let mostRowWords = 131_072
    /// Most steps of telling classes apart.
    private static let mostSteps = 1_048_576

    /// The alphabet of `sets`, or nil when there are too many to tell apart.
    init?(_ sets: [CodePointSet]) {
        var bounds: Set<UInt32> = [0]
        for range in sets.lazy.flatMap(\.ranges) {
            bounds.insert(range.lower)
            if range.upper < CodePointSet.last { bounds.insert(range.upper + 1) }
        }
        let starts = bounds.sorted()
        guard let refined = Self.refine(starts, sets) else { return nil }
        self.starts = starts
        self.classes = refined.classes
        self.count = refined.count
        let wordsPerSet = (refined.count + 63) >> 6
        guard wordsPerSet * sets.count <= Self.mostRowWords else { return nil }
        var rows = [UInt64](repeating: 0, count: wordsPerSet * sets.count)
        for (number, set) in sets.enumerated() {
            for range in set.ranges {
                var index = Self.run(of: range.lower, starts)
                while index < starts.count, starts[index] <= range.upper {
                    let member = Int(refined.classes[index])
                    rows[number * wordsPerSet + member >> 6] |= 1 << UInt64(member & 63)
                    index += 1
                }
            }
        }
        self.rows = rows
        self.wordsPerSet = wordsPerSet
        self.ascii = (0..<128).map { refined.classes[Self.run(of: $0, starts)] }
    }

    var byteCount: Int { 2 * ascii.count + 6 * starts.count + 8 * rows.count }

    /// The class of a code point.
    @inline(__always)
    func classOf(_ point: UInt32) -> Int {
        point < 128 ? Int(ascii[Int(point)]) : Int(classes[Self.run(of: point, starts)])
    }

    /// Whether the set numbered `set` has the class.
    @inline(__always)
    func contains(_ set: Int, _ member: Int) -> Bool {
        rows[set &* wordsPerSet &+ member >> 6] & (1 << UInt64(truncatingIfNeeded: member & 63)) != 0
    }

    /// Whether two sets have a code point in common.
    func overlap(_ left: Int, _ right: Int) -> Bool {
        (0..<wordsPerSet).contains { rows[left * wordsPerSet + $0] & rows[right * wordsPerSet + $0] != 0 }
    }

    /// Whether three sets have a code point in common.
    func overlap(_ first: Int, _ second: Int, _ third: Int) -> Bool {
        (0..<wordsPerSet).contains {
            rows[first * wordsPerSet + $0] & rows[second * wordsPerSet + $0] & rows[third * wordsPerSet + $0] != 0
        }
    }

    /// The last run that begins at or before `point`.
    @inline(__always)
    private static func run(of point: UInt32, _ starts: [UInt32]) -> Int {
        var low = 0
        var high = starts.count
        while high &- low > 1 {
            let middle = (low &+ high) >> 1
            if starts[middle] <= point { low = middle } else { high = middle }
        }
        return low
    }

    /// Splits the classes set by set: what a set has of a class becomes a class of its own.
    private static func refine(_ starts: [UInt32], _ sets: [CodePointSet]) -> (classes: [UInt16], count: Int)? {
        var classes = [UInt16](repeating: 0, count: starts.count)
        // By class: its runs, those of them in the set at hand, and the class these move to.
        var sizes = [starts.count]
        var found = [0]
        var moved: [UInt16] = [0]
        var inSet: [Int] = []
        var met: [UInt16] = []
        var steps = 0
        for set in sets {
            inSet.removeAll(keepingCapacity: true)
            met.removeAll(keepingCapacity: true)
            for range in set.ranges {
                var index = run(of: range.lower, starts)
                while index < starts.count, starts[index] <= range.upper {
                    let old = classes[index]
                    if found[Int(old)] == 0 { met.append(old) }
                    found[Int(old)] += 1
                    inSet.append(index)
                    index += 1
                }
            }
            steps += inSet.count
            guard steps <= mostSteps else { return nil }
            for old in met {
                let count = found[Int(old)]
                found[Int(old)] = 0
                moved[Int(old)] = old
                guard count < sizes[Int(old)] else { continue }
                guard sizes.count < mostClasses else { return nil }
                moved[Int(old)] = UInt16(sizes.count)
                sizes[Int(old)] -= count
                sizes.append(count)
                found.append(0)
                moved.append(0)
            }
            for index in inSet { classes[index] = moved[Int(classes[index])] }
        }
        return (classes, sizes.count)
    }
}
