import Bytes
import JSON
import Patterns

/// The memory one loop needs to check values, reused from value to value.
public final class SchemaScratch {
    /// Most steps of one check: some for every node of the value, many for a small one, and never more than a loop can do in a
    /// fraction of a second. A step is one application of a schema, or as much time spent on one value. Only alternatives nested
    /// in alternatives, which can take exponential time, come near it.
    public static let mostSteps = 4_000_000
    private static let firstHashes = 64
    /// Room kept between checks; what one huge array needed beyond it is given back.
    private static let retainedHashes = 1 << 16
    static let stepsPerNode = 256
    static let stepsAtLeast = 65_536
    /// Deepest recursion: schemas that apply to one value times levels of the value.
    static let mostDepth = 1024
    /// Members or elements walked in one step.
    static let childrenPerStep: Int = 8
    /// Steps of a pattern that count as one, because they are as much smaller.
    static let patternStepsPerStep = 4
    /// Bytes of text read in one step.
    static let bytesPerStep = 64

    /// Steps still allowed; negative once a check has been given up.
    var stepsLeft = 0
    var depth = 0
    /// Whether failures are recorded; while they are not, the first one ends the check.
    var isCollecting = false
    /// What other rules have looked at.
    var marks = SchemaMarks()
    /// The unescaped text of one string at a time.
    let text = ByteWriter(capacity: 256)
    /// What one string with encoded content holds.
    let content = ByteWriter(capacity: 256)
    let pattern = PatternScratch()
    let hash: KeyedHash
    private(set) var hashes: UnsafeMutablePointer<UInt64>
    private var capacity = firstHashes
    private var mostErrors = 0
    /// The first failures in the order of the value.
    private var failures: [SchemaFailure] = []

    /// Fresh memory; `seed` keys the hash that finds equal elements, tests pass a constant.
    public init(seed: UInt64 = .random(in: .min ... .max)) {
        hash = KeyedHash(seed: seed)
        hashes = .allocate(capacity: capacity)
    }

    deinit { hashes.deallocate() }

    func begin(nodes: Int, collecting: Bool, mostErrors: Int) {
        stepsLeft = min(Self.mostSteps, nodes &* Self.stepsPerNode &+ Self.stepsAtLeast)
        (depth, isCollecting, self.mostErrors) = (0, collecting, mostErrors)
        marks.reset()
        if capacity > Self.retainedHashes { resizeHashes(to: Self.firstHashes) }
    }

    /// Ends the check as invalid: whatever is still asked answers false, and nothing can turn that around.
    @inline(never)
    func giveUp() -> Bool {
        stepsLeft = .min / 2
        return false
    }

    /// Goes one level deeper; false after giving up where that is too deep.
    @inline(__always)
    func descend() -> Bool {
        if depth >= Self.mostDepth { return giveUp() }
        depth &+= 1
        return true
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

    /// Records a broken rule, if failures are recorded.
    ///
    /// Answers false, the outcome of the rule. Of more failures than are asked for, those nearest to the beginning of the value are
    /// kept; of those of one value, the first ones.
    @inline(never)
    func fail(_ schema: Int32, _ index: Int, _ keyword: SchemaErrorKeyword, _ detail: Int32 = 0) -> Bool {
        guard isCollecting, stepsLeft >= 0 else { return false }
        let failure = SchemaFailure(index: index, schema: schema, keyword: keyword, detail: detail)
        var place = failures.count
        while place > 0, failures[place - 1].index > index { place -= 1 }
        // Several ways may lead to the same schema.
        guard place < mostErrors, !failures[..<place].contains(failure) else { return false }
        if failures.count == mostErrors { failures.removeLast() }
        failures.insert(failure, at: place)
        return false
    }

    /// The failures recorded, which are forgotten.
    func takeFailures() -> [SchemaFailure] {
        defer { failures = [] }
        return failures
    }
}
