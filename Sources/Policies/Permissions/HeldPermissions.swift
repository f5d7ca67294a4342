public import Bytes

/// The permissions somebody holds: names matched exactly, by `module.*`, or by `*`. Immutable.
public final class HeldPermissions: Sendable {
    /// Whether everything is allowed.
    public let holdsAll: Bool
    /// What was given but is not a permission; it grants nothing.
    public let ignored: [String]
    /// A module wildcard is stored as `module.*`.
    private let names: NameSet

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
        (holdsAll, self.ignored) = (all, ignored)
        self.names = NameSet(kept.sorted().map { Array($0.utf8) }, seed: seed)
    }

    /// Distinct names and module wildcards held, not counting `*`.
    public var count: Int { names.count }

    /// Whether the permission a request needs is held.
    ///
    /// `capture` answers the value of the path parameter with a number. A value that cannot be part of a name allows nothing,
    /// except to who holds `*`. Allocates nothing.
    public func allows(_ pattern: PermissionPattern, capture: (Int) -> ByteView) -> Bool {
        if holdsAll { return true }
        if count == 0 { return false }
        if let fixed = pattern.fixed, fixed.withByteView({ names.contains($0) }) { return true }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: PermissionPattern.mostBytes) { room in
            guard let name = pattern.fill(room, capture: capture) else { return false }
            if names.contains(Self.view(room, name.count)) { return true }
            room[name.moduleCount] = UInt8(ascii: ".")
            room[name.moduleCount &+ 1] = UInt8(ascii: "*")
            return names.contains(Self.view(room, name.moduleCount &+ 2))
        }
    }

    /// Whether a permission without parameters is held.
    public func allows(_ pattern: PermissionPattern) -> Bool { allows(pattern) { _ in .empty } }

    private static func view(_ room: UnsafeMutableBufferPointer<UInt8>, _ count: Int) -> ByteView {
        ByteView(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[0..<count]))
    }

    private static func isGrant(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return parts.count == 3 && parts.allSatisfy { NamePart.isValid($0) }
            || parts.count == 2 && NamePart.isValid(parts[0]) && parts[1] == "*"
    }
}
