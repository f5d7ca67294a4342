import Patterns

/// The contextual rules of RFC 5892 appendix A.
enum ContextRule {
    private typealias Tables = IDNATables

    /// Whether the rule of the code point at `index` holds, or nil when it has none.
    static func holds(_ points: UnsafeMutableBufferPointer<UInt32>, _ count: Int, at index: Int) -> Bool? {
        let before = index > 0 ? points[index - 1] : nil
        let behind = index + 1 < count ? points[index + 1] : nil
        switch points[index] {
        case 0x200C: return before.map(Tables.viramas.contains) == true || isBetweenJoining(points, count, index)
        case 0x200D: return before.map(Tables.viramas.contains) ?? false
        case 0xB7: return before == 0x6C && behind == 0x6C
        case 0x375: return behind.map(Tables.greek.contains) ?? false
        case 0x5F3, 0x5F4: return before.map(Tables.hebrew.contains) ?? false
        case 0x30FB: return points[..<count].contains(where: Tables.japanese.contains)
        case 0x660...0x669: return !points[..<count].contains { (0x6F0...0x6F9).contains($0) }
        case 0x6F0...0x6F9: return !points[..<count].contains { (0x660...0x669).contains($0) }
        default: return nil
        }
    }

    /// Whether letters on both sides would join but for the code point at `index`.
    private static func isBetweenJoining(_ points: UnsafeMutableBufferPointer<UInt32>, _ count: Int, _ index: Int) -> Bool {
        var left = index - 1
        while left >= 0, Tables.transparent.contains(points[left]) { left -= 1 }
        var right = index + 1
        while right < count, Tables.transparent.contains(points[right]) { right += 1 }
        return left >= 0 && right < count && Tables.joinsNext.contains(points[left]) && Tables.joinsBefore.contains(points[right])
    }
}
