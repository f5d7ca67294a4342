/// Keys known not to exist, for a while, in memory of a fixed size.
///
/// Each key has one place; two that share it push each other out. Forgetting early is harmless: the next question is
/// limited in rate anyway.
struct UnknownKeyTable: Sendable {
    /// A power of two; 4096 bytes of table hold off any honest mistake, and a flood is the rate limit's matter.
    static let places = 256

    private var keys = [UInt64](repeating: 0, count: places)
    private var ends = [Int64](repeating: .min, count: places)

    /// Whether the key was marked as unknown and the mark still holds at `now`.
    func contains(_ key: UInt64, now: Int64) -> Bool {
        let place = Int(truncatingIfNeeded: key) & (Self.places - 1)
        return keys[place] == key && now < ends[place]
    }

    /// Marks the key as unknown until then.
    mutating func insert(_ key: UInt64, until end: Int64) {
        let place = Int(truncatingIfNeeded: key) & (Self.places - 1)
        keys[place] = key
        ends[place] = end
    }
}
