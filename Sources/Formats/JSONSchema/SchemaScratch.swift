import Bytes
import JSON

/// The memory one loop needs to check values, reused from value to value.
public final class SchemaScratch {
    /// Most applications of a schema in one check: some for every node of the value, many for a small one, and never more than a
    /// loop can do in a fraction of a second. Only alternatives nested in alternatives, which can take exponential time, come
    /// near it.
    public static let mostSteps = 4_000_000
    private static let firstHashes = 64
    /// Room kept between checks; what one huge array needed beyond it is given back.
    private static let retainedHashes = 1 << 16
    static let stepsPerNode = 256
    static let stepsAtLeast = 65_536
    /// Deepest recursion: schemas that apply to one value times levels of the value.
    static let mostDepth = 1024

    /// Applications still allowed; negative once a check has been given up.
    var stepsLeft = 0
    var depth = 0
    /// Whether failures are recorded; while they are not, the first one ends the check.
    var isCollecting = false
    var mostErrors = 0
    var errors: [SchemaError] = []
    /// The unescaped text of one string at a time.
    let text = ByteWriter(capacity: 256)
    let hash: KeyedHash
    private(set) var hashes: UnsafeMutablePointer<UInt64>
    private var capacity = firstHashes

    /// Fresh memory; `seed` keys the hash that finds equal elements, tests pass a constant.
    public init(seed: UInt64 = .random(in: .min ... .max)) {
        hash = KeyedHash(seed: seed)
        hashes = .allocate(capacity: capacity)
    }

    deinit { hashes.deallocate() }

    func begin(nodes: Int, collecting: Bool, mostErrors: Int) {
        stepsLeft = min(Self.mostSteps, nodes &* Self.stepsPerNode &+ Self.stepsAtLeast)
        (depth, isCollecting, self.mostErrors) = (0, collecting, mostErrors)
        if capacity > Self.retainedHashes { resizeHashes(to: Self.firstHashes) }
    }

    /// Ends the check as invalid: whatever is still asked answers false, and `not` cannot turn that around.
    @inline(never)
    func giveUp() -> Bool {
        stepsLeft = -1
        return false
    }

    /// Room for `count` hashes; what it held before is lost.
    func reserveHashes(_ count: Int) {
        if count > capacity { resizeHashes(to: count) }
    }

    private func resizeHashes(to count: Int) {
        hashes.deallocate()
        capacity = count
        hashes = .allocate(capacity: count)
    }

    /// Records a broken rule if failures are recorded; false when the check ends here.
    @inline(never)
    func fail(
        _ program: SchemaProgram, _ schema: Int32, _ tape: JSONTape, _ index: Int, _ keyword: StaticString,
        _ message: @autoclosure () -> String
    ) -> Bool {
        guard isCollecting, errors.count < mostErrors else { return false }
        let pointer = program.pointers[Int(schema)]
        errors.append(
            SchemaError(
                instancePointer: InstancePointer.text(of: index, in: tape), schemaPointer: "\(pointer)/\(keyword)",
                keyword: "\(keyword)", message: message()))
        return errors.count < mostErrors
    }
}
