/// Finds the word a writer probably meant.
public enum Suggestion {
    /// Words longer than this are not compared: the cost is quadratic and no key is that long.
    static let longestWord = 64

    /// `; did you mean "x"?` with the nearest of `words`, or nothing when none is near.
    public static func clause(for word: String, among words: [String]) -> String {
        nearest(to: word, among: words).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    /// The word at the smallest edit distance, at most a third of the length and never more than three; the first of equals.
    public static func nearest(to word: String, among words: [String]) -> String? {
        let typed = normalised(word)
        guard typed.count <= longestWord else { return nil }
        let allowed = min(3, max(1, typed.count / 3))
        var best: (word: String, distance: Int)?
        for candidate in words {
            let other = normalised(candidate)
            guard other.count <= longestWord, abs(other.count - typed.count) <= allowed else { continue }
            let distance = editDistance(typed, other)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Case and separators are the commonest slips: `maxBody` means `max_body`.
    private static func normalised(_ word: String) -> [UInt8] {
        word.utf8.compactMap { byte in
            if byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") { return nil }
            return byte &- 65 < 26 ? byte | 0x20 : byte
        }
    }

    /// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other (Damerau, restricted).
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var older: [Int] = []
        var previous = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var distance = min(previous[j] + (left[i] == right[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { distance = min(distance, older[j - 1] + 1) }
                row.append(distance)
            }
            older = previous
            previous = row
        }
        return previous[right.count]
    }
}
