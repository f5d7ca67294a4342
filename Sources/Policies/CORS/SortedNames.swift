public import Bytes

/// Byte strings in order, found by binary search without allocating.
public struct SortedNames: Sendable {
    private struct Entry {
        var range: ByteRange
        /// Position among the names given.
        var position: Int
    }

    private let text: [UInt8]
    private let entries: [Entry]
    private let ignoresCase: Bool

    /// - Parameters:
    ///   - names: Of names that are equal the first counts.
    ///   - ignoresCase: Whether ASCII letters are compared without case.
    public init(_ names: [[UInt8]], ignoresCase: Bool = false) {
        self.ignoresCase = ignoresCase
        let written = ignoresCase ? names.map { $0.map(ASCII.lowercased) } : names
        let order = written.indices.sorted {
            written[$0] == written[$1] ? $0 < $1 : written[$0].lexicographicallyPrecedes(written[$1])
        }
        var text: [UInt8] = []
        var entries: [Entry] = []
        var last: [UInt8]?
        for position in order where written[position] != last {
            last = written[position]
            entries.append(Entry(range: ByteRange(text.count, text.count + written[position].count), position: position))
            text += written[position]
        }
        self.text = text
        self.entries = entries
    }

    /// Whether there is no name.
    public var isEmpty: Bool { entries.isEmpty }

    /// The position of a name among those given; nil when it is not there.
    public func position(of name: ByteView) -> Int? { position(of: name, .empty) }

    /// The position of the name that `head` and `tail` make together.
    func position(of head: ByteView, _ tail: ByteView) -> Int? {
        text.withByteView { text in
            var low = 0
            var high = entries.count
            while low < high {
                let middle = (low &+ high) >> 1
                let order = compare(text[entries[middle].range], head, tail)
                if order == 0 { return entries[middle].position }
                if order < 0 { low = middle &+ 1 } else { high = middle }
            }
            return nil
        }
    }

    /// Negative, zero or positive as `name` sorts before, with or after `head` and `tail` together.
    private func compare(_ name: ByteView, _ head: ByteView, _ tail: ByteView) -> Int {
        let middle = min(name.count, head.count)
        let order = common(name[0, middle], head[0, middle])
        if order != 0 { return order }
        if name.count > middle {
            let end = min(name.count, middle &+ tail.count)
            let order = common(name[middle, end], tail[0, end &- middle])
            if order != 0 { return order }
        }
        return name.count &- (head.count &+ tail.count)
    }

    /// How two texts of one length sort; only `right` may have capitals.
    private func common(_ left: ByteView, _ right: ByteView) -> Int {
        var index = 0
        if !ignoresCase {
            // Nearly all names of a table begin alike.
            while index &+ 8 <= left.count {
                let (one, other) = (left.load8(at: index), right.load8(at: index))
                if one != other { return one.byteSwapped < other.byteSwapped ? -1 : 1 }
                index &+= 8
            }
        }
        while index < left.count {
            let byte = ignoresCase ? ASCII.lowercased(right[index]) : right[index]
            if left[index] != byte { return left[index] < byte ? -1 : 1 }
            index &+= 1
        }
        return 0
    }
}
