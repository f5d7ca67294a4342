/// Everything Envoys are to know at one time. Immutable: a change is another set.
public final class DiscoverySet: Sendable {
    /// Counts the sets of this process.
    public let generation: UInt64
    private let ordered: [[DiscoveryResource]]
    private let named: [[String: DiscoveryResource]]
    private let versions: [String]

    /// - Parameter resources: In any order; of several with one kind and name the last counts.
    public init(generation: UInt64, _ resources: [DiscoveryResource]) {
        self.generation = generation
        var named = DiscoveryKind.allCases.map { _ in [String: DiscoveryResource]() }
        for resource in resources { named[resource.kind.rawValue][resource.name] = resource }
        self.named = named
        ordered = named.map { $0.values.sorted { $0.name < $1.name } }
        versions = ordered.map(Self.version)
    }

    /// Those of a kind, by name.
    public func resources(_ kind: DiscoveryKind) -> [DiscoveryResource] { ordered[kind.rawValue] }

    /// The version of all of a kind.
    func version(_ kind: DiscoveryKind) -> String { versions[kind.rawValue] }

    /// The resource of a name; nil when there is none.
    public func resource(_ kind: DiscoveryKind, _ name: String) -> DiscoveryResource? { named[kind.rawValue][name] }

    /// The version of a list of resources, in the order of their names: the same on every gateway that has the same.
    static func version(of resources: [DiscoveryResource]) -> String {
        // FNV-1a over what are hashes already.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        for resource in resources {
            add(resource.name)
            add(resource.version)
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
