public import Bytes

/// The permissions somebody holds: names matched exactly, by `module.*`, or by `*`. Immutable.
public final class HeldPermissions: Sendable {
    /// Whether everything is allowed.
    public let holdsAll: Bool
    /// Distinct names and module wildcards held, not counting `*`.
    public let count: Int
    /// What was given but is not a permission; it grants nothing.
    public let ignored: [String]

    /// Every name one after the other; a module wildcard is stored as `module.*`.
    private let bytes: [UInt8]
    private let ranges: [ByteRange]
    /// Open addressing: one more than an index into `ranges`, 0 for a free slot. At most half full.
    private let slots: [UInt32]
    private let hash: KeyedHash

    /// A set that allows nothing.
    public static let none = HeldPermissions([])

    /// The set of `names`; whatever is not `*`, `module.*` or three valid parts is put into `ignored`.
    public init(_ names: some Sequence<String>, seed: UInt64 = .random(in: .min ... .max)) {
        var all = false
        var ignored: [String] = []
        var kept = Set<String>()
        for name in names {
            if name == "*" {
                all = true
            } else if Self.isGrant(name) {
                kept.insert(name)
            } else {
                ignored.append(name)
            }
        }
        var bytes: [UInt8] = []
        var ranges: [ByteRange] = []
        var size = 2
        while size < kept.count * 2 { size *= 2 }
        var slots = [UInt32](repeating: 0, count: size)
        hash = KeyedHash(seed: seed)
        for name in kept.sorted() {
            let start = bytes.count
            bytes += Array(name.utf8)
            ranges.append(ByteRange(start, bytes.count))
            var slot = Self.slot(name.withByteView { [hash] in hash($0) }, size)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = UInt32(ranges.count)
        }
        (holdsAll, count, self.ignored, self.bytes, self.ranges, self.slots) = (all, kept.count, ignored, bytes, ranges, slots)
    }

    /// Whether the permission a request needs is held.
    ///
    /// `capture` answers the value of the path parameter with a number. A value that cannot be part of a name allows nothing,
    /// except to who holds `*`. Allocates nothing.
    public func allows(_ pattern: PermissionPattern, capture: (Int) -> ByteView) -> Bool {
        if holdsAll { return true }
        if count == 0 { return false }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: PermissionPattern.mostBytes) { room in
            guard let name = pattern.fill(room, capture: capture) else { return false }
            if holds(Self.view(room, name.count)) { return true }
            room[name.moduleCount] = UInt8(ascii: ".")
            room[name.moduleCount &+ 1] = UInt8(ascii: "*")
            return holds(Self.view(room, name.moduleCount &+ 2))
        }
    }

    /// Whether a permission without parameters is held.
    public func allows(_ pattern: PermissionPattern) -> Bool { allows(pattern) { _ in .empty } }

    private static func view(_ room: UnsafeMutableBufferPointer<UInt8>, _ count: Int) -> ByteView {
        ByteView(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[0..<count]))
    }

    private func holds(_ name: ByteView) -> Bool {
        bytes.withByteView { bytes in
            var slot = Self.slot(hash(name), slots.count)
            while slots[slot] != 0 {
                if bytes[ranges[Int(slots[slot]) &- 1]] == name { return true }
                slot = (slot &+ 1) & (slots.count &- 1)
            }
            return false
        }
    }

    private static func slot(_ hash: UInt64, _ size: Int) -> Int { Int(truncatingIfNeeded: hash) & (size - 1) }

    private static func isGrant(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let isValid = { (part: String) in part.withByteView { PermissionSegment.isValid($0) } }
        return parts.count == 3 && parts.allSatisfy(isValid) || parts.count == 2 && isValid(parts[0]) && parts[1] == "*"
    }
}
