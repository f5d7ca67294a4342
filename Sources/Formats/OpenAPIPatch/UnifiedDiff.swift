/// Two texts as the lines that differ, in the form that `patch` and `git apply` read.
enum UnifiedDiff {
    /// Unchanged lines shown around each change, as everybody does.
    private static let context = 3

    /// Empty for equal texts.
    static func text(from old: [UInt8], to new: [UInt8], path: String) -> String {
        let (before, after) = (lines(old), lines(new))
        let steps = steps(before, after)
        guard steps.contains(where: { $0.mark != UInt8(ascii: " ") }) else { return "" }
        var result = Array("--- a/\(path)\n+++ b/\(path)\n".utf8)
        var index = 0
        while let first = steps[index...].firstIndex(where: { $0.mark != UInt8(ascii: " ") }) {
            // A hunk goes on as long as no more than two contexts of unchanged lines lie between changes.
            var end = first + 1
            var scan = end
            while scan < steps.count, scan - end <= 2 * context {
                if steps[scan].mark != UInt8(ascii: " ") { end = scan + 1 }
                scan += 1
            }
            let range = max(index, first - context)..<min(steps.count, end + context)
            append(steps[range], to: &result)
            index = range.upperBound
        }
        return String(decoding: result, as: UTF8.self)
    }

    private struct Step {
        let mark: UInt8
        let line: ArraySlice<UInt8>
        /// Lines of each text before this one.
        let old: Int
        let new: Int
    }

    private static func append(_ steps: ArraySlice<Step>, to result: inout [UInt8]) {
        guard let first = steps.first else { return }
        let old = steps.count { $0.mark != UInt8(ascii: "+") }
        let new = steps.count { $0.mark != UInt8(ascii: "-") }
        // A range of no lines is named by the line before it.
        result += "@@ -\(first.old + (old > 0 ? 1 : 0)),\(old) +\(first.new + (new > 0 ? 1 : 0)),\(new) @@\n".utf8
        for step in steps {
            result.append(step.mark)
            result += step.line
            if step.line.last != 0x0A { result += "\n\\ No newline at end of file\n".utf8 }
        }
    }

    /// Lines with what ends them.
    private static func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for index in text.indices where text[index] == 0x0A {
            lines.append(text[start...index])
            start = index + 1
        }
        if start < text.count { lines.append(text[start...]) }
        return lines
    }

    private static func steps(_ before: [ArraySlice<UInt8>], _ after: [ArraySlice<UInt8>]) -> [Step] {
        let difference = after.difference(from: before)
        let removed = Set(difference.removals.map(\.offset))
        let inserted = Set(difference.insertions.map(\.offset))
        var steps: [Step] = []
        var (old, new) = (0, 0)
        while old < before.count || new < after.count {
            if removed.contains(old) {
                steps.append(Step(mark: UInt8(ascii: "-"), line: before[old], old: old, new: new))
                old += 1
            } else if inserted.contains(new) {
                steps.append(Step(mark: UInt8(ascii: "+"), line: after[new], old: old, new: new))
                new += 1
            } else {
                guard old < before.count else { break }
                steps.append(Step(mark: UInt8(ascii: " "), line: before[old], old: old, new: new))
                old += 1
                new += 1
            }
        }
        return steps
    }
}

extension CollectionDifference.Change {
    fileprivate var offset: Int {
        switch self {
        case .insert(let offset, _, _), .remove(let offset, _, _): offset
        }
    }
}
