/// A version of the API: the number in `/api/v1`.
public struct APIVersion: Hashable, Comparable, Sendable {
    /// More versions than any platform keeps; those up to the newest are asked for one by one.
    static let numbers = 1...99

    public let number: Int

    /// The version that a segment of a path names: `v` and a number from 1 to 99 without leading zeros.
    public init?(_ segment: some StringProtocol) {
        guard segment.first == "v" else { return nil }
        let digits = segment.dropFirst()
        guard digits.first != "0", digits.utf8.allSatisfy({ $0 &- 48 < 10 }), let number = Int(digits),
            Self.numbers.contains(number)
        else { return nil }
        self.number = number
    }

    /// The version that a path below `base` is of; nil for other paths.
    public init?(below base: String, path: String) {
        guard path.hasPrefix(base + "/") else { return nil }
        self.init(path.dropFirst(base.count + 1).prefix { $0 != "/" })
    }

    init(number: Int) { self.number = number }

    /// `v1`.
    public var text: String { "v\(number)" }

    public static func < (left: APIVersion, right: APIVersion) -> Bool { left.number < right.number }

    /// Every version up to this one.
    public var upToThis: [APIVersion] { (1...number).map { APIVersion(number: $0) } }
}
