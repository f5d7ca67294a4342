public import Bytes
import JSON
import JSONSchema

/// The memory one event loop needs to validate, reused from request to request. Not thread-safe.
public final class ValidationScratch {
    /// Names with values of one query, of all cookies or of one form: more than people fill in, and few enough that grouping
    /// equal names by comparing them costs less than reading them.
    public static let maximumPairs = 512
    /// Bytes kept for texts between requests; what a large form needed beyond is given back.
    static let retainedBytes = 1 << 16

    /// The value that was read last, as JSON; valid until the next check.
    public var value: ByteView { json.view }

    let tape: JSONTape
    let schema: SchemaScratch
    /// The JSON text of the value being read.
    let json = ByteWriter(capacity: 512)
    /// One decoded text at a time.
    let text = ByteWriter(capacity: 256)
    /// Lines of one header, joined.
    let joined = ByteWriter(capacity: 256)
    /// The names of the pairs.
    let names = ByteWriter(capacity: 256)
    private let storage: UnsafeMutablePointer<Pair>
    private(set) var pairCount = 0
    private var chains: UnsafeMutablePointer<Chain>
    private var chainCapacity = 32
    private(set) var chainCount = 0

    /// Whether text that could be something else is read as text.
    var prefersText = false
    /// Whether there was another way to read something.
    var hasOtherReading = false

    /// The first and the last pair that a rule is about; -1 for none.
    struct Chain: Sendable {
        var first: Int32 = -1
        var last: Int32 = -1
    }

    /// Fresh memory; `seed` keys the hashes of the value's members, tests pass a constant.
    public init(seed: UInt64 = .random(in: .min ... .max)) {
        tape = JSONTape(seed: seed)
        schema = SchemaScratch(seed: seed)
        storage = .allocate(capacity: Self.maximumPairs)
        chains = .allocate(capacity: chainCapacity)
    }

    deinit {
        storage.deallocate()
        chains.deallocate()
    }

    /// Forgets all pairs and makes a chain for each of `rules` rules and one for what none of them is about.
    func begin(rules: Int) {
        pairCount = 0
        names.removeAll(keepingAtMost: Self.retainedBytes)
        json.removeAll(keepingAtMost: Self.retainedBytes)
        text.removeAll(keepingAtMost: Self.retainedBytes)
        chainCount = rules + 1
        if chainCount > chainCapacity {
            chains.deallocate()
            chainCapacity = chainCount
            chains = .allocate(capacity: chainCapacity)
        }
        chains.update(repeating: Chain(), count: chainCount)
    }

    /// The chain of a rule; traps beyond those asked for.
    func chain(_ rule: Int) -> Chain {
        precondition(UInt(bitPattern: rule) < UInt(bitPattern: chainCount))
        return chains[rule]
    }

    func pair(_ index: Int32) -> Pair {
        precondition(UInt32(bitPattern: index) < UInt32(truncatingIfNeeded: pairCount))
        return storage[Int(index)]
    }

    /// Adds a pair to a rule's chain; false when there are too many.
    func append(_ pair: Pair, to rule: Int) -> Bool {
        precondition(UInt(bitPattern: rule) < UInt(bitPattern: chainCount))
        guard pairCount < Self.maximumPairs else { return false }
        let index = Int32(truncatingIfNeeded: pairCount)
        storage[pairCount] = pair
        pairCount &+= 1
        if chains[rule].first < 0 {
            chains[rule].first = index
        } else {
            storage[Int(chains[rule].last)].next = index
        }
        chains[rule].last = index
        return true
    }

    /// Marks a pair as dealt with, or not.
    func setTaken(_ index: Int32, _ isTaken: Bool) {
        precondition(UInt32(bitPattern: index) < UInt32(truncatingIfNeeded: pairCount))
        storage[Int(index)].isTaken = isTaken
    }
}

/// A name with its value.
struct Pair: Sendable {
    /// Decoded, in `ValidationScratch.names`.
    var name: ByteRange
    var hash: UInt32
    /// As it was sent, in the query, the head or the body.
    var value: ByteRange
    /// The next pair of the chain, or -1.
    var next: Int32 = -1
    /// Whether an equal sign was there.
    var hasValue = true
    var isTaken = false
    /// What is known of a part of a multipart body.
    var kind = PartKind.text
}

/// What a part of a multipart body holds.
enum PartKind: UInt8, Sendable {
    case text, json, file
}
